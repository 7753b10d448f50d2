import type { AgentId } from '../contracts/ids.ts';
import type { TimeRange } from '../contracts/states.ts';
import type { HandleTimes } from './domain/estimate.ts';
import { handleTime, lineWait } from './domain/estimate.ts';
import type { ClassId, ProfileId } from './domain/match.ts';
import { canServe } from './domain/match.ts';
import { handleTimes, numbersByName } from './matchmaker/decode.ts';
import type { Reply } from './matchmaker/script.ts';
import type { Vocabulary } from './matchmaker/vocabulary.ts';
import type { Outlook, Requirement, Standing } from './routing.ts';

/** What a promise is made of, as one look at Redis gave it. */
export interface Look {
  readonly class: ClassId;
  readonly rank: number;
  readonly ahead: ReadonlyMap<ClassId, number>;
  readonly candidates: readonly AgentId[];
  /** Somebody who can serve is idle this moment. */
  readonly idle: boolean;
  readonly atWork: ReadonlyMap<ProfileId, number>;
  readonly onDuty: ReadonlyMap<ProfileId, number>;
  readonly handle: HandleTimes;
}

/** Reads the answer of the `standing` script. */
export function readLook(reply: Reply): Look | undefined {
  const [tag, id, rank, ahead, candidates, idle, work, duty, handle] = reply;
  if (tag !== 'ok') return undefined;
  return {
    class: id as ClassId,
    rank: Number(rank),
    ahead: numbersByName(ahead),
    candidates: candidates as AgentId[],
    idle: idle === '1',
    atWork: numbersByName(work),
    onDuty: numbersByName(duty),
    handle: handleTimes(handle),
  };
}

/** Turns looks into places and promises. */
export class Standings {
  readonly #vocabulary: Vocabulary;
  readonly #priorHandleMs: number;

  constructor(vocabulary: Vocabulary, priorHandleMs: number) {
    this.#vocabulary = vocabulary;
    this.#priorHandleMs = priorHandleMs;
  }

  async standing(look: Look, now: number): Promise<Standing> {
    const outlook = await this.outlook(look, now);
    return { place: look.rank + 1, candidates: look.candidates, ...outlook };
  }

  /** `offerMs` is what a pick-up may take when somebody is idle. */
  async outlook(look: Look, now: number, asked?: Requirement, offerMs = 0): Promise<Outlook> {
    const { atWork, onDuty, ahead } = look;
    await this.#vocabulary.learn(
      asked === undefined ? [look.class, ...ahead.keys()] : ahead.keys(),
      onDuty.keys(),
    );
    const requirement = asked ?? this.#vocabulary.requirement(look.class) ?? { must: [], prefer: [] };
    const profile = (id: ProfileId) => this.#vocabulary.profile(id);
    const nobodyOnDuty = ![...onDuty].some(([id, n]) => n > 0 && canServe(profile(id), requirement));
    if (look.idle) return { estimate: { from: now, to: now + offerMs }, nobodyOnDuty };
    const wait = lineWait({
      requirement,
      ahead,
      atWork,
      requirementOf: (id) => this.#vocabulary.requirement(id),
      profile,
      handleMs: handleTime(look.handle, look.class, this.#priorHandleMs),
    });
    if (wait === undefined) return { nobodyOnDuty };
    return { estimate: range(now, wait.p10, wait.p90), nobodyOnDuty };
  }
}

function range(now: number, low: number, high: number): TimeRange {
  return { from: now + Math.round(low), to: now + Math.round(high) };
}

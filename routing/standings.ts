import type { AgentId } from '../contracts/ids.ts';
import type { TimeRange } from '../contracts/states.ts';
import type { HandleTimes } from './domain/estimate.ts';
import { Competition, handleTime, lineWait } from './domain/estimate.ts';
import type { ClassId, ProfileId } from './domain/match.ts';
import { handleTimes, numbersByName } from './matchmaker/decode.ts';
import type { Reply } from './matchmaker/script.ts';
import type { Vocabulary } from './matchmaker/vocabulary.ts';
import type { Outlook, Standing } from './routing.ts';

/** What a promise is made of, as one look at Redis gave it. */
export interface Look {
  readonly class: ClassId;
  readonly rank: number;
  readonly ahead: ReadonlyMap<ClassId, number>;
  /** Logged in and able, at most ten. */
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

  /** Who competes for whom at the moment of this look. */
  async competition(
    classes: Iterable<ClassId>,
    { onDuty, atWork }: Pick<Look, 'onDuty' | 'atWork'>,
  ): Promise<Competition> {
    await this.#vocabulary.learn(classes, onDuty.keys());
    return new Competition(
      atWork,
      (profile) => this.#vocabulary.profile(profile),
      (other) => this.#vocabulary.requirement(other),
    );
  }

  standing(look: Look, competition: Competition, now: number): Standing {
    const { rank, candidates } = look;
    return { place: rank + 1, candidates, ...this.outlook(look, competition, now, 0) };
  }

  /** `offerMs` is what a pick-up may take when somebody is idle. */
  outlook(look: Look, competition: Competition, now: number, offerMs: number): Outlook {
    const { class: id, ahead, idle, candidates } = look;
    const nobodyOnDuty = candidates.length === 0;
    if (idle) return { estimate: { from: now, to: now + offerMs }, nobodyOnDuty };
    const wait = lineWait(id, ahead, competition, handleTime(look.handle, id, this.#priorHandleMs));
    return wait === undefined ? { nobodyOnDuty } : { estimate: range(now, wait.p10, wait.p90), nobodyOnDuty };
  }
}

function range(now: number, low: number, high: number): TimeRange {
  return { from: now + Math.round(low), to: now + Math.round(high) };
}

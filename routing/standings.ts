import type { AgentId } from '../contracts/ids.ts';
import type { TimeRange } from '../contracts/states.ts';
import type { Competition } from './domain/estimate/competition.ts';
import type { Hours } from './domain/hours.ts';
import { nextChanges } from './domain/hours.ts';
import type { ClassId, ProfileId } from './domain/match.ts';
import type { Forecasts, Outcome } from './forecasts.ts';
import { numbersByName } from './matchmaker/decode.ts';
import type { Reply } from './matchmaker/script.ts';
import type { Vocabulary } from './matchmaker/vocabulary.ts';
import type { Outlook, Qualification, Standing, WhatIf } from './routing.ts';

/** What a standing is made of, as one look at Redis gave it. */
export interface Look {
  readonly class: ClassId;
  readonly score: number;
  readonly rank: number;
  readonly ahead: ReadonlyMap<ClassId, number>;
  /** Logged in and able, at most ten. */
  readonly candidates: readonly AgentId[];
  /** Somebody who can serve is idle this moment. */
  readonly idle: boolean;
  readonly atWork: ReadonlyMap<ProfileId, number>;
  readonly onDuty: ReadonlyMap<ProfileId, number>;
  readonly service?: string;
}

/** Reads the answer of the `standing` script. */
export function readLook(reply: Reply): Look | undefined {
  const [tag, id, rank, ahead, candidates, idle, work, duty, score, service] = reply;
  if (tag !== 'ok') return undefined;
  return {
    class: id as ClassId,
    score: Number(score),
    rank: Number(rank),
    ahead: numbersByName(ahead),
    candidates: candidates as AgentId[],
    idle: idle === '1',
    atWork: numbersByName(work),
    onDuty: numbersByName(duty),
    ...(service !== '' && { service: service as string }),
  };
}

type Changes = ReturnType<typeof nextChanges>;
const DAY_MS = 86_400_000;

/** A place, and what its promise was made of where a forecast was. */
export interface PromisedStanding {
  readonly standing: Standing;
  readonly outcome?: Outcome;
}

/** Turns looks into places and promises. */
export class Standings {
  readonly #vocabulary: Vocabulary;
  readonly #competition: Competition;
  readonly #forecasts: Forecasts;
  readonly #hoursOf: (service: string) => Hours | undefined;
  readonly #known = new WeakMap<Hours, Changes & { readonly at: number; readonly until: number }>();

  constructor(
    vocabulary: Vocabulary,
    competition: Competition,
    forecasts: Forecasts,
    hoursOf: (service: string) => Hours | undefined,
  ) {
    this.#hoursOf = hoursOf;
    this.#vocabulary = vocabulary;
    this.#competition = competition;
    this.#forecasts = forecasts;
  }

  /** Of one in line. */
  async standing(look: Look, now: number): Promise<PromisedStanding> {
    const { rank, candidates } = look;
    const { outlook, outcome } = await this.#outlook(look, now, 0, true);
    return { standing: { place: rank + 1, candidates, ...outlook }, ...(outcome && { outcome }) };
  }

  /** Of one who would come now; `offerMs` is what a pick-up may take when somebody is idle. */
  async outlook(look: Look, now: number, offerMs: number): Promise<Outlook> {
    return (await this.#outlook(look, now, offerMs, false)).outlook;
  }

  /** Of one in line, as it is and with one more idle agent. */
  async whatIf(look: Look, now: number, more: readonly Qualification[]): Promise<WhatIf> {
    const { class: id, score, ahead, rank, atWork, onDuty } = look;
    await this.#vocabulary.learn([id, ...ahead.keys()], onDuty.keys());
    const competes = (other: ClassId) => other === id || this.#competition.servers(atWork, other, id) > 0;
    const found = await this.#forecasts.withOneMore(more, (it) => it.waiting(look, { ahead, competes }));
    const { first } = found;
    const isFirst = first?.class === id && first.score === score;
    const isNearer = first?.class === id && first.score < score;
    const told = (outcome: Outcome | undefined) => {
      const estimate = outcome && this.#range(outcome, look.service, now);
      return estimate === undefined ? {} : { estimate };
    };
    const place = rank + 1;
    const then = { place: isFirst ? 0 : isNearer ? place - 1 : place, ...told(found.then) };
    return { place, ...told(found.now), then };
  }

  /** The range that may be promised; none where nobody is likely to be here by then. */
  #range({ spread, from }: Outcome, service: string | undefined, now: number): TimeRange | undefined {
    const { closesAt } = this.#changes(service, now);
    // The moment of the forecast may lie a little back; nobody is promised the past.
    const at = (wait: number) => Math.max(now, from + Math.round(wait));
    // More likely than not nobody will be here any more.
    if (closesAt !== undefined && at(spread.p50) >= closesAt) return undefined;
    return { from: at(spread.p10), to: Math.min(at(spread.p90), closesAt ?? Infinity) };
  }

  async #outlook(
    look: Look,
    now: number,
    offerMs: number,
    waits: boolean,
  ): Promise<{ readonly outlook: Outlook; readonly outcome?: Outcome }> {
    const { class: id, ahead, idle, candidates, atWork, onDuty, service } = look;
    const nobodyOnDuty = candidates.length === 0;
    if (idle) return { outlook: { estimate: { from: now, to: now + offerMs }, nobodyOnDuty } };
    await this.#vocabulary.learn([id, ...ahead.keys()], onDuty.keys());
    const servers = (...classes: readonly ClassId[]) => this.#competition.servers(atWork, ...classes);
    const competes = (other: ClassId) => other === id || servers(other, id) > 0;
    const outcome =
      servers(id) === 0
        ? undefined
        : await this.#forecasts.ask(look, waits, (forecast) =>
            waits || forecast.isCut
              ? forecast.waiting(look, { ahead, competes })
              : forecast.asking(id, look.score),
          );
    const { openNow, opensAt } = this.#changes(service, now);
    // Closed: whoever is still here may ring, but only the next opening is promised.
    if (outcome === undefined || (!openNow && opensAt !== undefined)) {
      return { outlook: { nobodyOnDuty, ...(!openNow && opensAt !== undefined && { opensAt }) } };
    }
    const estimate = this.#range(outcome, service, now);
    if (estimate === undefined) {
      return { outlook: { nobodyOnDuty, ...(opensAt !== undefined && { opensAt }) } };
    }
    return { outlook: { estimate, nobodyOnDuty }, outcome };
  }

  /** Opening hours matter where a service is known; they are worked out again when they next change. */
  #changes(service: string | undefined, now: number): Changes {
    const hours = service === undefined ? undefined : this.#hoursOf(service);
    if (hours === undefined) return { openNow: true };
    const known = this.#known.get(hours);
    if (known && known.at <= now && now < known.until) return known;
    const changes = nextChanges(hours, now);
    const until = changes.closesAt ?? changes.opensAt ?? now + DAY_MS;
    this.#known.set(hours, { ...changes, at: now, until });
    return changes;
  }
}

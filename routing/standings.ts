import type { AgentId } from '../contracts/ids.ts';
import type { TimeRange } from '../contracts/states.ts';
import type { Competition } from './domain/estimate/competition.ts';
import type { Others } from './domain/estimate/forecast.ts';
import type { Waiting } from './domain/estimate/situation.ts';
import { classesOf, isChanging } from './domain/estimate/situation.ts';
import type { Hours } from './domain/hours.ts';
import { nextChanges } from './domain/hours.ts';
import type { ClassId, ProfileId } from './domain/match.ts';
import type { Forecasts, Outcome } from './forecasts.ts';
import { numbersByName, readChanges } from './matchmaker/decode.ts';
import type { Reply } from './matchmaker/script.ts';
import type { Vocabulary } from './matchmaker/vocabulary.ts';
import type { Outlook, Qualification, Standing, WhatIf } from './routing.ts';

/** What a standing is made of, as one look at Redis gave it. */
export interface Look extends Waiting {
  /** Who goes before, by class; and who does and waits for one agent alone, by what that agent can do. */
  readonly ahead: ReadonlyMap<ClassId, number>;
  readonly aheadAlone: ReadonlyMap<ProfileId, number>;
  /** Logged in and able, at most ten. */
  readonly candidates: readonly AgentId[];
  /** Somebody who can serve is idle this moment, and not waited past for one agent alone. */
  readonly idle: boolean;
  readonly atWork: ReadonlyMap<ProfileId, number>;
  readonly onDuty: ReadonlyMap<ProfileId, number>;
  readonly service?: string;
}

/** Reads the answer of the `standing` script. */
export function readLook(reply: Reply): Look | undefined {
  const [tag, id, ahead, alone, candidates, idle, work, duty, score, service, rings, preferred, boost] =
    reply;
  if (tag !== 'ok') return undefined;
  return {
    class: id as ClassId,
    score: Number(score),
    boostMs: Number(boost),
    ahead: numbersByName(ahead),
    aheadAlone: numbersByName(alone),
    candidates: candidates as AgentId[],
    idle: idle === '1',
    atWork: numbersByName(work),
    onDuty: numbersByName(duty),
    ...(service !== '' && { service: service as string }),
    ...readChanges(rings as string, preferred as string),
  };
}

/** So long an agent who was idle before may take to say yes. */
const OFFER_MS = 20_000;

type Changes = ReturnType<typeof nextChanges>;
const DAY_MS = 86_400_000;

/** A place, and what its promise was made of where a forecast was. */
export interface PromisedStanding {
  readonly standing: Standing;
  readonly outcome?: Outcome;
}

/** Whose turn may come by time alone is known to the ms, but not how soon the agent says yes. */
function unhurried(outcome: Outcome, look: Look): Outcome {
  const { spread } = outcome;
  return isChanging(look) ? { ...outcome, spread: { ...spread, p90: spread.p90 + OFFER_MS } } : outcome;
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
    const { candidates, waitsFor } = look;
    await this.#learn(look);
    const place = this.#others(look).before + 1;
    const { outlook, outcome } = await this.#outlook(look, now, 0, true);
    const standing = { place, candidates, ...(waitsFor && { waitsFor }), ...outlook };
    return { standing, ...(outcome && { outcome }) };
  }

  /** Of one who would come now; `offerMs` is what a pick-up may take when somebody is idle. */
  async outlook(look: Look, now: number, offerMs: number): Promise<Outlook> {
    await this.#learn(look);
    return (await this.#outlook(look, now, offerMs, false)).outlook;
  }

  /** Of one in line, as it is and with one more idle agent. */
  async whatIf(look: Look, now: number, more: readonly Qualification[]): Promise<WhatIf> {
    const { class: id, score, waitsFor } = look;
    await this.#learn(look);
    const others = this.#others(look);
    const found = await this.#forecasts.withOneMore(more, (it) => it.waiting(look, others));
    const { first } = found;
    const isFirst = first?.class === id && first.score === score && waitsFor === undefined;
    const isNearer = first !== undefined && first.score < score && others.competes(first.class);
    const told = (outcome: Outcome | undefined) => {
      const estimate = outcome && this.#range(unhurried(outcome, look), look.service, now);
      return estimate === undefined ? {} : { estimate };
    };
    const place = others.before + 1;
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
    const { idle, candidates, atWork, onDuty, service } = look;
    // Who asks for less after a while may be served by others than now.
    const served = (agents: Look['atWork']) =>
      classesOf(look).some((id) => this.#competition.servers(agents, id) > 0);
    const nobodyOnDuty = candidates.length === 0 && !served(onDuty);
    if (idle) return { outlook: { estimate: { from: now, to: now + offerMs }, nobodyOnDuty } };
    const asked = !served(atWork)
      ? undefined
      : await this.#forecasts.ask(look, waits, (forecast) =>
          waits || forecast.isCut ? forecast.waiting(look, this.#others(look)) : forecast.asking(look),
        );
    const outcome = asked && unhurried(asked, look);
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

  async #learn(look: Look): Promise<void> {
    const { ahead, aheadAlone, onDuty } = look;
    await this.#vocabulary.learn(
      [...classesOf(look), ...ahead.keys()],
      [...onDuty.keys(), ...aheadAlone.keys()],
    );
  }

  /**
   * Who goes before and could be given an agent who could serve this one, at work, or else on duty. Who waits for one agent
   * alone could be given nobody else.
   */
  #others({ class: id, ahead, aheadAlone, atWork, onDuty }: Look): Others {
    const isServed = this.#competition.servers(atWork, id) > 0;
    const competes = this.#competition.rivals(isServed ? atWork : onDuty, id);
    let before = 0;
    for (const [other, n] of ahead) if (competes(other)) before += n;
    for (const [profile, n] of aheadAlone) if (this.#competition.serves(profile, id)) before += n;
    return { before, competes };
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

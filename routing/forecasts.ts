import type { Logger } from 'pino';
import type { CallbackId } from '../contracts/ids.ts';
import type { Clock } from '../server-kit/clock.ts';
import type { Calibration, Spread } from './domain/estimate/calibration.ts';
import { calibrated, lesson, MOST_MOVED } from './domain/estimate/calibration.ts';
import type { Competition } from './domain/estimate/competition.ts';
import { ALL, knowledgeFrom } from './domain/estimate/experience.ts';
import { askedAs, Forecast, fromZero } from './domain/estimate/forecast.ts';
import { profileOf, seatServes } from './domain/estimate/seats.ts';
import type { Planned } from './domain/estimate/shifts.ts';
import { Shifts } from './domain/estimate/shifts.ts';
import type { Situation, Waiting } from './domain/estimate/situation.ts';
import { classesOf, later } from './domain/estimate/situation.ts';
import type { ClassId, ProfileId } from './domain/match.ts';
import { canServe } from './domain/match.ts';
import type { Learned } from './matchmaker/decode-forecast.ts';
import { readExperience, readSituation } from './matchmaker/decode-forecast.ts';
import type { Matchmaker } from './matchmaker/matchmaker.ts';
import type { Vocabulary } from './matchmaker/vocabulary.ts';
import type { Qualification, Requirement, RoutingEvent } from './routing.ts';

/** Beyond so many a big centre is looked at in part: every second agent and contact, every third, … */
const MOST_AGENTS = 1_000;
/** Beyond so many ahead the line is taken for a fluid. */
const MOST_PLAYED = 2_000;
/** Of so many at most it is read how they will ask for less, or until when they wait for one agent. */
const MOST_READ = 500;
/** How long a forecast of which nothing is known to have changed is good. */
const GOOD_MS = 1_000;
/** At most a part of the time is spent on forecasts: one in so many, and more for the sake of one who is new in line. */
const PART_OF_TIME = { usual: 20, forNew: 5 };
const LEARNED_GOOD_MS = 10_000;
/** Kinds of contacts a forecast has in mind beside those that wait. */
const MOST_ASKED = 50;
/** So many first promises are followed to their outcome. */
const MOST_FOLLOWED = 5_000;

/** An agent who is not there. */
const NEWCOMER: ProfileId = '+';
const NOTHING: Requirement = { must: [], prefer: [] };

/** A forecast, and the moment of our clock it starts from. */
export interface Outcome {
  readonly spread: Spread;
  readonly from: number;
  /** By time alone: what becomes of it teaches nothing of how contacts flow. */
  readonly isCertain: boolean;
}

function outcomeOf(spread: Spread, calibration: Calibration, from: number): Outcome {
  return { spread: calibrated(spread, calibration), from, isCertain: spread.p10 === spread.p50 };
}

interface Parts {
  readonly matchmaker: Matchmaker;
  readonly vocabulary: Vocabulary;
  readonly competition: Competition;
  /** The agents who are planned, as they stand; none where nobody is. */
  readonly planned: () => Promise<readonly Planned[]>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly usualHandleMs: number;
}

interface Made {
  readonly forecast: Forecast;
  readonly calibration: Calibration;
  /** On our clock. */
  readonly from: number;
  readonly tookMs: number;
  /** What was heard by then. */
  readonly heard: number;
}

/**
 * The forecast of this moment, shared by all who ask: made anew when it is old, or when something was done since or
 * somebody asks whom it does not know; but so that making them takes a small part of the time only.
 */
export class Forecasts {
  readonly #parts: Parts;
  readonly #shifts = new Shifts();
  #made: Made | undefined;
  #making: Promise<Made> | undefined;
  #learned: (Learned & { readonly at: number }) | undefined;
  #heard = 0;
  /** As if they had begun to wait at zero. */
  readonly #asked = new Map<string, Waiting>();
  readonly #followed = new Map<CallbackId, Outcome>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Asks the forecast of this moment about one who waits, or who would come now. */
  async ask(
    who: Waiting,
    waits: boolean,
    question: (forecast: Forecast) => Spread | undefined,
  ): Promise<Outcome | undefined> {
    const key = askedAs(who);
    this.#asked.delete(key);
    this.#asked.set(key, fromZero(who));
    for (const oldest of this.#asked.keys()) {
      if (this.#asked.size <= MOST_ASKED) break;
      this.#asked.delete(oldest);
    }
    const made = await this.#fresh(who, waits);
    const spread = question(made.forecast);
    return spread && outcomeOf(spread, made.calibration, made.from);
  }

  /**
   * Asks about one who waits, as it is and with one more idle agent who has this, both played from the same moment;
   * and whom that agent would take first. Of a centre so big that it is looked at in part, one more is not seen.
   */
  async withOneMore(
    more: readonly Qualification[],
    question: (forecast: Forecast) => Spread | undefined,
  ): Promise<{ readonly now?: Outcome; readonly then?: Outcome; readonly first?: Waiting }> {
    const { vocabulary, competition, usualHandleMs } = this.#parts;
    const { situation, asking, experience, calibration, from } = await this.#moment();
    const able = (id: ClassId): boolean => canServe(more, vocabulary.requirement(id) ?? NOTHING);
    const serves = (profile: ProfileId, id: ClassId): boolean =>
      profile === NEWCOMER ? able(id) : competition.serves(profile, id);
    const knowledge = knowledgeFrom(experience, seatServes(serves), usualHandleMs);
    const asked = (of: Situation): Outcome | undefined => {
      const spread = question(new Forecast(of, asking, knowledge));
      return spread && outcomeOf(spread, calibration, from);
    };
    const now = asked(situation);
    const then =
      situation.oneIn > 1 ? now : asked({ ...situation, idle: [...situation.idle, { profile: NEWCOMER }] });
    const first = situation.line.find((it) => it.waitsFor === undefined && able(it.class));
    return { ...(now && { now }), ...(then && { then }), ...(first && { first }) };
  }

  /** Remembers the first promise to a contact, if there was doubt in it, so that forecasts are corrected by what becomes of it. */
  follow(id: CallbackId, promise: Outcome): void {
    if (!promise.isCertain && this.#followed.size < MOST_FOLLOWED) this.#followed.set(id, promise);
  }

  /** The same events, listened to on their way: outcomes of promises are among them, and whatever moves a line. */
  async *hearing(events: AsyncIterable<RoutingEvent>): AsyncGenerator<RoutingEvent> {
    for await (const event of events) {
      this.#hear(event);
      yield event;
    }
  }

  #hear(event: RoutingEvent): void {
    this.#heard += 1;
    if (event.type === 'contact.left') this.#followed.delete(event.contactId);
    if (event.type !== 'reservation.accepted') return;
    const { contactId } = event.reservation;
    const promise = this.#followed.get(contactId);
    if (!this.#followed.delete(contactId) || promise === undefined) return;
    const { p10, p90 } = lesson(promise.spread, Math.max(0, event.at - promise.from));
    const { matchmaker, log } = this.#parts;
    matchmaker
      .run('calibrate', p10, p90, MOST_MOVED)
      .catch((err: unknown) => log.debug({ err }, 'an outcome taught nothing'));
  }

  async #fresh(who: Waiting, waits: boolean): Promise<Made> {
    const made = this.#made;
    const holds = ({ forecast }: Made) => (waits ? forecast.holds(who) : forecast.knows(who));
    const answers = (it: Made) => holds(it) || it.forecast.knows(who);
    if (made !== undefined) {
      const age = this.#parts.clock.now() - made.from;
      if (age >= 0 && age < GOOD_MS && holds(made) && made.heard === this.#heard) return made;
      const part = holds(made) ? PART_OF_TIME.usual : PART_OF_TIME.forNew;
      if (age >= 0 && age < made.tookMs * part && answers(made)) return made;
    }
    const fresh = await this.#next();
    // One that was begun for somebody else may not have this one in mind.
    return answers(fresh) ? fresh : this.#next();
  }

  /** The forecast that is being made, or else a new one. */
  #next(): Promise<Made> {
    this.#making ??= this.#make()
      .then((made) => (this.#made = made))
      .finally(() => (this.#making = undefined));
    return this.#making;
  }

  async #make(): Promise<Made> {
    const { competition, usualHandleMs } = this.#parts;
    const heard = this.#heard;
    const { situation, asking, experience, calibration, from } = await this.#moment();
    const began = performance.now();
    const knowledge = knowledgeFrom(experience, seatServes(competition.serves), usualHandleMs);
    const forecast = new Forecast(situation, asking, knowledge);
    return { forecast, calibration, from, tookMs: performance.now() - began, heard };
  }

  /** All that a forecast of this moment is made from. */
  async #moment(): Promise<Learned & { situation: Situation; asking: readonly Waiting[]; from: number }> {
    const { matchmaker, vocabulary, planned, clock } = this.#parts;
    const asked = [...this.#asked.values()];
    const [reply, agents] = await Promise.all([
      matchmaker.run('situation', MOST_AGENTS, MOST_PLAYED, MOST_READ),
      planned(),
    ]);
    const classes = asked.flatMap(classesOf);
    const seen = readSituation(reply, classes);
    // Of a very big centre only a part is played, and the plan of one agent says nothing.
    const situation = seen.oneIn > 1 ? seen : this.#shifts.in(seen, agents);
    const from = clock.now();
    const asking = asked.map((it) => later(it, situation.at));
    const { experience, calibration } = await this.#experience(situation, asking);
    await vocabulary.learn(
      [...situation.line, ...asking, ...situation.busy, ...experience.comers].flatMap(classesOf),
      [...situation.busy, ...situation.idle, ...situation.coming].map((it) => profileOf(it.profile)),
    );
    return { situation, asking, experience, calibration, from };
  }

  /** What was counted changes slowly: it is read now and then, and when a kind of contact is new. */
  async #experience({ line, busy }: Situation, asking: readonly Waiting[]): Promise<Learned> {
    const { matchmaker, clock } = this.#parts;
    const wanted = new Set<ClassId>([ALL, ...[...line, ...busy, ...asking].flatMap(classesOf)]);
    const known = this.#learned;
    const age = clock.now() - (known?.at ?? -Infinity);
    if (known && age < LEARNED_GOOD_MS && [...wanted].every((id) => known.experience.laws.has(id)))
      return known;
    const classes = [...wanted];
    const read = readExperience(await matchmaker.run('experience', ...classes), classes);
    this.#learned = { ...read, at: clock.now() };
    return read;
  }
}

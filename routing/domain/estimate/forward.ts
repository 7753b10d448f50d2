import type { ClassId, ProfileId } from '../match.ts';
import type { Law } from './law.ts';
import { normal, seeded } from './random.ts';
import type { Busy, Habits, Situation, Waiting } from './situation.ts';
import { Timeline } from './timeline.ts';

/** What is known beside the moment itself. */
export interface Knowledge {
  readonly law: (id: ClassId) => Law;
  readonly serves: (profile: ProfileId, id: ClassId) => boolean;
  readonly habits: Habits;
}

/** How long each contact waits from the moment of the situation on, in each of the runs, in ms; Infinity for never. */
export interface Runs {
  readonly runs: number;
  /** `line[i * runs + run]` for the contact at `i` of the situation's line. */
  readonly line: Float64Array;
  /** The same for those who only ask. */
  readonly asking: Float64Array;
}

/** Nothing further ahead is worth a promise. */
const HORIZON_MS = 24 * 3_600_000;
/** How far the mean of what comes may lie from what was learned: one standard deviation. */
const DOUBT = 0.04;
/** Who comes lately says nothing of later than this. */
const LATELY_MS = 2 * 3_600_000;

/**
 * Plays the centre forward from this moment many times over, by the rule of the matchmaker: whoever becomes free takes
 * the first in line of all they can serve. What is left of a contact under way is drawn given how long it has lasted;
 * visitors cancel, offers lapse, urgent contacts come and overtake, shifts begin and end. `asking` stand behind all
 * with a lower score and take nobody's turn. (Forward simulation: Ibrahim and Whitt 2009 survey the formulas it beats.)
 */
export function playForward(
  situation: Situation,
  asking: readonly Waiting[],
  knowledge: Knowledge,
  runs: number,
): Runs {
  const play = new Play(situation, asking, knowledge, runs);
  for (let run = 0; run < runs; run += 1) play.run(run);
  return { runs, line: play.line, asking: play.asking };
}

interface Held {
  readonly law: Law;
  readonly elapsed: number;
  /** How many contacts of its kind are over by then. */
  readonly begun: number;
}

class Play {
  readonly line: Float64Array;
  readonly asking: Float64Array;
  readonly #situation: Situation;
  readonly #habits: Habits;
  readonly #runs: number;
  readonly #laws: readonly Law[];
  readonly #scores: Float64Array;
  /** Which classes each profile serves, as indexes. */
  readonly #classesOf: readonly (readonly number[])[];
  /** Of each class, those in line, as indexes in order. */
  readonly #lines: readonly (readonly number[])[];
  readonly #askers: readonly { readonly class: number; readonly score: number }[];
  readonly #overtakers: readonly {
    readonly class: number;
    readonly offset: number;
    readonly perMs: number;
  }[];
  readonly #overtakingPerMs: number;
  /** Of each agent: profile as index, end of shift, what they are held by. */
  readonly #profiles: readonly number[];
  readonly #until: readonly number[];
  readonly #held: readonly (Held | undefined)[];
  readonly #from: readonly number[];
  readonly #timeline: Timeline;
  /** Who could be served at all, so that a run knows when it is over. */
  readonly #servable: number;

  constructor(
    situation: Situation,
    asking: readonly Waiting[],
    { law, serves, habits }: Knowledge,
    runs: number,
  ) {
    const { at, busy, idle, coming, line } = situation;
    this.#situation = situation;
    this.#habits = habits;
    this.#runs = runs;
    this.line = new Float64Array(line.length * runs).fill(Infinity);
    this.asking = new Float64Array(asking.length * runs).fill(Infinity);

    const classes = new Index<ClassId>();
    const profiles = new Index<ProfileId>();
    const lines: number[][] = [];
    line.forEach((it, i) => (lines[classes.of(it.class)] ??= []).push(i));
    this.#askers = asking.map((it) => ({ class: classes.of(it.class), score: it.score }));
    // Overtakers of a class nobody here waits for still take agents from the others.
    this.#overtakers = habits.overtakers.map((it) => ({
      ...it,
      class: classes.of(it.class),
      perMs: it.perMs / situation.oneIn,
    }));
    this.#overtakingPerMs = this.#overtakers.reduce((sum, it) => sum + it.perMs, 0);
    const held = ({ class: id, since }: Busy): Held => {
      const [theirs, elapsed] = [law(id), Math.max(0, at - since)];
      return { law: theirs, elapsed, begun: theirs.within(elapsed) };
    };
    const agents = [
      ...idle.map((it) => ({ ...it, from: 0, held: undefined })),
      ...busy.map((it) => ({ ...it, from: 0, held: held(it) })),
      ...coming.map((it) => ({ ...it, from: Math.max(0, it.at - at), held: undefined })),
    ];
    this.#profiles = agents.map((it) => profiles.of(it.profile));
    this.#until = agents.map((it) => (it.until === undefined ? Infinity : it.until - at));
    this.#held = agents.map((it) => it.held);
    this.#from = agents.map((it) => it.from);
    this.#timeline = new Timeline(agents.length);

    this.#laws = classes.names.map(law);
    this.#lines = classes.names.map((_, i) => lines[i] ?? []);
    this.#scores = Float64Array.from(line, (it) => it.score);
    this.#classesOf = profiles.names.map((profile) =>
      classes.names.flatMap((id, i) => (serves(profile, id) ? [i] : [])),
    );
    const served = new Set(this.#classesOf.flat());
    this.#servable =
      this.#lines.reduce((sum, it, i) => sum + (served.has(i) ? it.length : 0), 0) +
      this.#askers.filter((it) => served.has(it.class)).length;
  }

  run(run: number): void {
    const random = seeded(7_919 * (run + 1));
    const { lapse, patienceMs } = this.#habits;
    const { line } = this;
    const runs = this.#runs;
    const timeline = this.#timeline;
    const heads = new Int32Array(this.#lines.length);
    const overtaking: number[][] = this.#lines.map(() => []);
    const idle = new Int32Array(this.#classesOf.length);
    const slowness = Math.exp(DOUBT * normal(random));
    const took = (id: number) => slowness * (this.#laws[id]?.quantile(random()) ?? 0);

    timeline.clear();
    for (let agent = 0; agent < this.#profiles.length; agent += 1) {
      const held = this.#held[agent];
      timeline.add(
        held ? held.law.residual(held.elapsed, held.begun, random()) : (this.#from[agent] ?? 0),
        agent,
      );
    }
    let nextOvertaker = this.#pause(random);
    let left = this.#servable;
    while (left > 0) {
      const now = Math.min(timeline.next, nextOvertaker);
      if (now > HORIZON_MS) break;
      if (nextOvertaker < timeline.next) {
        this.#comes(now, random, overtaking, idle, took);
        nextOvertaker = now < LATELY_MS ? now + this.#pause(random) : Infinity;
        continue;
      }
      const agent = timeline.agent;
      const profile = this.#profiles[agent] ?? 0;
      if ((this.#until[agent] ?? Infinity) <= now) {
        timeline.takeAway();
        continue;
      }
      // The first in line of all this agent can serve.
      let first = Infinity;
      let from = -1;
      let isOvertaker = false;
      for (const id of this.#classesOf[profile] ?? []) {
        const head = this.#lines[id]?.[heads[id] ?? 0];
        const score = head === undefined ? Infinity : (this.#scores[head] ?? Infinity);
        const other = overtaking[id]?.[0] ?? Infinity;
        if (score < first || other < first) {
          isOvertaker = other < score;
          first = Math.min(score, other);
          from = id;
        }
      }
      left -= this.#answer(run, now, profile, first);
      if (from < 0) {
        timeline.takeAway();
        idle[profile] = (idle[profile] ?? 0) + 1;
        continue;
      }
      const lapses = random() < lapse.share;
      if (lapses) {
        timeline.moveOn(now + lapse.awayMs);
        continue;
      }
      if (isOvertaker) overtaking[from]?.shift();
      else {
        const head = heads[from] ?? 0;
        line[(this.#lines[from]?.[head] ?? 0) * runs + run] = now;
        heads[from] = head + 1;
        left -= 1;
        // The turn of somebody who has cancelled by then: the agent is free for the next at once.
        if (-Math.log(1 - random()) * patienceMs < now) continue;
      }
      timeline.moveOn(now + took(from));
    }
  }

  /** Those who ask are served as soon as somebody who can takes a later one, or nobody. How many were. */
  #answer(run: number, now: number, profile: number, taken: number): number {
    let count = 0;
    const able = this.#classesOf[profile] ?? [];
    for (let i = 0; i < this.#askers.length; i += 1) {
      const at = i * this.#runs + run;
      const asker = this.#askers[i];
      if (asker === undefined || this.asking[at] !== Infinity || asker.score > taken) continue;
      if (!able.includes(asker.class)) continue;
      this.asking[at] = now;
      count += 1;
    }
    return count;
  }

  #pause(random: () => number): number {
    return this.#overtakingPerMs > 0 ? -Math.log(1 - random()) / this.#overtakingPerMs : Infinity;
  }

  /** Somebody comes who goes before others: taken by an idle agent, or put where their score belongs. */
  #comes(
    now: number,
    random: () => number,
    overtaking: readonly number[][],
    idle: Int32Array,
    took: (id: number) => number,
  ): void {
    let pick = random() * this.#overtakingPerMs;
    const who = this.#overtakers.find((it) => (pick -= it.perMs) < 0) ?? this.#overtakers.at(-1);
    if (who === undefined) return;
    const free = this.#classesOf.findIndex((able, i) => (idle[i] ?? 0) > 0 && able.includes(who.class));
    if (free >= 0) {
      const agent = this.#profiles.indexOf(free);
      idle[free] = (idle[free] ?? 0) - 1;
      this.#timeline.add(now + took(who.class), agent);
      return;
    }
    const waiting = overtaking[who.class];
    const score = this.#situation.at + now + who.offset;
    const before = waiting?.findIndex((it) => it > score) ?? 0;
    if (before < 0) waiting?.push(score);
    else waiting?.splice(before, 0, score);
  }
}

/** Names as small numbers, in the order they are met. */
class Index<T extends string> {
  readonly names: T[] = [];
  readonly #known = new Map<T, number>();

  of(name: T): number {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    this.#known.set(name, this.names.length);
    return this.names.push(name) - 1;
  }
}

import type { AgentId } from '../../../contracts/ids.ts';
import type { ClassId, ProfileId } from '../match.ts';
import type { Law } from './law.ts';
import { Lines, NEW } from './lines.ts';
import { lineAt, movesOf } from './moves.ts';
import type { Alone, Move } from './moves.ts';
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
 * visitors cancel, offers lapse, urgent contacts come and overtake, shifts begin and end. Who waits long enough asks for
 * less, and who waits for one agent for any, at the latest when that one logs off, and gets one who is idle already. `asking` stand behind all
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
  /** Of each line. */
  readonly #laws: readonly Law[];
  readonly #lines: Lines;
  /** Which lines each profile serves, as indexes. */
  readonly #linesOf: readonly (readonly number[])[];
  readonly #askers: readonly { readonly line: number; readonly score: number }[];
  /** In which line each stands at first; who only asks is numbered after those in line. */
  readonly #first: readonly number[];
  /** Who asks stands in which line now. */
  readonly #askerLines: Int32Array;
  /** Who changes lines by time alone, in that order. Who only asks is numbered after those in line. */
  readonly #moves: readonly Move[];
  readonly #overtakers: readonly {
    readonly line: number;
    readonly offset: number;
    readonly perMs: number;
  }[];
  readonly #overtakingPerMs: number;
  /** Of each agent: profile as index (one of their own where somebody waits for them alone), end of shift, what they are held by. */
  readonly #profiles: readonly number[];
  readonly #until: readonly number[];
  readonly #held: readonly (Held | undefined)[];
  /** Of each agent who will log off, by name: their seats, how many of these they have not left yet, and who waits for them alone. */
  readonly #leavers = new Map<AgentId, { seats: number; left: number; readonly alone: readonly Alone[] }>();
  readonly #names: readonly (AgentId | undefined)[];
  readonly #from: readonly number[];
  readonly #timeline: Timeline;
  /** Of each profile, those who are idle. */
  readonly #idle: number[][];
  /** Who could be served at all, so that a run knows when it is over. */
  readonly #servable: number;
  #random: () => number = Math.random;
  #slowness = 1;

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

    const { lines, first, moves, alone } = movesOf([...line, ...asking], at);
    this.#moves = moves;
    this.#first = first;
    this.#askers = asking.map((it, i) => ({ line: first[line.length + i] ?? 0, score: it.score }));
    this.#askerLines = new Int32Array(asking.length);
    // Overtakers of a class nobody here waits for still take agents from the others.
    this.#overtakers = habits.overtakers.map((it) => ({
      ...it,
      line: lines.of({ class: it.class }),
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
    const profiles = new Map<string, number>();
    const kinds: (typeof agents)[number][] = [];
    this.#profiles = agents.map((it) => {
      const key = it.agentId === undefined ? it.profile : `${it.profile} ${it.agentId}`;
      const known = profiles.get(key) ?? kinds.push(it) - 1;
      profiles.set(key, known);
      return known;
    });
    this.#until = agents.map((it) => (it.until === undefined ? Infinity : it.until - at));
    this.#names = agents.map((it) => (it.logsOff ? it.agentId : undefined));
    for (const name of this.#names) {
      if (name === undefined) continue;
      const theirs = this.#leavers.get(name) ?? {
        seats: 0,
        left: 0,
        alone: alone.filter((it) => it.agentId === name),
      };
      this.#leavers.set(name, { ...theirs, seats: theirs.seats + 1 });
    }
    this.#held = agents.map((it) => it.held);
    this.#from = agents.map((it) => it.from);
    this.#timeline = new Timeline(agents.length);
    this.#idle = kinds.map(() => []);

    this.#laws = lines.all.map((it) => law(it.class));
    const scores = Float64Array.from(line, (it) => it.score);
    this.#lines = new Lines(scores, Int32Array.from(first.slice(0, line.length)), lines.all.length);
    this.#linesOf = kinds.map(({ profile, agentId }) =>
      lines.all.flatMap((it, i) =>
        (it.agentId === undefined || it.agentId === agentId) && serves(profile, it.class) ? [i] : [],
      ),
    );
    const served = new Set(this.#linesOf.flat());
    const changes = [
      ...moves,
      ...alone.flatMap(({ who, otherwise }) => otherwise.map((it) => ({ ...it, who }))),
    ];
    const sometime = new Set(changes.filter((it) => served.has(it.line)).map((it) => it.who));
    this.#servable = first.filter((it, who) => served.has(it) || sometime.has(who)).length;
  }

  run(run: number): void {
    this.#random = seeded(7_919 * (run + 1));
    const { lapse } = this.#habits;
    const timeline = this.#timeline;
    const lines = this.#lines;
    this.#slowness = Math.exp(DOUBT * normal(this.#random));
    this.#begin();
    let nextOvertaker = this.#pause();
    let moved = 0;
    let left = this.#servable;
    while (left > 0) {
      const move = this.#moves[moved];
      const now = Math.min(timeline.next, nextOvertaker, move?.at ?? Infinity);
      if (now > HORIZON_MS) break;
      if (move?.at === now) {
        left -= this.#move(run, move);
        moved += 1;
        continue;
      }
      if (nextOvertaker < timeline.next) {
        this.#comes(now);
        nextOvertaker = now < LATELY_MS ? now + this.#pause() : Infinity;
        continue;
      }
      const agent = timeline.agent;
      const profile = this.#profiles[agent] ?? 0;
      if ((this.#until[agent] ?? Infinity) <= now) {
        timeline.takeAway();
        left -= this.#leaves(run, now, agent);
        continue;
      }
      // The first in line of all this agent can serve.
      let first = Infinity;
      let from = -1;
      for (const line of this.#linesOf[profile] ?? []) {
        const score = lines.score(line);
        if (score < first) {
          first = score;
          from = line;
        }
      }
      left -= this.#answer(run, now, profile, first);
      if (from < 0) {
        timeline.takeAway();
        this.#idle[profile]?.push(agent);
        continue;
      }
      if (this.#random() < lapse.share) {
        timeline.moveOn(now + lapse.awayMs);
        continue;
      }
      const who = lines.take(from);
      if (who !== NEW) {
        left -= 1;
        // The agent is free for the next at once.
        if (!this.#isServed(run, now, who)) continue;
      }
      timeline.moveOn(now + this.#took(from));
    }
  }

  #begin(): void {
    this.#lines.begin();
    for (const idle of this.#idle) idle.length = 0;
    this.#askers.forEach((it, i) => (this.#askerLines[i] = it.line));
    this.#timeline.clear();
    for (const it of this.#leavers.values()) it.left = it.seats;
    for (let agent = 0; agent < this.#profiles.length; agent += 1) {
      const held = this.#held[agent];
      const from = held
        ? held.law.residual(held.elapsed, held.begun, this.#random())
        : (this.#from[agent] ?? 0);
      this.#timeline.add(from, agent);
    }
  }

  #took(line: number): number {
    return this.#slowness * (this.#laws[line]?.quantile(this.#random()) ?? 0);
  }

  /** It is somebody's turn; whether they have not cancelled by then. */
  #isServed(run: number, now: number, who: number): boolean {
    this.line[who * this.#runs + run] = now;
    return -Math.log(1 - this.#random()) * this.#habits.patienceMs >= now;
  }

  /** Those who ask are served as soon as somebody who can takes a later one, or nobody. How many were. */
  #answer(run: number, now: number, profile: number, taken: number): number {
    let count = 0;
    const able = this.#linesOf[profile] ?? [];
    for (let i = 0; i < this.#askers.length; i += 1) {
      const at = i * this.#runs + run;
      const asker = this.#askers[i];
      if (asker === undefined || this.asking[at] !== Infinity || asker.score > taken) continue;
      if (!able.includes(this.#askerLines[i] ?? 0)) continue;
      this.asking[at] = now;
      count += 1;
    }
    return count;
  }

  /** Somebody may be served by others from now on: by one who is idle at once. How many were. */
  #move(run: number, { at: now, who, line, alone }: Move): number {
    const asker = who - this.#situation.line.length;
    if (alone !== undefined && alone !== this.#isAlone(who)) return 0;
    if (asker >= 0) {
      this.#askerLines[asker] = line;
      const at = asker * this.#runs + run;
      if (this.asking[at] !== Infinity || this.#idleFor(line, now) === undefined) return 0;
      this.asking[at] = now;
      return 1;
    }
    if (!this.#lines.waits(who)) return 0;
    const { share, awayMs } = this.#habits.lapse;
    for (;;) {
      const free = this.#idleFor(line, now);
      if (free === undefined) {
        this.#lines.join(line, who);
        return 0;
      }
      const lapses = this.#random() < share;
      if (!lapses) this.#lines.leave(who);
      // The agent of one who has cancelled by then is idle still.
      if (lapses || this.#isServed(run, now, who)) {
        this.#timeline.add(now + (lapses ? awayMs : this.#took(line)), free.pop() ?? 0);
      }
      if (!lapses) return 1;
    }
  }

  /** Of who ever waited for one agent alone: whether they do still. */
  #isAlone(who: number): boolean {
    const first = this.#first[who] ?? 0;
    const asker = who - this.#situation.line.length;
    return asker >= 0 ? this.#askerLines[asker] === first : this.#lines.standsIn(first, who);
  }

  /** An agent leaves. With the last contact of one who logs off, whoever waits for them alone waits for anybody. How many were served. */
  #leaves(run: number, now: number, agent: number): number {
    const name = this.#names[agent];
    const leaver = name === undefined ? undefined : this.#leavers.get(name);
    if (leaver === undefined) return 0;
    leaver.left -= 1;
    if (leaver.left > 0) return 0;
    const moves = leaver.alone.map(({ who, otherwise }) => ({ at: now, who, line: lineAt(otherwise, now) }));
    return moves.reduce((count, it) => count + this.#move(run, { ...it, alone: true }), 0);
  }

  #pause(): number {
    return this.#overtakingPerMs > 0 ? -Math.log(1 - this.#random()) / this.#overtakingPerMs : Infinity;
  }

  /** Somebody comes who goes before others: taken by an idle agent, or put where their score belongs. */
  #comes(now: number): void {
    let pick = this.#random() * this.#overtakingPerMs;
    const who = this.#overtakers.find((it) => (pick -= it.perMs) < 0) ?? this.#overtakers.at(-1);
    if (who === undefined) return;
    const free = this.#idleFor(who.line, now);
    if (free) this.#timeline.add(now + this.#took(who.line), free.pop() ?? 0);
    else this.#lines.join(who.line, NEW, this.#situation.at + now + who.offset);
  }

  /** Idle agents of one profile who serve this line, the last of whom is still here; none where nobody is. */
  #idleFor(line: number, now: number): number[] | undefined {
    return this.#idle.find((agents, profile) => {
      if (agents.length === 0 || this.#linesOf[profile]?.includes(line) !== true) return false;
      while (agents.length > 0 && (this.#until[agents.at(-1) ?? 0] ?? Infinity) <= now) agents.pop();
      return agents.length > 0;
    });
  }
}

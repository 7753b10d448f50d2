import type { ClassId } from '../match.ts';
import { startOf, urgencyOf, urgencySpan } from '../order.ts';
import type { Spread } from './calibration.ts';
import type { Knowledge } from './forward.ts';
import { playForward } from './forward.ts';
import type { Situation, Waiting } from './situation.ts';
import { kindOf, later } from './situation.ts';

/** So many turns are played in all, spread over the runs: a few milliseconds. */
const TURNS = 20_000;
const MOST_RUNS = 80;
const FEWEST_RUNS = 24;

/** How many stand before somebody and want the same agents, and which classes do; of use where the line is too long to play. */
export interface Others {
  readonly before: number;
  readonly competes: (other: ClassId) => boolean;
}

interface Fluid {
  readonly end: Spread;
  readonly pace: number;
  readonly count: number;
}

/** The waits of everybody in one situation, and of those who only asked. Spreads are in ms from its moment on. */
export class Forecast {
  readonly at: number;
  readonly #situation: Situation;
  /** By kind and urgency, whose place among those who ask it is. */
  readonly #asking: ReadonlyMap<string, number>;
  readonly #played: { readonly line: Float64Array; readonly asking: Float64Array };
  readonly #runs: number;
  readonly #known = new Map<string, Spread | undefined>();
  /** Of each kind, those in line, as indexes in order. */
  readonly #places = new Map<string, number[]>();
  #classes: readonly ClassId[] | undefined;
  readonly #fluids = new Map<string, Fluid | undefined>();

  constructor(situation: Situation, asking: readonly Waiting[], knowledge: Knowledge) {
    const turns = situation.line.length + situation.busy.length + situation.idle.length + 1;
    this.#runs = Math.round(Math.min(MOST_RUNS, Math.max(FEWEST_RUNS, TURNS / turns)));
    this.#played = playForward(situation, asking, knowledge, this.#runs);
    this.at = situation.at;
    this.#situation = situation;
    this.#asking = new Map(asking.map((it, i) => [askedAs(it), i]));
    situation.line.forEach((it, i) => {
      const kind = kindOf(it);
      const mine = this.#places.get(kind);
      if (mine) mine.push(i);
      else this.#places.set(kind, [i]);
    });
  }

  /** The wait of one in line; undefined where nobody will come to serve it. */
  waiting(who: Waiting, others: Others): Spread | undefined {
    const { line, more } = this.#situation;
    const last = line.at(-1);
    if (more && last !== undefined && who.score > last.score) return this.#beyond(others);
    const place = this.#place(who);
    // Whom the situation does not hold yet came last, or goes before the next of its kind.
    return place === undefined ? this.asking(who) : this.#spread('line', place);
  }

  /** The wait of somebody of this kind and urgency who would come now. */
  asking(who: Waiting): Spread | undefined {
    const i = this.#asking.get(askedAs(who));
    return i === undefined ? undefined : this.#spread('asking', i);
  }

  /** Only the beginning of the line was played: those who come now stand beyond it. */
  get isCut(): boolean {
    return this.#situation.more;
  }

  /** Whether it was made with this kind and urgency in mind, so that it can answer at all. */
  knows(who: Waiting): boolean {
    return this.#asking.has(askedAs(who));
  }

  /** Whether this one stood in its line, or where it was not looked so closely. */
  holds(who: Waiting): boolean {
    const { line, more, oneIn } = this.#situation;
    if (more && who.score > (line.at(-1)?.score ?? -Infinity)) return true;
    const place = this.#place(who);
    if (oneIn > 1) return place !== undefined || this.knows(who);
    return place !== undefined && line[place]?.score === who.score;
  }

  /** The first of their kind who does not go before them. */
  #place(who: Waiting): number | undefined {
    const { line } = this.#situation;
    const mine = this.#places.get(kindOf(who)) ?? [];
    return mine[firstThat(mine, (i) => (line[i]?.score ?? Infinity) >= who.score)];
  }

  /** The line moves on as it did in its last part: a fluid. Its doubt, in proportion, stays. */
  #beyond({ before, competes }: Others): Spread | undefined {
    this.#classes ??= [...new Set(this.#situation.line.map((it) => it.class))];
    const classes = this.#classes.filter(competes);
    const key = classes.join(' ');
    if (!this.#fluids.has(key)) this.#fluids.set(key, this.#fluid(classes));
    const fluid = this.#fluids.get(key);
    if (fluid === undefined) return undefined;
    const { end, pace, count } = fluid;
    const p50 = end.p50 + pace * Math.max(0, before - count);
    const share = (bound: number) => (end.p50 > 0 ? bound / end.p50 : 1);
    return { p10: p50 * share(end.p10), p50, p90: p50 * share(end.p90) };
  }

  /** How the contacts of these classes flow: the wait of the last that was played, and what each one more adds. */
  #fluid(classes: readonly ClassId[]): Fluid | undefined {
    const { line, oneIn } = this.#situation;
    const places = line.flatMap((it, i) => (classes.includes(it.class) ? [i] : []));
    const half = places.length >> 1;
    const [middle, last] = [places[half], places.at(-1)];
    if (middle === undefined || last === undefined) return undefined;
    const [halfway, end] = [this.#spread('line', middle), this.#spread('line', last)];
    if (halfway === undefined || end === undefined) return undefined;
    const turns = places.length - 1 - half;
    const pace = turns === 0 ? end.p50 / places.length : (end.p50 - halfway.p50) / turns;
    return { end, pace: pace / oneIn, count: places.length * oneIn };
  }

  #spread(kind: 'line' | 'asking', place: number): Spread | undefined {
    const key = `${kind} ${place}`;
    if (!this.#known.has(key)) {
      const samples = this.#played[kind].slice(place * this.#runs, (place + 1) * this.#runs).sort();
      const at = (share: number) => quantile(samples, share);
      const spread = { p10: at(0.1), p50: at(0.5), p90: at(0.9) };
      this.#known.set(key, Number.isFinite(spread.p90) ? spread : undefined);
    }
    return this.#known.get(key);
  }
}

/** Kind and urgency in one word; by how much they go before others of their kind who come now is part of it. */
export function askedAs(who: Waiting): string {
  return `${kindOf(who)} ${urgencyOf(who.score)} ${who.boostMs ?? 0}`;
}

/** One who asks, as if they had begun to wait at zero. */
export function fromZero(who: Waiting): Waiting {
  const { score, boostMs = 0 } = who;
  return later(who, -startOf(score) - boostMs, urgencySpan(urgencyOf(score)) - boostMs);
}

function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)] ?? Infinity, sorted[Math.ceil(at)] ?? Infinity];
  return low === high ? low : low + (at - Math.floor(at)) * (high - low);
}

/** The index of the first that is so, in a list where all after it are so too. */
function firstThat<T>(list: readonly T[], isSo: (it: T) => boolean): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const it = list[middle];
    if (it !== undefined && isSo(it)) high = middle;
    else low = middle + 1;
  }
  return low;
}

import type { ClassId } from '../match.ts';
import { urgencyOf } from '../order.ts';
import type { Spread } from './calibration.ts';
import type { Knowledge } from './forward.ts';
import { playForward } from './forward.ts';
import type { Situation, Waiting } from './situation.ts';

/** So many turns are played in all, spread over the runs: a few milliseconds. */
const TURNS = 20_000;
const MOST_RUNS = 80;
const FEWEST_RUNS = 24;

/** Who stands before somebody, by class, and which of them want the same agents; of use where the line is too long to play. */
export interface Others {
  readonly ahead: ReadonlyMap<ClassId, number>;
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
  readonly #asking: readonly Waiting[];
  readonly #played: { readonly line: Float64Array; readonly asking: Float64Array };
  readonly #runs: number;
  readonly #known = new Map<string, Spread | undefined>();
  readonly #places = new Map<ClassId, number[]>();
  readonly #fluids = new Map<string, Fluid | undefined>();

  constructor(situation: Situation, asking: readonly Waiting[], knowledge: Knowledge) {
    const turns = situation.line.length + situation.busy.length + situation.idle.length + 1;
    this.#runs = Math.round(Math.min(MOST_RUNS, Math.max(FEWEST_RUNS, TURNS / turns)));
    this.#played = playForward(situation, asking, knowledge, this.#runs);
    this.at = situation.at;
    this.#situation = situation;
    this.#asking = asking;
    situation.line.forEach((it, i) => {
      const mine = this.#places.get(it.class);
      if (mine) mine.push(i);
      else this.#places.set(it.class, [i]);
    });
  }

  /** The wait of one in line; undefined where nobody will come to serve it. */
  waiting({ class: id, score }: Waiting, others: Others): Spread | undefined {
    const { line, more } = this.#situation;
    const last = line.at(-1);
    if (more && last !== undefined && score > last.score) return this.#beyond(others);
    const mine = this.#places.get(id) ?? [];
    const place = mine[firstThat(mine, (i) => (line[i]?.score ?? Infinity) >= score)];
    // Whom the situation does not hold yet came last, or goes before the next of its kind.
    return place === undefined ? this.asking(id, score) : this.#spread('line', place);
  }

  /** The wait of somebody of this class and urgency who would come now. */
  asking(id: ClassId, score: number): Spread | undefined {
    const i = this.#asker(id, score);
    return i < 0 ? undefined : this.#spread('asking', i);
  }

  /** Only the beginning of the line was played: those who come now stand beyond it. */
  get isCut(): boolean {
    return this.#situation.more;
  }

  /** Whether it was made with this class and urgency in mind. */
  knows(id: ClassId, score: number): boolean {
    return this.#asker(id, score) >= 0;
  }

  /** Whether this one stood in its line, or where it was not looked so closely. */
  holds({ class: id, score }: Waiting): boolean {
    const { line, more, oneIn } = this.#situation;
    if (oneIn > 1 || (more && score > (line.at(-1)?.score ?? -Infinity))) return true;
    const mine = this.#places.get(id) ?? [];
    const place = mine[firstThat(mine, (i) => (line[i]?.score ?? Infinity) >= score)];
    return place !== undefined && line[place]?.score === score;
  }

  #asker(id: ClassId, score: number): number {
    const urgency = urgencyOf(score);
    return this.#asking.findIndex((it) => it.class === id && urgencyOf(it.score) === urgency);
  }

  /** The line moves on as it did in its last part: a fluid. Its doubt, in proportion, stays. */
  #beyond({ ahead, competes }: Others): Spread | undefined {
    const classes = [...this.#places.keys()].filter(competes);
    const key = classes.join(' ');
    if (!this.#fluids.has(key)) this.#fluids.set(key, this.#fluid(classes));
    const fluid = this.#fluids.get(key);
    if (fluid === undefined) return undefined;
    const { end, pace, count } = fluid;
    const before = [...ahead].reduce((sum, [other, n]) => sum + (competes(other) ? n : 0), 0);
    const p50 = end.p50 + pace * Math.max(0, before - count);
    const share = (bound: number) => (end.p50 > 0 ? bound / end.p50 : 1);
    return { p10: p50 * share(end.p10), p50, p90: p50 * share(end.p90) };
  }

  /** How the contacts of these classes flow: the wait of the last that was played, and what each one more adds. */
  #fluid(classes: readonly ClassId[]): Fluid | undefined {
    const places = classes.flatMap((id) => this.#places.get(id) ?? []).sort((a, b) => a - b);
    const half = places.length >> 1;
    const [middle, last] = [places[half], places.at(-1)];
    if (middle === undefined || last === undefined) return undefined;
    const [halfway, end] = [this.#spread('line', middle), this.#spread('line', last)];
    if (halfway === undefined || end === undefined) return undefined;
    const turns = places.length - 1 - half;
    const pace = turns === 0 ? end.p50 / places.length : (end.p50 - halfway.p50) / turns;
    const { oneIn } = this.#situation;
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

/** Durations are counted in bins a quarter of a doubling wide, from one second on; beyond four hours all is one bin. */
export const BINS = 56;
const PER_DOUBLING = 4;
/** How many completed contacts a guess is worth. */
const TRUST = 10;
const GUIDES = 64;
/** Spread of handling times in the trade, as standard deviation over mean (Brown et al. 2005). */
const USUAL_CV = 1.1;

/** What was counted, by bin; sparse. */
export type Counts = ReadonlyMap<number, number>;

/** The bin a duration in ms falls into. */
export function binOf(ms: number): number {
  const bin = Math.floor(PER_DOUBLING * Math.log2(Math.max(ms, 1_000) / 1_000));
  return Math.min(BINS - 1, bin);
}

function edge(bin: number): number {
  return bin <= 0 ? 0 : 1_000 * 2 ** (bin / PER_DOUBLING);
}

const edges = Float64Array.from({ length: BINS + 1 }, (_, bin) => edge(bin));

/**
 * How long contacts of one kind take their agent, as it was counted: short calls nobody answered and long ones have
 * their place in it. Everything in ms.
 */
export class Law {
  readonly mean: number;
  /** Share that took less than the lower edge of each bin. */
  readonly #below = new Float64Array(BINS + 1);
  /** Where to begin looking for a share, so that drawing a duration takes no search. */
  readonly #start = new Uint8Array(GUIDES);

  constructor(weights: Float64Array) {
    const total = weights.reduce((sum, it) => sum + it, 0);
    let mean = 0;
    let below = 0;
    for (let bin = 0; bin < BINS; bin += 1) {
      const share = (weights[bin] ?? 0) / total;
      mean += (share * ((edges[bin] ?? 0) + (edges[bin + 1] ?? 0))) / 2;
      below += share;
      this.#below[bin + 1] = below;
    }
    this.#below[BINS] = 1;
    this.mean = mean;
    for (let guide = 0, bin = 0; guide < GUIDES; guide += 1) {
      while ((this.#below[bin + 1] ?? 1) <= guide / GUIDES) bin += 1;
      this.#start[guide] = bin;
    }
  }

  /** The duration that a share of all contacts does not exceed. */
  quantile(share: number): number {
    let low = this.#start[Math.min(GUIDES - 1, Math.floor(share * GUIDES))] ?? 0;
    while (low < BINS - 1 && (this.#below[low + 1] ?? 1) <= share) low += 1;
    const from = this.#below[low] ?? 0;
    const to = this.#below[low + 1] ?? 1;
    const part = to > from ? Math.min(1, (share - from) / (to - from)) : 1;
    const least = edges[low] ?? 0;
    return least + part * ((edges[low + 1] ?? 0) - least);
  }

  /** How many of all contacts last at most so long. */
  within(ms: number): number {
    const bin = binOf(ms);
    const [low, high] = [edges[bin] ?? 0, edges[bin + 1] ?? 1];
    const [from, to] = [this.#below[bin] ?? 0, this.#below[bin + 1] ?? 1];
    return from + (to - from) * Math.min(1, Math.max(0, (ms - low) / (high - low)));
  }

  /**
   * What is left of a contact that has lasted so long already, which `begun` of all contacts do not; `share` of those
   * that do are over by then.
   */
  residual(elapsed: number, begun: number, share: number): number {
    // Longer than anything ever seen: such contacts end at no particular time.
    if (begun >= 1 - 1e-9) return -0.25 * elapsed * Math.log(1 - share);
    return Math.max(0, this.quantile(begun + share * (1 - begun)) - elapsed);
  }
}

/** The law of a kind: its own experience, leaning on that of all kinds, leaning on a log-normal with the usual mean. */
export function learnedLaw(own: Counts, all: Counts, usualMs: number): Law {
  return new Law(leaning(own, leaning(all, usual(usualMs))));
}

function leaning(counts: Counts, guess: Float64Array): Float64Array {
  const total = guess.reduce((sum, it) => sum + it, 0);
  const weights = guess.map((it) => (it / total) * TRUST);
  for (const [bin, n] of counts) weights[bin] = (weights[bin] ?? 0) + n;
  return weights;
}

function usual(meanMs: number): Float64Array {
  const variance = Math.log(1 + USUAL_CV ** 2);
  const centre = Math.log(meanMs) - variance / 2;
  return Float64Array.from({ length: BINS }, (_, bin) => {
    const from = bin === 0 ? 500 : edge(bin);
    const middle = Math.log((from + edge(bin + 1)) / 2);
    return Math.exp(-((middle - centre) ** 2) / (2 * variance));
  });
}

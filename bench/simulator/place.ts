/**
 * The formula before the forecast: quantiles of a sum of exponentials for the place in line. Kept to be compared with.
 */
export interface PlaceWait {
  readonly mean: number;
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
}

/**
 * All agents busy and `ahead` waiting before: the time to reach an agent is Erlang(ahead + 1, servers / handle).
 * `ahead` may be a fraction, where others compete for only some of the same agents.
 */
export function placeWait(ahead: number, servers: number, handle: number): PlaceWait {
  const shape = Math.max(0, ahead) + 1;
  const scale = handle / servers;
  const at = (share: number) => gammaQuantile(share, shape) * scale;
  return { mean: shape * scale, p10: at(0.1), p50: at(0.5), p90: at(0.9) };
}

/**
 * The wait of one contact of a class, with so many of each class before it; undefined when nobody at work could help.
 * Others count by the share of their agents who serve this class too. `servers` counts agents at work who serve all.
 */
export function lineWait(
  id: string,
  ahead: ReadonlyMap<string, number>,
  servers: (...classes: readonly string[]) => number,
  handleMs: number,
): PlaceWait | undefined {
  const mine = servers(id);
  if (mine === 0) return undefined;
  let before = 0;
  for (const [other, count] of ahead) {
    const theirs = servers(other);
    if (theirs > 0) before += (count * servers(other, id)) / theirs;
  }
  return placeWait(before, mine, handleMs);
}

/** x with P(shape, x) = share, for a gamma distribution of scale 1. */
function gammaQuantile(share: number, shape: number): number {
  // That far out the first guess is right to five digits.
  if (shape > 200) return wilsonHilferty(share, shape);
  let low = 0;
  let high = shape + 10 * Math.sqrt(shape) + 10;
  let x = wilsonHilferty(share, shape);
  for (let step = 0; step < 60; step += 1) {
    const error = gammaShare(shape, x) - share;
    if (Math.abs(error) < 1e-12 || high - low < 1e-10 * high) break;
    if (error > 0) high = x;
    else low = x;
    const slope = Math.exp((shape - 1) * Math.log(x) - x - logGamma(shape));
    const next = x - error / slope;
    x = next > low && next < high ? next : (low + high) / 2;
  }
  return x;
}

/** A first guess good to some percent (Wilson and Hilferty 1931). */
function wilsonHilferty(share: number, shape: number): number {
  const z = share === 0.5 ? 0 : share < 0.5 ? -1.2815515655446004 : 1.2815515655446004;
  const cube = 1 - 1 / (9 * shape) + z / (3 * Math.sqrt(shape));
  return Math.max(1e-6, shape * cube ** 3);
}

/** Regularised lower incomplete gamma: series below the mean, continued fraction above. */
function gammaShare(shape: number, x: number): number {
  const front = Math.exp(shape * Math.log(x) - x - logGamma(shape));
  if (x < shape + 1) {
    let term = 1 / shape;
    let sum = term;
    for (let n = 1; n < 100_000 && term > sum * 1e-16; n += 1) {
      term *= x / (shape + n);
      sum += term;
    }
    return front * sum;
  }
  const tiny = 1e-300;
  let b = x + 1 - shape;
  let c = 1 / tiny;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < 100_000; n += 1) {
    const a = -n * (n - shape);
    b += 2;
    d = 1 / (a * d + b || tiny);
    c = b + a / c || tiny;
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-16) break;
  }
  return 1 - front * fraction;
}

/** Lanczos' approximation. */
function logGamma(x: number): number {
  const coefficients = [
    676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
    -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
  ];
  const y = x - 1;
  const sum = coefficients.reduce((acc, it, i) => acc + it / (y + i + 1), 0.9999999999998099);
  const t = y + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (y + 0.5) * Math.log(t) - t + Math.log(sum);
}

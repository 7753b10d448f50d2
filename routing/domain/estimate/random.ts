/**
 * Numbers in [0, 1) from a seed: the same seed gives the same series, so that a forecast made twice of the same moment
 * is the same, and a promise moves only when the line does. (Marsaglia 2003, xorshift of 32 bits.)
 */
export function seeded(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x1_0000_0000;
  };
}

/** A standard normal number (Box and Muller 1958). */
export function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

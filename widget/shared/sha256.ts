/*
 * SHA-256 (FIPS 180-4). Our own, because plain HTTP has no `crypto.subtle`, and because a proof of work hashes thousands
 * of single blocks, where the promise of `subtle.digest` costs more than the hash.
 */
const K = new Uint32Array(64);
const START = new Uint32Array(8);
for (let candidate = 2, found = 0; found < 64; candidate++) {
  let isPrime = true;
  for (let by = 2; by * by <= candidate; by++) if (candidate % by === 0) isPrime = false;
  if (!isPrime) continue;
  // The first 32 bits of the fractional parts of the roots of the primes (sections 4.2.2 and 5.3.3).
  if (found < 8) START[found] = (candidate ** (1 / 2) % 1) * 2 ** 32;
  K[found++] = (candidate ** (1 / 3) % 1) * 2 ** 32;
}

const schedule = new Int32Array(64);

type Eight = [number, number, number, number, number, number, number, number];

function rotate(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}

/* eslint-disable @typescript-eslint/no-non-null-assertion -- indexes into arrays of fixed length, in the hot loop */
function compress(state: Int32Array, block: DataView, at: number): void {
  const w = schedule;
  for (let i = 0; i < 16; i++) w[i] = block.getInt32(at + i * 4);
  for (let i = 16; i < 64; i++) {
    const early = w[i - 15]!;
    const late = w[i - 2]!;
    const s0 = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3);
    const s1 = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10);
    w[i] = (w[i - 16]! + s0 + w[i - 7]! + s1) | 0;
  }
  let [a, b, c, d, e, f, g, h] = state as Iterable<number> as Eight;
  for (let i = 0; i < 64; i++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i]! + w[i]!) | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state.set([a, b, c, d, e, f, g, h].map((word, i) => state[i]! + word));
}
/* eslint-enable @typescript-eslint/no-non-null-assertion */

/**
 * Hashes many texts that begin alike: what is common is compressed once. The answer is the number of leading zero bits,
 * counted up to 32.
 */
export function zeroBitsAfter(prefix: string): (suffix: string) => number {
  const encoder = new TextEncoder();
  const head = encoder.encode(prefix);
  const whole = head.length - (head.length % 64);
  const common = Int32Array.from(START);
  const headView = new DataView(head.buffer, head.byteOffset);
  for (let at = 0; at < whole; at += 64) compress(common, headView, at);
  const rest = head.subarray(whole);
  const state = new Int32Array(8);

  return (suffix) => {
    const tail = encoder.encode(suffix);
    const length = rest.length + tail.length;
    const padded = new Uint8Array(Math.ceil((length + 9) / 64) * 64);
    padded.set(rest);
    padded.set(tail, rest.length);
    padded[length] = 0x80;
    const view = new DataView(padded.buffer);
    view.setUint32(padded.length - 4, (whole + length) * 8);
    state.set(common);
    for (let at = 0; at < padded.length; at += 64) compress(state, view, at);
    return Math.clz32(state[0] ?? 0);
  };
}

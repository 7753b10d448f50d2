import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** How long each fuzzer runs (FUZZ_MS), and from which seed (FUZZ_SEED; any, and printed, when it is not given). */
export const FUZZ = {
  ms: Number(process.env['FUZZ_MS'] ?? 1500),
  seed: Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000),
};

/** Numbers that look random and come again from the same seed (mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 up to, not including, `below`. */
  below(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  }

  of<T>(all: readonly T[]): T {
    return all[this.below(all.length)]!;
  }
}

const NASTY = [
  '\r\n', '\r\n\r\n', '\n', '\0', '"', '<', '>', ',', ';', ':', '=', '|', '#', '\\', '%00', ' ', '\t', '@', '[', ']',
  '-1', '0', '99999', '4294967296', '9'.repeat(40), 'a'.repeat(3000), ';'.repeat(200), '\xff\xfe', '\xc3\xa0',
  'Via: SIP/2.0/UDP 127.0.0.1:5;branch=z9hG4bKq\r\n', 'Content-Length: 70000\r\n', 'Require: 100rel\r\n', 'RAck: 1 1 INVITE\r\n',
  'Route: <sip:127.0.0.1;lr>\r\n', 'Record-Route: <sip:127.0.0.1>\r\n', 'CSeq: 1 INVITE\r\n', 'Session-Expires: 5\r\n',
]; // prettier-ignore

/** A byte string bent a little: bits, bytes, lines and pieces lost, doubled, moved, or replaced by something nasty. */
export function bend(text: string, dice: Dice, others: readonly string[]): string {
  let bent = text;
  for (let blows = dice.below(4) + 1; blows > 0; blows--) {
    const from = dice.below(bent.length + 1);
    const to = Math.min(bent.length, from + dice.below(dice.below(4) === 0 ? 200 : 8));
    const [head, piece, tail] = [bent.slice(0, from), bent.slice(from, to), bent.slice(to)];
    const lines = bent.split('\r\n');
    const line = dice.below(lines.length);
    bent = [
      () => head + tail,
      () => head + piece + piece + tail,
      () => head + dice.of(NASTY) + tail,
      () => head + dice.of(NASTY) + piece + tail,
      () => head + String.fromCharCode(dice.below(256)) + tail,
      () => lines.toSpliced(line, 1).join('\r\n'),
      () => lines.toSpliced(line, 0, lines[dice.below(lines.length)]!).join('\r\n'),
      () => head + dice.of(others).slice(dice.below(200)),
      () => bent.replace(/\d+/, dice.of(NASTY)),
    ][dice.below(9)]!();
  }
  return bent.slice(0, 60_000);
}

/** Megabytes on the heap that are really in use. */
export function heapMb(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed / 1024 / 1024;
}

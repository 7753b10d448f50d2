/** Nobody whose wait is asked for: one who came since. */
export const NEW = -1;
const GONE = -1;

interface Joined {
  readonly who: number;
  readonly score: number;
}

/**
 * The lines of one run: of each its first is looked at, taken, or joined by others, who may have left another line for it.
 * Those who stand here from the beginning are numbers, in the order of service.
 */
export class Lines {
  readonly #scores: Float64Array;
  /** In which line each stands at first, and now. */
  readonly #first: Int32Array;
  readonly #now: Int32Array;
  /** Of each line, those who stand there at first, and how many of them are dealt with. */
  readonly #base: readonly (readonly number[])[];
  readonly #heads: Int32Array;
  readonly #joined: Joined[][];

  constructor(scores: Float64Array, first: Int32Array, count: number) {
    this.#scores = scores;
    this.#first = first;
    this.#now = new Int32Array(first.length);
    const base = Array.from({ length: count }, (): number[] => []);
    first.forEach((line, who) => base[line]?.push(who));
    this.#base = base;
    this.#heads = new Int32Array(count);
    this.#joined = base.map(() => []);
  }

  /** As it was at first. */
  begin(): void {
    this.#now.set(this.#first);
    this.#heads.fill(0);
    for (const joined of this.#joined) joined.length = 0;
  }

  /** The score of the first, Infinity where nobody stands. */
  score(line: number): number {
    return Math.min(this.#baseScore(line), this.#joinedScore(line));
  }

  /** The first goes; who it was. */
  take(line: number): number {
    const own = this.#baseScore(line);
    const other = this.#joinedScore(line);
    const who = other < own ? this.#joined[line]?.shift()?.who : this.#base[line]?.[this.#heads[line] ?? 0];
    this.leave(who ?? NEW);
    return who ?? NEW;
  }

  leave(who: number): void {
    if (who !== NEW) this.#now[who] = GONE;
  }

  standsIn(line: number, who: number): boolean {
    return this.#now[who] === line;
  }

  waits(who: number): boolean {
    return this.#now[who] !== GONE;
  }

  /** One of these, or one who came since, stands in this line from now on, where the score belongs. */
  join(line: number, who: number, score = this.#scores[who] ?? Infinity): void {
    if (who !== NEW) this.#now[who] = line;
    const joined = this.#joined[line];
    if (joined === undefined) return;
    // Most come last.
    let at = joined.length;
    while (at > 0 && (joined[at - 1]?.score ?? 0) > score) at -= 1;
    joined.splice(at, 0, { who, score });
  }

  #baseScore(line: number): number {
    const base = this.#base[line] ?? [];
    let head = this.#heads[line] ?? 0;
    while (head < base.length && this.#now[base[head] ?? 0] !== line) head += 1;
    this.#heads[line] = head;
    const who = base[head];
    return who === undefined ? Infinity : (this.#scores[who] ?? Infinity);
  }

  #joinedScore(line: number): number {
    const joined = this.#joined[line] ?? [];
    for (;;) {
      const first = joined[0];
      if (first === undefined) return Infinity;
      if (first.who === NEW || this.#now[first.who] === line) return first.score;
      joined.shift();
    }
  }
}

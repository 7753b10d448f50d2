const MOST_SOURCES = 10_000;

/** Lets each address through so many times a second, with a second's burst; a limit of 0 lets all through. */
export class SourceLimit {
  readonly #perSecond: number;
  readonly #sources = new Map<string, { left: number; at: number }>();

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  allows(address: string): boolean {
    if (this.#perSecond === 0) return true;
    const now = Date.now();
    const known = this.#sources.get(address) ?? { left: this.#perSecond, at: now };
    known.left = Math.min(this.#perSecond, known.left + ((now - known.at) / 1000) * this.#perSecond);
    known.at = now;
    if (this.#sources.size >= MOST_SOURCES && !this.#sources.has(address)) this.#sources.clear();
    this.#sources.set(address, known);
    if (known.left < 1) return false;
    known.left--;
    return true;
  }
}

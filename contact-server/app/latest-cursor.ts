/**
 * Keeps where a reader is, behind its reading: one write at a time, always of the newest. What a crash or an outage
 * leaves unwritten is read again, so only readers that may hear a thing twice can use it.
 */
export class LatestCursor {
  readonly #store: (cursor: string) => Promise<void>;
  #newest: string | undefined;
  #writing: Promise<void> | undefined;

  constructor(store: (cursor: string) => Promise<void>) {
    this.#store = store;
  }

  write(cursor: string): void {
    this.#newest = cursor;
    this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
  }

  /** Resolves when the newest is stored, or could not be. */
  async idle(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    for (let next = this.#newest; next !== undefined; next = this.#newest) {
      this.#newest = undefined;
      try {
        await this.#store(next);
      } catch {
        // Away: the next cursor is written in its place.
      }
    }
  }
}

import type { Clock } from '../../server-kit/clock.ts';

const PAUSE_MS = 250;

/**
 * Keeps where a reader is, behind its reading: the newest, a few times a second. What a crash or an outage leaves
 * unwritten is read again, so only readers that may hear a thing twice can use it.
 */
export class LatestCursor {
  readonly #clock: Clock;
  readonly #store: (cursor: string) => Promise<void>;
  #newest: string | undefined;
  #writing: Promise<void> | undefined;
  #endPause = (): void => {};

  constructor(clock: Clock, store: (cursor: string) => Promise<void>) {
    this.#clock = clock;
    this.#store = store;
  }

  write(cursor: string): void {
    this.#newest = cursor;
    this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
  }

  /** Resolves when the newest is stored, which is done at once, or could not be. */
  async idle(): Promise<void> {
    this.#endPause();
    await this.#writing;
  }

  async #write(): Promise<void> {
    while (this.#newest !== undefined) {
      await this.#pause();
      const next = this.#newest;
      this.#newest = undefined;
      try {
        await this.#store(next);
      } catch {
        // Away: the next cursor is written in its place.
      }
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(PAUSE_MS, resolve);
      this.#endPause = () => {
        cancel();
        resolve();
      };
    });
  }
}

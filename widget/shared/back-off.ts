/** Waits longer after each failure, never in step with others, and not at all once the network is back. */
export class BackOff {
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #next: (() => void) | undefined;
  readonly #mostMs: number;

  constructor(life: AbortSignal, mostMs = 30_000) {
    this.#mostMs = mostMs;
    const now = (): void => this.now();
    addEventListener('online', now, { signal: life });
    document.addEventListener('visibilitychange', () => document.hidden || now(), { signal: life });
    life.addEventListener('abort', () => this.stop());
  }

  /** Calls `next` after a while: at least `leastMs`, if the other side has asked for that. */
  later(next: () => void, leastMs = 0): void {
    this.stop();
    const step = Math.min(this.#mostMs, 500 * 2 ** this.#failures++);
    this.#next = next;
    this.#timer = setTimeout(() => this.now(), Math.max(leastMs, step / 2) + (Math.random() * step) / 2);
  }

  /** Ends the waiting, if there is any. */
  now(): void {
    const next = this.#next;
    this.stop();
    next?.();
  }

  /** It went well: the next failure starts from the beginning. */
  reset(): void {
    this.#failures = 0;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#next = undefined;
  }
}

/** Running timers of one phone, so that closing it can stop them all. */
export class Timers {
  #isClosed = false;
  readonly #running = new Set<NodeJS.Timeout>();

  /** Calls `then` once `ms` have passed, unless the returned function is called first. */
  after(ms: number, then: () => void): () => void {
    if (this.#isClosed) return () => {};
    const timer = setTimeout(() => {
      this.#running.delete(timer);
      then();
    }, ms);
    this.#running.add(timer);
    return () => {
      clearTimeout(timer);
      this.#running.delete(timer);
    };
  }

  /** Stops every timer for good: nothing set before or after this fires. */
  close(): void {
    this.#isClosed = true;
    for (const timer of this.#running) clearTimeout(timer);
    this.#running.clear();
  }
}

const DEADLINE_MS = 20_000;

/** All that was told, oldest first, and waiting for something among it: told before or still to come. */
export class History<T> {
  readonly items: T[] = [];
  readonly #waiting = new Set<() => void>();

  add(item: T): void {
    this.items.push(item);
    for (const look of this.#waiting) look();
  }

  /** The first item from index `from` on that fits; rejects after a deadline with what was seen instead. */
  until(what: string, fits: (item: T) => boolean, from = 0, withinMs = DEADLINE_MS): Promise<T> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = this.items.slice(from).find(fits);
        if (found === undefined) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(found);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        const seen = JSON.stringify(this.items.slice(-5)).slice(0, 2_000);
        reject(new Error(`waited ${String(withinMs)} ms for ${what}; last seen: ${seen}`));
      }, withinMs);
      this.#waiting.add(look);
      look();
    });
  }
}

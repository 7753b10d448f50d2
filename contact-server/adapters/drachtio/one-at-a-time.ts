/** Lets one exchange run at a time; the others wait their turn. */
export class OneAtATime {
  #last: Promise<unknown> = Promise.resolve();
  #running = 0;

  get busy(): boolean {
    return this.#running > 0;
  }

  run<T>(work: () => Promise<T>): Promise<T> {
    this.#running += 1;
    const mine = this.#last.then(work).finally(() => {
      this.#running -= 1;
    });
    this.#last = mine.catch(() => {});
    return mine;
  }
}

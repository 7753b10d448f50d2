/** Agents by the moment they are free next: a binary heap whose first is looked at, moved on or taken away. */
export class Timeline {
  readonly #times: Float64Array;
  readonly #agents: Int32Array;
  #size = 0;

  constructor(most: number) {
    this.#times = new Float64Array(most);
    this.#agents = new Int32Array(most);
  }

  clear(): void {
    this.#size = 0;
  }

  /** When the first is free; Infinity when there is nobody. */
  get next(): number {
    return this.#size === 0 ? Infinity : (this.#times[0] ?? Infinity);
  }

  get agent(): number {
    return this.#agents[0] ?? -1;
  }

  add(at: number, agent: number): void {
    let i = this.#size++;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if ((this.#times[parent] ?? 0) <= at) break;
      this.#copy(parent, i);
      i = parent;
    }
    this.#times[i] = at;
    this.#agents[i] = agent;
  }

  /** The first is free again at that time, and no longer first. */
  moveOn(at: number): void {
    this.#sink(at, this.agent);
  }

  takeAway(): void {
    const last = --this.#size;
    if (last > 0) this.#sink(this.#times[last] ?? 0, this.#agents[last] ?? 0);
  }

  #sink(at: number, agent: number): void {
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && (this.#times[child + 1] ?? 0) < (this.#times[child] ?? 0)) child += 1;
      if ((this.#times[child] ?? 0) >= at) break;
      this.#copy(child, i);
      i = child;
    }
    this.#times[i] = at;
    this.#agents[i] = agent;
  }

  #copy(from: number, to: number): void {
    this.#times[to] = this.#times[from] ?? 0;
    this.#agents[to] = this.#agents[from] ?? 0;
  }
}

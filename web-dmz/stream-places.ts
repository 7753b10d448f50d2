import { subscriberOf } from '../server-kit/address.ts';

/** How many streams are open, for each address and in total, within limits. */
export class StreamPlaces {
  readonly #limits: { readonly perAddress: number; readonly total: number };
  readonly #taken = new Map<string, number>();
  #total = 0;

  constructor(limits: { readonly perAddress: number; readonly total: number }) {
    this.#limits = limits;
  }

  /** A place, given back by calling it (once, however often it is called); undefined if there is none. */
  take(ip: string): (() => void) | undefined {
    const key = subscriberOf(ip);
    const taken = this.#taken.get(key) ?? 0;
    if (taken >= this.#limits.perAddress || this.#total >= this.#limits.total) return undefined;
    this.#taken.set(key, taken + 1);
    this.#total += 1;
    let isMine = true;
    return () => {
      if (!isMine) return;
      isMine = false;
      this.#total -= 1;
      const left = (this.#taken.get(key) ?? 1) - 1;
      if (left === 0) this.#taken.delete(key);
      else this.#taken.set(key, left);
    };
  }
}

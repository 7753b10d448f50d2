import type { CallbackId } from '../../contracts/ids.ts';
import type { CallbackRecord, CallbackStore } from '../ports/stores.ts';

/** Clocks of several servers differ, and a write may be seen late: so much is read once more each time. */
const OVERLAP_MS = 60_000;
/** All is read anew so often: notes and what else is written into a callback that is over. */
const ANEW_MS = 10 * 60_000;

/** The callbacks that ended lately, kept in memory: what is over stays as it is, so each look reads only what ended since the last. */
export class RecentlyEnded {
  readonly #store: Pick<CallbackStore, 'endedSince'>;
  #known = new Map<CallbackId, CallbackRecord>();
  #from = Infinity;
  #readAnewAt = 0;

  constructor(store: Pick<CallbackStore, 'endedSince'>) {
    this.#store = store;
  }

  /** All that ended at `from` (epoch ms) or later. */
  async since(from: number, now: number): Promise<readonly CallbackRecord[]> {
    const isAnew = from < this.#from || now - this.#readAnewAt >= ANEW_MS;
    const read = await this.#store.endedSince(isAnew ? from : Math.max(from, this.#latest() - OVERLAP_MS));
    if (isAnew) {
      this.#known = new Map();
      this.#from = from;
      this.#readAnewAt = now;
    }
    for (const it of read) this.#known.set(it.callback.id, it);
    for (const [id, it] of this.#known) if (endedAt(it) < from) this.#known.delete(id);
    return [...this.#known.values()];
  }

  #latest(): number {
    let latest = this.#from;
    for (const it of this.#known.values()) latest = Math.max(latest, endedAt(it));
    return latest;
  }
}

/** When a callback that is over ended (epoch ms). */
export function endedAt({ callback }: CallbackRecord): number {
  return callback.history.at(-1)?.at ?? callback.requestedAt;
}

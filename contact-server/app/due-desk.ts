import type { CallbackId } from '../../contracts/ids.ts';
import type { CallbackStore } from '../ports/stores.ts';
import type { CallbackDesk } from './callback-desk.ts';
import type { CallTimes } from './call-times.ts';

interface Parts {
  readonly callbacks: Pick<CallbackDesk, 'note'>;
  readonly store: Pick<CallbackStore, 'find'>;
  readonly times: Pick<CallTimes, 'postponed'>;
}

/** Tells callbacks that their time has come. Hours may be others than when it was booked: then it is told another time. */
export class DueDesk {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async come(id: CallbackId, at: number): Promise<void> {
    const { callbacks, store, times } = this.#parts;
    const record = await store.find(id);
    const postponed = record && (await times.postponed(record.callback));
    await callbacks.note(id, postponed ?? { type: 'due', at });
  }
}

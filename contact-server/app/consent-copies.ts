import type { Clock } from '../../server-kit/clock.ts';
import type { CallbackStore, ConsentRecord, ConsentStore } from '../ports/stores.ts';

interface Parts {
  readonly store: Pick<CallbackStore, 'consentCopied' | 'consentsOwed'>;
  readonly consents: ConsentStore;
  readonly clock: Clock;
}

/** Longer than a copy takes that is being made. */
const OWED_AFTER_MS = 10_000;
const AT_ONCE = 100;

/** A callback carries its consent; the copy made here outlives it. A copy that a crash prevented is made later. */
export class ConsentCopies {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async copy(consent: ConsentRecord): Promise<void> {
    const { store, consents } = this.#parts;
    await consents.add(consent);
    if (consent.callbackId !== undefined) await store.consentCopied(consent.callbackId);
  }

  /** Makes the copies that are missing. */
  async makeUp(): Promise<void> {
    const { store, clock } = this.#parts;
    for (const it of await store.consentsOwed(clock.now() - OWED_AFTER_MS, AT_ONCE)) await this.copy(it);
  }
}

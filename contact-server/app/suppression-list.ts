import type { Clock } from '../../server-kit/clock.ts';
import type { Suppressions } from '../ports/stores.ts';

interface Parts {
  readonly store: Suppressions;
  readonly clock: Clock;
}

/** Why a suppressed number is not rung. */
export const suppressed = {
  rule: 'number/suppressed',
  reason: 'The owner of this number asked us not to call it.',
} as const;

const LOOK_MS = 1_000;
/** A longer list is not held: the store is asked each time. */
const MOST = 100_000;

/**
 * The suppressed numbers as they were a second ago, so that whoever asks is refused without a way to the store. It
 * refuses early and lets nobody through: before a phone rings, the dial gate asks the store itself.
 */
export class SuppressionList {
  readonly #parts: Parts;
  #held: ReadonlySet<string> | undefined;
  #mark: string | undefined;
  #cancel = (): void => {};
  #isOver = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    await this.#look();
    if (!this.#isOver) this.#cancel = this.#parts.clock.after(LOOK_MS, () => void this.start());
  }

  stop(): void {
    this.#isOver = true;
    this.#cancel();
  }

  has(phoneHash: string): Promise<boolean> {
    return this.#held ? Promise.resolve(this.#held.has(phoneHash)) : this.#parts.store.has(phoneHash);
  }

  async #look(): Promise<void> {
    const { store } = this.#parts;
    try {
      const mark = await store.mark();
      if (mark === this.#mark) return;
      this.#held = await store.all(MOST);
      this.#mark = mark;
    } catch {
      // How old ours is would not be known: whoever asks is told what the store says, which is also that it is away.
      this.#held = undefined;
      this.#mark = undefined;
    }
  }
}

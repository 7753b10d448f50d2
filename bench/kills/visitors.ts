import { type CallbackState, endStates } from '../../contracts/states.ts';
import type { TestCentre } from '../../test/support/centre.ts';
import type { VisitorClient } from '../../test/support/visitor-client.ts';

const OVER: ReadonlySet<CallbackState> = new Set(endStates);
const LOOK_MS = 300;
/** So many change their mind within a few seconds, whatever is under way by then. */
const CANCELLING = 0.15;
const CANCEL_WITHIN_MS = 5_000;
/** Of ten who ask eight answer and talk, one is busy, and one hangs up soon. */
const numbers = ['1', '1', '1', '1', '1', '1', '1', '1', '2', '5'];

interface Asked {
  readonly visitor: VisitorClient;
  readonly number: string;
  state: CallbackState;
}

/** So many ask at a time, each again with the same key until they are accepted; who has ended makes room for another. */
export class Visitors {
  readonly #it: TestCentre;
  readonly #random: () => number;
  readonly #mostOpen: number;
  readonly #asked: Asked[] = [];
  readonly #busy = new Set<string>();
  #isOver = false;
  /** Nobody is waited for any longer. */
  #isClosed = false;
  #all: Promise<void>[] = [];

  constructor(it: TestCentre, random: () => number, mostOpen: number) {
    this.#it = it;
    this.#random = random;
    this.#mostOpen = mostOpen;
  }

  begin(): void {
    this.#all = Array.from({ length: this.#mostOpen }, () => this.#oneAfterTheOther());
  }

  /** Nobody asks any more; resolves when all have ended, with words for each who has not within this time. */
  async end(withinMs: number): Promise<string[]> {
    this.#isOver = true;
    const patience = setTimeout(() => (this.#isClosed = true), withinMs);
    // Whoever was just asking is waited for like all others.
    await Promise.all(this.#all);
    clearTimeout(patience);
    const left = this.#asked.filter((it) => !OVER.has(it.state));
    return left.map((it) => `${it.number} ${it.visitor.created?.id ?? ''} is still ${it.state}`);
  }

  get accepted(): number {
    return this.#asked.length;
  }

  outcomes(): Readonly<Record<string, number>> {
    const counted: Record<string, number> = {};
    for (const { state } of this.#asked) counted[state] = (counted[state] ?? 0) + 1;
    return counted;
  }

  async #oneAfterTheOther(): Promise<void> {
    while (!this.#isOver) {
      const number = this.#number();
      const visitor = this.#it.visitor(`198.51.100.${String(1 + Math.floor(this.#random() * 250))}`);
      const { state } = await visitor.ask(number);
      const asked: Asked = { visitor, number, state };
      this.#asked.push(asked);
      const cancelAt =
        this.#random() < CANCELLING ? Date.now() + this.#random() * CANCEL_WITHIN_MS : Infinity;
      while (!OVER.has(asked.state) && !this.#isClosed) {
        if (cancelAt < Date.now()) await cancel(visitor);
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
        const view = await visitor.look().catch(() => undefined);
        if (view && 'state' in view) asked.state = view.state;
      }
      this.#busy.delete(number);
    }
  }

  /** One that nobody else is rung at. */
  #number(): string {
    for (;;) {
      const kind = numbers[Math.floor(this.#random() * numbers.length)] ?? '1';
      const number = `+442079460${kind}${String(Math.floor(this.#random() * 100)).padStart(2, '0')}`;
      if (this.#busy.has(number)) continue;
      this.#busy.add(number);
      return number;
    }
  }
}

/** Refused where they talk already, or not answered: asked again at the next look, as somebody would. */
async function cancel(visitor: VisitorClient): Promise<void> {
  const path = `/callbacks/${visitor.created?.id ?? ''}`;
  await visitor.send('DELETE', path, undefined, visitor.bearer()).catch(() => undefined);
}

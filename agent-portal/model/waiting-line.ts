import { signal } from '@preact/signals';

import type { WaitingView } from '../../contracts/agent.ts';
import type { Api } from './api.ts';

const lookMs = 3_000;
/** So many quiet looks are passed over: those booked for later come and go without a word of the stream. */
const quietLooks = 5;

/** Who waits, or is booked, and could be taken by this agent, as the server last said; asked for only while it is on the screen. */
export class WaitingLine {
  readonly view = signal<WaitingView>({ counts: { waiting: 0, booked: 0 }, rows: [] });
  readonly #api: Pick<Api, 'waiting'>;
  #hasChanged = false;

  constructor(api: Pick<Api, 'waiting'>) {
    this.#api = api;
  }

  /** The line, or this agent's state, may be another: worth a look when it is time for one. */
  changed(): void {
    this.#hasChanged = true;
  }

  /** Follows until the returned function is called. */
  follow(): () => void {
    void this.#look();
    let quiet = 0;
    const timer = setInterval(() => {
      quiet += 1;
      if (!this.#hasChanged && quiet < quietLooks) return;
      quiet = 0;
      void this.#look();
    }, lookMs);
    return () => clearInterval(timer);
  }

  async #look(): Promise<void> {
    this.#hasChanged = false;
    try {
      this.view.value = await this.#api.waiting();
    } catch {
      // The stream says that the server is away; until it is back, what was told last stands.
    }
  }
}

import type { Logger } from 'pino';
import type { Clock } from '../../server-kit/clock.ts';
import { isOutage } from './outage.ts';

const ANSWERED_MS = 20;

/**
 * Work that nobody waits for: what a visitor need not wait for is done behind the answer. It may be lost with the
 * process, so only what something else makes up for may be given here.
 */
export class Behind {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #running = new Set<Promise<void>>();

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  run(what: string, work: () => Promise<void>): void {
    const running = this.#answered()
      .then(work)
      .catch((err: unknown) => {
        if (isOutage(err)) this.#log.warn({ what, reason: 'outage' }, 'not done behind an answer');
        else this.#log.error({ err, what }, 'not done behind an answer');
      })
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Resolves when everything begun so far is done. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Resolves when an answer has reached whoever waits for it: on its way it passes other processes, which need the machine too. */
  #answered(): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.after(ANSWERED_MS, resolve);
    });
  }
}

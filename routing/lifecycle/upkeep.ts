import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Matchmaker } from '../matchmaker/matchmaker.ts';
import { scripts } from '../matchmaker/scripts.ts';
import { RoutingUnavailable } from '../unavailable.ts';

/** How often things are looked after, all in ms. */
export interface UpkeepTimes {
  readonly sweepMs: number;
  readonly leaseMs: number;
  readonly auditMs: number;
  /** How late a due time's own job may be before the sweep fires it. */
  readonly dueGraceMs: number;
  /** No contact is handled longer than this. */
  readonly maxHandleMs: number;
}

const BATCH = 500;

/**
 * Every process sweeps; the one whose sweep finds the lease free leads for as long as it goes on. The leader ends
 * offers that lapsed, fires due times whose job was lost, and now and then looks for what should be impossible.
 */
export class Upkeep {
  readonly #matchmaker: Matchmaker;
  readonly #log: Logger;
  readonly #times: UpkeepTimes;
  readonly #also: (leading: boolean) => Promise<void>;
  readonly #token = randomUUID();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #closed = false;
  #auditAt = 0;
  #auditCursor = '0';

  /** `also` runs after each sweep that reached Redis. */
  constructor(
    matchmaker: Matchmaker,
    log: Logger,
    times: UpkeepTimes,
    also: (leading: boolean) => Promise<void>,
  ) {
    this.#matchmaker = matchmaker;
    this.#log = log;
    this.#times = times;
    this.#also = also;
  }

  start(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#round().finally(() => {
        this.start();
      });
    }, this.#times.sweepMs);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#running;
    await this.#matchmaker.run(scripts.resign, this.#token).catch(() => undefined);
  }

  async #round(): Promise<void> {
    try {
      const leading = await this.#sweep();
      if (leading && performance.now() >= this.#auditAt) {
        this.#auditAt = performance.now() + this.#times.auditMs;
        await this.audit();
      }
      await this.#also(leading);
    } catch (err) {
      if (err instanceof RoutingUnavailable) this.#log.debug({ store: err.store }, 'upkeep waits');
      else this.#log.error({ err }, 'upkeep failed');
    }
  }

  async #sweep(): Promise<boolean> {
    const { leaseMs, dueGraceMs } = this.#times;
    const [tag, lapsed, late] = await this.#matchmaker.run(
      scripts.sweep,
      this.#token,
      leaseMs,
      BATCH,
      dueGraceMs,
    );
    if (Number(late) > 0) this.#log.warn({ late }, 'due times had lost their jobs');
    if (Number(lapsed) > 0) this.#log.debug({ lapsed }, 'offers lapsed');
    return tag === 'leader';
  }

  async audit(): Promise<void> {
    const [, cursor] = await this.#matchmaker.run(scripts.audit, this.#auditCursor, this.#times.maxHandleMs);
    this.#auditCursor = typeof cursor === 'string' ? cursor : '0';
  }
}

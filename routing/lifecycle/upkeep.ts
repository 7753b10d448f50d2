import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Matchmaker } from '../matchmaker/matchmaker.ts';
import { repeat } from './repeat.ts';

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
  readonly #token = randomUUID();
  readonly #stop: () => Promise<void>;
  #leading = false;
  #auditAt = 0;
  #auditCursor = '0';

  constructor(matchmaker: Matchmaker, log: Logger, times: UpkeepTimes) {
    this.#matchmaker = matchmaker;
    this.#log = log;
    this.#times = times;
    this.#stop = repeat(times.sweepMs, log, 'upkeep', () => this.#round());
  }

  /** Whether this process does what one of them has to do. */
  get leading(): boolean {
    return this.#leading;
  }

  async close(): Promise<void> {
    await this.#stop();
    if (!this.#leading) return;
    await this.#matchmaker.run('resign', this.#token).catch(() => undefined);
  }

  async #round(): Promise<void> {
    const { leaseMs, dueGraceMs, auditMs } = this.#times;
    this.#leading = false;
    const [tag, lapsed, late, wider] = await this.#matchmaker.run(
      'sweep',
      this.#token,
      leaseMs,
      BATCH,
      dueGraceMs,
    );
    this.#leading = tag === 'leader';
    if (Number(late) > 0) this.#log.warn({ late }, 'due times had lost their jobs');
    if (Number(wider) > 0) this.#log.debug({ wider }, 'contacts look further');
    if (Number(lapsed) > 0) this.#log.debug({ lapsed }, 'offers lapsed');
    if (!this.#leading || performance.now() < this.#auditAt) return;
    this.#auditAt = performance.now() + auditMs;
    await this.#audit();
  }

  async #audit(): Promise<void> {
    const [, cursor] = await this.#matchmaker.run('audit', this.#auditCursor, this.#times.maxHandleMs);
    this.#auditCursor = typeof cursor === 'string' ? cursor : '0';
  }
}

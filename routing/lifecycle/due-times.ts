import { createHash } from 'node:crypto';
import { Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { Clock } from '../../server-kit/clock.ts';
import type { CallbackId } from '../../contracts/ids.ts';
import type { Connect } from '../matchmaker/connection.ts';
import { patient, readyWithin } from '../matchmaker/connection.ts';
import type { Matchmaker } from '../matchmaker/matchmaker.ts';

interface DueJob {
  readonly id: CallbackId;
  readonly at: number;
}

const QUEUE = 'due';
const KEEP = { count: 1_000, age: 3_600 };
const CLOSE_MS = 1_000;

/**
 * Wakes contacts at their time: one delayed job each, holding ids only. The time itself stands in Redis beside it, so
 * a job that comes twice, late, or for a time that was moved changes nothing, and the sweep makes up for a lost one.
 */
export class DueTimes {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #matchmaker: Matchmaker;
  readonly #queue: Queue<DueJob>;
  readonly #worker: Worker<DueJob>;
  readonly #connections: readonly Redis[];

  constructor(connect: Connect, centre: string, clock: Clock, log: Logger, matchmaker: Matchmaker) {
    this.#clock = clock;
    this.#log = log;
    this.#matchmaker = matchmaker;
    const [adding, working] = [connect(patient), connect(patient)];
    this.#connections = [adding, working];
    const prefix = `{${centre}}`;
    this.#queue = new Queue<DueJob>(QUEUE, {
      connection: adding,
      prefix,
      skipWaitingForReady: true,
      // Nobody reads them.
      streams: { events: { maxLen: 100 } },
    });
    this.#worker = new Worker<DueJob>(QUEUE, async ({ data }) => this.#wake(data), {
      connection: working,
      prefix,
      // A killed worker's job is taken up by another within five seconds.
      lockDuration: 3_000,
      // A job is one script: there is nothing to renew, and no timer is left when Redis goes away while we close.
      skipLockRenewal: true,
      stalledInterval: 1_000,
      maxStalledCount: 3,
      concurrency: 20,
      removeOnComplete: KEEP,
      removeOnFail: KEEP,
    });
    const away = (err: Error) => {
      this.#log.debug({ err: err.message }, 'due times: redis is away');
    };
    for (const it of this.#connections) it.on('error', away);
    this.#queue.on('error', away);
    this.#worker.on('error', away);
  }

  async set(
    id: CallbackId,
    at: number,
    service: string | undefined,
    startedAt: number | undefined,
  ): Promise<void> {
    await this.#forget(id, await this.#matchmaker.schedule(id, at, service, startedAt), at);
    const delay = Math.max(0, at - this.#clock.now());
    const added = this.#queue.add('wake', { id, at }, { jobId: jobName(id, at), delay });
    // The time is kept; where the job is not, the sweep wakes the contact.
    added.catch((err: unknown) =>
      this.#log.warn({ err, contactId: id }, 'no job for a due time: the sweep will see to it'),
    );
    await Promise.race([added.catch(() => {}), readyLater(CLOSE_MS)]);
  }

  async unset(id: CallbackId): Promise<void> {
    await this.#forget(id, await this.#matchmaker.unschedule(id));
  }

  /** A time that holds no more needs no job until it comes. Where the job is at work already it finds nothing to do. */
  async #forget(id: CallbackId, before: number | undefined, now?: number): Promise<void> {
    if (before === undefined || before === now) return;
    const removed = this.#queue.remove(jobName(id, before)).catch(() => {});
    await Promise.race([removed, readyLater(CLOSE_MS)]);
  }

  async #wake({ id, at }: DueJob): Promise<void> {
    const outcome = await this.#matchmaker.due(id, at);
    this.#log.debug({ contactId: id, outcome }, 'due time came');
  }

  async close(): Promise<void> {
    // Without Redis there is nothing to say good-bye to.
    const here = await Promise.all(this.#connections.map((it) => readyWithin(it, 100)));
    if (here.every(Boolean)) {
      const closing = Promise.allSettled([this.#worker.close(), this.#queue.close()]);
      await Promise.race([closing, readyLater(CLOSE_MS)]);
    }
    void this.#worker.close(true).catch(() => {});
    void this.#queue.close().catch(() => {});
    for (const it of this.#connections) it.disconnect();
  }
}

/** One job for one time of a contact. Short, since Redis keeps a job compact only while no field of it is longer than 64 bytes. */
function jobName(id: CallbackId, at: number): string {
  return `d${createHash('sha1').update(`${id} ${at}`).digest('base64url').slice(0, 16)}`;
}

function readyLater(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}

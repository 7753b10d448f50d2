import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { RoutingEvent } from '../routing.ts';
import { CursorTooOld } from '../routing.ts';
import { RoutingUnavailable } from '../unavailable.ts';
import type { Connect } from './connection.ts';
import { blocking, readyWithin } from './connection.ts';
import type { Told } from './decode.ts';
import { readStep, toldBody, toldReservation } from './decode.ts';
import type { Vocabulary } from './vocabulary.ts';

const BATCH = 200;
const BLOCK_MS = 3_000;

type Entry = readonly [id: string, fields: readonly string[]];

/**
 * A cursor is `epoch-number`, the number of a step, without a gap in one epoch; or `epoch-number.i`: after that step,
 * and after i of the events of the next one.
 */
function parts(cursor: string): readonly [epoch: number, number: number, within: number] {
  const [epoch = NaN, number = NaN, within = 0] = cursor.split(/[-.]/).map(Number);
  return [epoch, number, within];
}

function cursorOf(epoch: number, number: number, within: number): string {
  return `${epoch}-${number}${within === 0 ? '' : `.${within}`}`;
}

/** What routing decided, in order and without a gap, each reader with a connection and a cursor of its own. */
export class Outbox {
  readonly #connect: Connect;
  readonly #stream: string;
  readonly #vocabulary: Vocabulary;
  /** Readers whose cursor may not be of this Redis: just opened, or after an absence. */
  readonly #unchecked = new WeakSet<Redis>();

  constructor(connect: Connect, prefix: string, vocabulary: Vocabulary) {
    this.#connect = connect;
    this.#stream = `${prefix}out`;
    this.#vocabulary = vocabulary;
  }

  /** Goes on through absences of Redis; throws `CursorTooOld` as soon as an event between would be left out. */
  async *read(after: string | undefined, signal: AbortSignal): AsyncGenerator<RoutingEvent> {
    const over = () => signal.aborted;
    if (over()) return;
    const redis = this.#connect(blocking);
    // Its absence is seen by the read that fails.
    redis.on('error', () => {});
    this.#unchecked.add(redis);
    const stop = () => {
      redis.disconnect();
    };
    signal.addEventListener('abort', stop, { once: true });
    try {
      const [epoch, number, within] = parts(after ?? '');
      let last = after === undefined ? undefined : cursorOf(epoch, number, 0);
      let done = within;
      while (!over()) {
        for (const entry of await this.#next(redis, last)) {
          if (last !== undefined) assertNext(last, entry[0]);
          last = entry[0];
          for (const told of eventsOf(entry).slice(done)) {
            const event = await this.#patiently(told, redis, signal);
            if (event === undefined) return;
            yield event;
            if (over()) return;
          }
          done = 0;
        }
      }
    } finally {
      signal.removeEventListener('abort', stop);
      redis.disconnect();
    }
  }

  async #next(redis: Redis, last: string | undefined): Promise<readonly Entry[]> {
    try {
      if (!(await readyWithin(redis, 500))) return [];
      if (last !== undefined && this.#unchecked.delete(redis)) await this.#assertStillThere(redis, last);
      const reply = await redis.xread(
        'COUNT',
        BATCH,
        'BLOCK',
        BLOCK_MS,
        'STREAMS',
        this.#stream,
        last ?? '0-0',
      );
      // Whoever made a step hears of it in the same turn as we: they come first.
      await nextTurn();
      if (reply === null && last !== undefined) await this.#assertStillThere(redis, last);
      return reply?.[0]?.[1] ?? [];
    } catch (error) {
      if (error instanceof CursorTooOld) throw error;
      this.#unchecked.add(redis);
      return [];
    }
  }

  /** A stream that ends before our cursor lost its tail, or everything. */
  async #assertStillThere(redis: Redis, last: string): Promise<void> {
    const newest = (await redis.xrevrange(this.#stream, '+', '-', 'COUNT', 1))[0]?.[0];
    if (newest === undefined) return;
    const [epoch, number] = parts(newest);
    const [ourEpoch, ourNumber] = parts(last);
    if (epoch < ourEpoch || (epoch === ourEpoch && number < ourNumber)) {
      throw new CursorTooOld(`${last} is later than all that is kept`);
    }
  }

  /** Words that an event needs may have to be looked up, and Redis may be away just then. */
  async #patiently(told: Placed, redis: Redis, signal: AbortSignal): Promise<RoutingEvent | undefined> {
    const { cursor, at, type } = told;
    while (!signal.aborted) {
      try {
        return { cursor, at, type, ...(await this.#body(told)) } as RoutingEvent;
      } catch (error) {
        if (!(error instanceof RoutingUnavailable)) throw error;
        await readyWithin(redis, 500);
      }
    }
    return undefined;
  }

  async #body(told: Told): Promise<object> {
    if (!told.type.startsWith('reservation.')) return toldBody(told);
    return { reservation: await this.#vocabulary.reservation(toldReservation(told)) };
  }
}

/** One event at its place in the stream. */
interface Placed extends Told {
  readonly cursor: string;
  readonly at: number;
}

/** Of one step all events. */
function eventsOf([id, fields]: Entry): readonly Placed[] {
  const [epoch, number] = parts(id);
  const { at, told } = readStep(fields);
  return told.map((it, i) => ({
    ...it,
    cursor: i + 1 === told.length ? id : cursorOf(epoch, number - 1, i + 1),
    at,
  }));
}

function assertNext(last: string, id: string): void {
  const [epoch, number] = parts(last);
  const [nextEpoch, nextNumber] = parts(id);
  if (epoch !== nextEpoch || nextNumber !== number + 1) {
    throw new CursorTooOld(`events between ${last} and ${id} are no longer kept`);
  }
}

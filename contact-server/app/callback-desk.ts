import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Clock } from '../../server-kit/clock.ts';
import { ProblemError } from '../../server-kit/problem.ts';
import type { DecisionView } from '../../contracts/agent.ts';
import type { CallbackId } from '../../contracts/ids.ts';
import type { Callback, Fact, Order } from '../domain/callback.ts';
import { step } from '../domain/callback-machine.ts';
import type { CallbackRules } from '../domain/callback-rules.ts';
import type { Hints } from '../ports/hints.ts';
import type { Standing } from '../../routing/index.ts';
import { type CallbackRecord, type CallbackStore, justStored, type NewCallback } from '../ports/stores.ts';
import { isOutage } from './outage.ts';
import { Serial } from './serial.ts';
import type { Slots } from './slots.ts';

/** Carries out what the machine ordered. What follows at once is a fact; what goes wrong is left to the state's deadline. */
export interface OrderTaker {
  carryOut(record: CallbackRecord, order: Order): Promise<Done>;
  /** It is being stored, and goes into line meanwhile: nothing is offered of it before it is known to be stored. */
  entering(callback: Callback): void;
  /** It was not stored: it is taken out of line again. */
  notStored(callback: Callback): void;
  /** Routing has reserved an agent: the offer may be shown before the new state is stored. Resolves when it has had its turn. */
  offering(record: CallbackRecord): Promise<void>;
  /** The callback is in a new state, and it is stored. */
  moved(before: Callback, now: CallbackRecord): Promise<void>;
}

export interface Done {
  /** What follows at once. */
  readonly follow?: FollowUp;
  /** Where it stands in the line it has entered. */
  readonly standing?: Standing;
}

export interface FollowUp {
  readonly fact: Fact;
  readonly decision?: DecisionView;
}

/** What became of a request: a callback that is kept from now on, or why there is none. */
export type Accepted =
  | { readonly record: CallbackRecord; readonly standing?: Standing }
  | Exclude<Awaited<ReturnType<CallbackStore['insert']>>, 'inserted' | 'slot-full'>;

/** One fact taken: where it led from, where to, and what is to be done about it. */
interface Step {
  readonly before: Callback;
  readonly now: CallbackRecord;
  readonly orders: readonly Order[];
}

interface Parts {
  readonly store: CallbackStore;
  readonly slots: Pick<Slots, 'booking' | 'full'>;
  readonly rules: CallbackRules;
  readonly hints: Hints;
  readonly clock: Clock;
  readonly log: Logger;
}

const MAX_TRIES = 20;

/**
 * Keeps the open callbacks. Facts come in through `note`, the machine says what follows, the new state is stored
 * before any order is carried out; nobody else assigns a phase. Only a new one goes into line while it is stored: that
 * binds nobody, and the visitor waits for one way instead of two.
 */
export class CallbackDesk {
  readonly #parts: Parts;
  readonly #serial = new Serial();
  readonly #offered = new Map<CallbackId, CallbackRecord>();
  /** Writes whose answer was lost: whether they were made is seen when the callback is read next. */
  readonly #unsure = new Map<CallbackId, Step>();
  #taker: OrderTaker | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Who carries orders out; set once, when both are built. */
  use(taker: OrderTaker): void {
    this.#taker = taker;
  }

  /** The record that shows an offer, while it is being stored. */
  offered(id: CallbackId): CallbackRecord | undefined {
    return this.#offered.get(id);
  }

  /**
   * Tells a fact about a callback. Resolves when the new state is stored and its orders are carried out;
   * a late or repeated fact resolves at once with the record as it is. Throws `not-found`, and `slot-full` when it was
   * to be moved to a time at which no place is left: then nothing has changed.
   */
  note(id: CallbackId, fact: Fact, decision?: DecisionView): Promise<CallbackRecord> {
    return this.#serial.run(id, () => this.#note(id, fact, decision));
  }

  /**
   * Accepts a callback: it is stored in the state that the screening leads to, by one write, and what is ordered for
   * that state is carried out. What cannot be done then the reconciler makes up for: the answer stays yes. Throws
   * `slot-full` when the last place at its picked time is taken. `stored` hears of the yes before anything follows from it.
   */
  accept(fresh: NewCallback, screened: Fact, stored?: () => void): Promise<Accepted> {
    const { rules, slots, log } = this.#parts;
    const { callback } = fresh;
    const { next, orders } = step(callback, screened, rules);
    return this.#serial.run(callback.id, async () => {
      const booking = await slots.booking(next.wish);
      const inserted = await this.#insert({ ...fresh, callback: next, ...(booking && { booking }) }, orders);
      if (inserted === 'slot-full') throw await slots.full(next.wish);
      if (inserted !== 'inserted') return inserted;
      stored?.();
      const record = justStored(next);
      const { follow, standing } = await this.#after(callback, record, orders);
      const last =
        follow &&
        (await this.#follow(record, follow).catch((err: unknown) => {
          log.warn({ err, callbackId: callback.id }, 'accepted, and left to the reconciler');
          return undefined;
        }));
      return { record: last ?? record, ...(standing && { standing }) };
    });
  }

  async #insert(fresh: NewCallback, orders: readonly Order[]): ReturnType<CallbackStore['insert']> {
    const inserting = this.#parts.store.insert(fresh);
    if (!orders.some((it) => it.do === 'enter-line')) return inserting;
    inserting.catch(() => {});
    await nextTurn(); // it is on its way
    this.#taker?.entering(fresh.callback);
    let isStored = false;
    try {
      const inserted = await inserting;
      isStored = inserted === 'inserted';
      return inserted;
    } finally {
      if (!isStored) this.#taker?.notStored(fresh.callback);
    }
  }

  async #note(id: CallbackId, fact: Fact, decision?: DecisionView): Promise<CallbackRecord> {
    const record = await this.#parts.store.find(id);
    if (!record) throw new ProblemError('not-found');
    const known = fact.type === 'deadline-passed' ? record : await this.#madeUp(record);
    this.#unsure.delete(id);
    return this.#follow(known, { fact, ...(decision && { decision }) });
  }

  /** It stands where a write led whose answer was lost: what was ordered for that is done now, unless it is too late. */
  async #madeUp(record: CallbackRecord): Promise<CallbackRecord> {
    const unsure = this.#unsure.get(record.callback.id);
    if (!unsure || written(unsure.now) !== written(record)) return record;
    const { follow } = await this.#after(unsure.before, record, unsure.orders);
    return follow ? this.#follow(record, follow) : record;
  }

  /** One fact and what follows from it. `known`: the record as it was read or written last. */
  async #follow(known: CallbackRecord, first: FollowUp): Promise<CallbackRecord> {
    let record = known;
    for (let told: FollowUp | undefined = first; told;) {
      const { before, now, orders } = await this.#save(record, told);
      record = now;
      told = before === now.callback ? undefined : (await this.#after(before, now, orders)).follow;
    }
    return record;
  }

  /** One fact into one stored step, again as long as somebody else writes in between. */
  async #save(known: CallbackRecord, { fact, decision }: FollowUp): Promise<Step> {
    const { store, rules, slots, log } = this.#parts;
    const { id } = known.callback;
    let told = fact;
    let record: CallbackRecord | undefined = known;
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      if (!record) throw new ProblemError('not-found');
      const { next, orders } = step(record.callback, told, rules);
      if (next === record.callback) return { before: next, now: record, orders: [] };
      const now = { ...record, callback: next, version: record.version + 1, ...(decision && { decision }) };
      const taken = { before: record.callback, now, orders };
      const saved = await this.#stored(now, record, decision).catch((err: unknown) => {
        if (isOutage(err)) this.#unsure.set(id, taken);
        throw err;
      });
      if (saved === 'slot-full') throw await slots.full(next.wish);
      if (saved === 'saved') return taken;
      if (saved === 'agent-taken' && told.type === 'offer-accepted') {
        log.warn({ callbackId: id, agentId: told.claim.agentId }, 'agent was held by another callback');
        told = { type: 'agent-taken', at: told.at, claim: told.claim };
      }
      record = await store.find(id);
    }
    throw new Error(`callback ${id} changes too often`);
  }

  async #stored(
    now: CallbackRecord,
    before: CallbackRecord,
    decision: DecisionView | undefined,
  ): ReturnType<CallbackStore['save']> {
    const { store, slots } = this.#parts;
    const { id, phase, wish } = now.callback;
    if (phase.state !== 'reserved') {
      const isMoved = wish.wantedAt !== before.callback.wish.wantedAt;
      const booking = isMoved ? ((await slots.booking(wish)) ?? null) : undefined;
      return store.save(id, before.version, now.callback, decision, booking);
    }
    // Routing has decided already, and nothing can be done with the offer before this is stored: facts wait in line.
    this.#offered.set(id, now);
    try {
      await this.#taker?.offering(now);
      return await store.save(id, before.version, now.callback, decision);
    } finally {
      this.#offered.delete(id);
    }
  }

  async #after(before: Callback, now: CallbackRecord, orders: readonly Order[]): Promise<Done> {
    const { hints, log } = this.#parts;
    const { id, phase } = now.callback;
    if (before.phase.state !== phase.state) {
      log.info({ callbackId: id, from: before.phase.state, to: phase.state }, 'callback moved');
    }
    let done: Done = {};
    const taker = this.#taker;
    for (const order of orders) {
      try {
        done = { ...done, ...(await taker?.carryOut(now, order)) };
      } catch (err) {
        // The state has a deadline and an owner: the watchdog comes back to what did not work.
        if (isOutage(err)) log.warn({ callbackId: id, order: order.do, reason: 'outage' }, 'order waits');
        else log.error({ err, callbackId: id, order: order.do }, 'order not carried out');
      }
    }
    await taker?.moved(before, now).catch((err: unknown) => {
      if (isOutage(err)) log.warn({ callbackId: id, reason: 'outage' }, 'could not tell of the move');
      else log.error({ err, callbackId: id }, 'could not tell of the move');
    });
    hints.give({ about: 'callback', id });
    hints.give({ about: 'board' });
    return done;
  }

  idle(): Promise<void> {
    return this.#serial.idle();
  }
}

function written({ version, callback }: CallbackRecord): string {
  return JSON.stringify([version, callback]);
}

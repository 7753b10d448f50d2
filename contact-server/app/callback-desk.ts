import type { Logger } from 'pino';
import type { Clock } from '../../server-kit/clock.ts';
import { ProblemError } from '../../server-kit/problem.ts';
import type { DecisionView } from '../../contracts/agent.ts';
import type { CallbackId } from '../../contracts/ids.ts';
import type { Callback, Fact, Order } from '../domain/callback.ts';
import { step } from '../domain/callback-machine.ts';
import type { CallbackRules } from '../domain/callback-rules.ts';
import type { Hints } from '../ports/hints.ts';
import type { CallbackRecord, CallbackStore } from '../ports/stores.ts';
import { isOutage } from './outage.ts';
import { Serial } from './serial.ts';

/** Carries out what the machine ordered. What follows at once is a fact; what goes wrong is left to the state's deadline. */
export interface OrderTaker {
  carryOut(record: CallbackRecord, order: Order): Promise<FollowUp | undefined>;
  /** The callback is in a new state, and it is stored. */
  moved(before: Callback, now: CallbackRecord): Promise<void>;
}

export interface FollowUp {
  readonly fact: Fact;
  readonly decision?: DecisionView;
}

interface Parts {
  readonly store: CallbackStore;
  readonly rules: CallbackRules;
  readonly hints: Hints;
  readonly clock: Clock;
  readonly log: Logger;
}

const MAX_TRIES = 20;

/**
 * Keeps the open callbacks. Facts come in through `note`, the machine says what follows, the new state is stored
 * before any order is carried out; nobody else assigns a phase.
 */
export class CallbackDesk {
  readonly #parts: Parts;
  readonly #serial = new Serial();
  #taker: OrderTaker | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Who carries orders out; set once, when both are built. */
  use(taker: OrderTaker): void {
    this.#taker = taker;
  }

  /**
   * Tells a fact about a callback. Resolves when the new state is stored and its orders are carried out;
   * a late or repeated fact resolves at once with the record as it is. Throws `not-found`.
   */
  note(id: CallbackId, fact: Fact, decision?: DecisionView): Promise<CallbackRecord> {
    return this.#serial.run(id, () => this.#note(id, fact, decision));
  }

  async #note(id: CallbackId, first: Fact, decision?: DecisionView): Promise<CallbackRecord> {
    const waiting: FollowUp[] = [{ fact: first, ...(decision && { decision }) }];
    let record: CallbackRecord | undefined;
    for (let told = waiting.shift(); told; told = waiting.shift()) {
      const { before, now, orders } = await this.#save(id, told);
      record = now;
      if (before === now.callback) continue;
      waiting.push(...(await this.#after(before, now, orders)));
    }
    if (!record) throw new ProblemError('not-found');
    return record;
  }

  /** One fact into one stored step, again as long as somebody else writes in between. */
  async #save(
    id: CallbackId,
    { fact, decision }: FollowUp,
  ): Promise<{ before: Callback; now: CallbackRecord; orders: readonly Order[] }> {
    const { store, rules, log } = this.#parts;
    let told = fact;
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const record = await store.find(id);
      if (!record) throw new ProblemError('not-found');
      const { next, orders } = step(record.callback, told, rules);
      if (next === record.callback) return { before: next, now: record, orders: [] };
      const saved = await store.save(id, record.version, next, decision);
      if (saved === 'saved') {
        const now = { ...record, callback: next, version: record.version + 1, ...(decision && { decision }) };
        return { before: record.callback, now, orders };
      }
      if (saved === 'agent-taken' && told.type === 'offer-accepted') {
        log.warn({ callbackId: id, agentId: told.claim.agentId }, 'agent was held by another callback');
        told = { type: 'agent-taken', at: told.at, claim: told.claim };
      }
    }
    throw new Error(`callback ${id} changes too often`);
  }

  async #after(
    before: Callback,
    now: CallbackRecord,
    orders: readonly Order[],
  ): Promise<readonly FollowUp[]> {
    const { hints, log } = this.#parts;
    const { id, phase } = now.callback;
    if (before.phase.state !== phase.state) {
      log.info({ callbackId: id, from: before.phase.state, to: phase.state }, 'callback moved');
    }
    const follow: FollowUp[] = [];
    const taker = this.#taker;
    for (const order of orders) {
      try {
        const more = await taker?.carryOut(now, order);
        if (more) follow.push(more);
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
    return follow;
  }

  idle(): Promise<void> {
    return this.#serial.idle();
  }
}

import type { Logger } from 'pino';
import type { Routing } from '../../routing/index.ts';
import type { Clock } from '../../server-kit/clock.ts';
import { claimOf } from '../domain/callback.ts';
import type { AccountStore } from '../ports/accounts.ts';
import type { Phones } from '../ports/phones.ts';
import type { AuditStore, CallbackRecord, CallbackStore, CallStore } from '../ports/stores.ts';
import type { Telephony } from '../ports/telephony.ts';
import type { CallDesk } from './call-desk.ts';
import type { CallbackDesk } from './callback-desk.ts';
import { contactOf, followReservation } from './order-taker.ts';

interface Parts {
  readonly callbacks: CallbackDesk;
  readonly calls: CallDesk;
  readonly callStore: CallStore;
  readonly store: CallbackStore;
  readonly routing: Routing;
  readonly telephony: Telephony;
  readonly accounts: AccountStore;
  readonly phones: Phones;
  readonly audit: AuditStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** Between two looks at the deadlines. */
  readonly everyMs: number;
  /** Between two comparisons of what waits here and in routing. */
  readonly reconcileMs: number;
}

/**
 * Nothing stays past its deadline: looks for states that did, tells the machine, and says in the audit what it did.
 * It also compares what MongoDB says should wait with what routing holds, so that a line lost with Redis is filled again.
 */
export class Watchdog {
  readonly #parts: Parts;
  #stopped = false;
  #cancel: (() => void)[] = [];
  #reconciling: Promise<void> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** At start, before visitors and agents are let in: calls adopted or ended, lines filled. */
  async recover(): Promise<void> {
    await this.#adoptCalls();
    await this.reconcile();
  }

  start(): void {
    const { everyMs, reconcileMs, log } = this.#parts;
    this.#every(everyMs, () => this.#deadlines());
    this.#every(reconcileMs, () => this.reconcile());
    this.#cancel.push(
      this.#parts.telephony.onStatus(() => {
        if (this.#parts.telephony.status().up) {
          this.reconcile().catch((err: unknown) => log.warn({ err }, 'could not reconcile'));
        }
      }),
    );
  }

  stop(): void {
    this.#stopped = true;
    for (const cancel of this.#cancel) cancel();
  }

  /** One comparison at a time; asked for while one runs, the running one is the answer. */
  reconcile(): Promise<void> {
    this.#reconciling ??= this.#reconcile().finally(() => (this.#reconciling = undefined));
    return this.#reconciling;
  }

  #every(ms: number, work: () => Promise<void>): void {
    const { clock, log } = this.#parts;
    const again = (): void => {
      if (this.#stopped) return;
      const cancel = clock.after(ms, () => {
        this.#cancel = this.#cancel.filter((it) => it !== cancel);
        work()
          .catch((err: unknown) => log.warn({ err }, 'watchdog round failed'))
          .finally(again);
      });
      this.#cancel.push(cancel);
    };
    again();
  }

  async #deadlines(): Promise<void> {
    const { store, callbacks, audit, clock, log } = this.#parts;
    for (const id of await store.overdue(clock.now(), 100)) {
      const at = clock.now();
      const before = await store.find(id);
      const now = await callbacks.note(id, { type: 'deadline-passed', at });
      const from = before?.callback.phase.state ?? 'unknown';
      const to = now.callback.phase.state;
      log.warn({ callbackId: id, from, to }, 'state past its deadline');
      await audit.add({
        at,
        who: 'watchdog',
        what: 'deadline',
        about: id,
        detail: `${from} was overdue, now ${to}`,
      });
    }
  }

  async #adoptCalls(): Promise<void> {
    const { callStore, calls, audit, clock } = this.#parts;
    for (const call of await callStore.live()) {
      const alive = await calls.adopt(call);
      const detail = alive ? 'call goes on after a restart' : 'call ended: its phones no longer held it';
      await audit.add({ at: clock.now(), who: 'watchdog', what: 'repaired', about: call.callbackId, detail });
    }
  }

  async #reconcile(): Promise<void> {
    const { store, routing, telephony, clock, accounts, phones } = this.#parts;
    if (!telephony.status().up) return;
    const open = await store.open();
    const snapshot = await routing.snapshot();
    const waiting = new Set(snapshot.waiting.map((it) => it.contact.id));
    const pending = new Map(snapshot.reservations.map((it) => [it.contactId, it]));
    const scheduled = new Set(snapshot.scheduled.map((it) => it.contactId));

    for (const record of open) {
      const { callback } = record;
      const { id, phase } = callback;
      const reservation = pending.get(id);
      if (phase.state === 'queued') {
        if (reservation?.state === 'pending') await this.#follow(record, reservation);
        else if (!waiting.has(id)) {
          const placed = await routing.enter(contactOf(callback));
          if (placed.state === 'reserved') await this.#follow(record, placed.reservation);
        }
      } else if (phase.state === 'scheduled' && !scheduled.has(id)) {
        await routing.schedule(id, phase.at, callback.wish.service);
      }
    }

    // Agents whom routing holds for a contact that no longer holds them are let go.
    const held = new Map(open.map((it) => [claimOf(it.callback)?.reservationId, it.callback]));
    for (const reservation of snapshot.reservations) {
      const live = reservation.state === 'accepted' || reservation.state === 'wrapping';
      if (live && !held.has(reservation.id) && clock.now() - reservation.createdAt > 30_000) {
        await this.#freed(reservation.id, reservation.agentId);
      }
    }
    for (const account of await accounts.all()) {
      if (account.extension === undefined || account.robot) continue;
      const status = snapshot.agents.find((it) => it.agentId === account.id);
      if (status?.state === 'ready' && !phones.isRegistered(account.extension)) {
        await routing.setAgentState(account.id, { state: 'not-ready', reason: 'phone not connected' });
      }
    }
  }

  async #follow(record: CallbackRecord, reservation: Parameters<typeof followReservation>[0]): Promise<void> {
    const { fact, decision } = followReservation(reservation);
    await this.#parts.callbacks.note(record.callback.id, fact, decision);
  }

  async #freed(reservationId: Parameters<Routing['complete']>[0], agentId: string): Promise<void> {
    const { routing, audit, clock } = this.#parts;
    await routing.complete(reservationId, { state: 'not-ready', reason: 'repaired' });
    const detail = `${agentId} was held for a contact that is over`;
    await audit.add({ at: clock.now(), who: 'watchdog', what: 'repaired', about: agentId, detail });
  }
}

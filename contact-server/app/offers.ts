import type { Logger } from 'pino';
import type { CallbackId, CallId, ReservationId } from '../../contracts/ids.ts';
import type { Reservation, Routing } from '../../routing/index.ts';
import { ProblemError } from '../../server-kit/problem.ts';
import type { Clock } from '../../server-kit/clock.ts';
import { type Callback, callOf, type Fact } from '../domain/callback.ts';
import type { AccountStore } from '../ports/accounts.ts';
import type { CompanyRules } from '../ports/company.ts';
import type { CallbackStore } from '../ports/stores.ts';
import type { AgentDesk } from './agent-desk.ts';
import type { CallDesk } from './call-desk.ts';
import { newCallId } from './order-taker.ts';
import { isOutage } from './outage.ts';

interface Parts {
  readonly routing: Routing;
  readonly desk: AgentDesk;
  readonly calls: CallDesk;
  readonly store: CallbackStore;
  readonly accounts: AccountStore;
  readonly company: CompanyRules;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Ringing {
  readonly reservation: Reservation;
  readonly callId: CallId;
}

/**
 * What happens to an offer besides showing it: it is accepted at once where the queue or the agent wants that, or it
 * rings the agent's phone, and lifting the phone is the acceptance.
 */
export class Offers {
  readonly #parts: Parts;
  readonly #ringing = new Map<CallId, Ringing>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The call that an acceptance goes with: the one that rings the agent's phone for this offer already, or a new one. */
  callFor(reservationId: ReservationId): CallId {
    const ringing = [...this.#ringing.values()].find((it) => it.reservation.id === reservationId);
    return ringing?.callId ?? newCallId();
  }

  async made(reservation: Reservation): Promise<void> {
    const { accounts, company, store } = this.#parts;
    const account = await accounts.byId(reservation.agentId);
    const record = await store.find(reservation.contactId);
    if (!account || record?.callback.phase.state !== 'reserved') return;
    const service = company.services.get(record.callback.wish.service);
    if (service?.autoAccept === true || account.preferences.accept === 'auto') {
      await this.#accept(reservation, newCallId());
    } else if (account.preferences.accept === 'phone' && account.extension !== undefined) {
      await this.#ring(
        reservation,
        account.extension,
        service?.name ?? company.name,
        service?.callerIds[0] ?? '',
      );
    }
  }

  /**
   * Facts about a phone that rings for an offer are not yet facts about a callback's call: true when this was one
   * and has been dealt with.
   */
  async heard(id: CallbackId, fact: Fact): Promise<boolean> {
    const callId = 'callId' in fact ? fact.callId : undefined;
    const ringing = callId === undefined ? undefined : this.#ringing.get(callId);
    if (!ringing || callId === undefined) return false;
    const record = await this.#parts.store.find(id);
    if (record && callOf(record.callback) === callId) {
      // Accepted on the screen while the phone rang: it is the callback's own call now.
      this.#ringing.delete(callId);
      return false;
    }
    switch (fact.type) {
      case 'agent-answered':
        await this.#accept(ringing.reservation, callId);
        this.#ringing.delete(callId);
        return true;
      case 'agent-failed': {
        // Declined on the phone is declined; a phone that nobody lifts lets the offer lapse.
        const { routing } = this.#parts;
        const { id: reservationId, agentId } = ringing.reservation;
        if (/^(rejected|busy)/.test(fact.detail)) await routing.reject(reservationId, agentId);
        this.#ringing.delete(callId);
        this.#parts.log.info({ callbackId: id, detail: fact.detail }, 'phone did not take the offer');
        return true;
      }
      default:
        this.#ringing.delete(callId);
        return true;
    }
  }

  /** The callback moved on: phones that ring for an offer of it that is gone are silenced. */
  moved(callback: Callback): void {
    const { phase } = callback;
    for (const [callId, { reservation }] of this.#ringing) {
      if (reservation.contactId !== callback.id) continue;
      if (phase.state === 'reserved' && phase.claim.reservationId === reservation.id) continue;
      if ('callId' in phase && phase.callId === callId) continue;
      this.#ringing.delete(callId);
      this.#parts.calls.hangUp(callId, 'offer gone');
    }
  }

  async #accept(reservation: Reservation, callId: CallId): Promise<void> {
    const { routing, desk, calls, log } = this.#parts;
    try {
      await desk.taken(await routing.accept(reservation.id, reservation.agentId), callId);
    } catch (err) {
      // Away: whoever asked comes again, and the phone is held that long.
      if (!(err instanceof ProblemError) || isOutage(err)) throw err;
      log.info({ callbackId: reservation.contactId }, 'offer was gone before it was accepted');
      calls.hangUp(callId, 'offer gone');
    }
  }

  async #ring(reservation: Reservation, extension: string, display: string, callerId: string): Promise<void> {
    const { store, calls, clock } = this.#parts;
    const callId = newCallId();
    if (!(await store.recordAgentDial(reservation.contactId, callId, reservation.fence))) return;
    this.#ringing.set(callId, { reservation, callId });
    const ringMs = Math.max(1_000, reservation.deadline - clock.now());
    const { agentId, contactId } = reservation;
    await calls.ringAgent(callId, contactId, { agentId, extension, display, ringMs }, callerId);
  }
}

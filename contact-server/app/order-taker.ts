import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { CallbackId, CallId } from '../../contracts/ids.ts';
import type { AgentWish, Contact, Reservation, Routing } from '../../routing/index.ts';
import type { Clock } from '../../server-kit/clock.ts';
import { type Callback, type Claim, claimOf, type Fact, type Order } from '../domain/callback.ts';
import type { CallbackRules } from '../domain/callback-rules.ts';
import type { AccountStore } from '../ports/accounts.ts';
import type { CompanyRules } from '../ports/company.ts';
import type { AgentStreams, Hints } from '../ports/hints.ts';
import type { Phones } from '../ports/phones.ts';
import type { CallbackRecord, CallbackStore } from '../ports/stores.ts';
import type { Telephony } from '../ports/telephony.ts';
import type { Admission } from './admission.ts';
import type { AgentDuty } from './agent-duty.ts';
import type { CallDesk } from './call-desk.ts';
import type { Done, FollowUp, OrderTaker } from './callback-desk.ts';
import type { CallTimes } from './call-times.ts';
import type { DialGate, GateAnswer } from './dial-gate.ts';
import type { Owed } from './owed.ts';
import type { SessionDesk } from './session-desk.ts';

interface Parts {
  readonly store: CallbackStore;
  readonly routing: Routing;
  readonly calls: CallDesk;
  readonly gate: DialGate;
  readonly times: CallTimes;
  readonly admission: Admission;
  readonly accounts: AccountStore;
  readonly phones: Phones;
  readonly telephony: Telephony;
  readonly sessions: SessionDesk;
  readonly company: CompanyRules;
  readonly streams: AgentStreams;
  readonly hints: Hints;
  readonly rules: CallbackRules;
  readonly clock: Clock;
  readonly log: Logger;
  /** Hears of every move, after it is stored. */
  readonly owed: Owed;
  readonly duty: AgentDuty;
  readonly onMoved: (callback: Callback) => void;
}

/** Turns the machine's orders into words to routing, telephony and sessions. */
export class Orders implements OrderTaker {
  readonly #parts: Parts;
  /** Those that go into line while they are stored. */
  readonly #placing = new Map<CallbackId, ReturnType<Routing['enter']>>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async carryOut(record: CallbackRecord, order: Order): Promise<Done> {
    const { routing, calls, admission } = this.#parts;
    const { id } = record.callback;
    switch (order.do) {
      case 'screen':
        return { follow: { fact: await admission.screen(record.callback) } };
      case 'enter-line':
        return this.#enterLine(record.callback);
      case 'leave-line':
        await routing.leave(id);
        return {};
      case 'schedule':
        return this.#schedule(record.callback, order.at);
      case 'unschedule':
        await routing.unschedule(id);
        return {};
      case 'ring-agent':
        return followedBy(await this.#ringAgent(record, order.callId, order.claim));
      case 'dial-customer':
        return followedBy(await this.#dialCustomer(record, order.callId, order.claim));
      case 'hang-up':
        calls.hangUp(order.callId, order.cause);
        return {};
      case 'wrap-up-agent':
        await routing.wrapUp(order.claim.reservationId);
        return {};
      case 'release-agent':
        await this.#release(order);
        return {};
    }
  }

  entering(callback: Callback): void {
    const { routing, telephony } = this.#parts;
    if (!telephony.status().up) return;
    const placing = routing.enter(contactOf(callback));
    placing.catch(() => {});
    this.#placing.set(callback.id, placing);
  }

  notStored({ id }: Callback): void {
    const placing = this.#placing.get(id);
    this.#placing.delete(id);
    // Whoever is left in line all the same is found there by the next comparison.
    placing?.then(() => this.#parts.routing.leave(id)).catch(() => {});
  }

  async offering({ callback }: CallbackRecord): Promise<void> {
    const claim = claimOf(callback);
    if (!claim) return;
    const ids = { callbackId: callback.id, reservationId: claim.reservationId };
    const { streams } = this.#parts;
    streams.foretell(claim.agentId, 'offer.made', ids);
    await nextTurn();
    // Lost, it is made again when routing's event is read.
    streams.add(claim.agentId, 'offer.made', ids).catch(() => {});
  }

  async moved(before: Callback, now: CallbackRecord): Promise<void> {
    const { sessions, streams, hints, accounts, onMoved } = this.#parts;
    onMoved(now.callback);
    const agentId = claimOf(now.callback)?.agentId ?? claimOf(before)?.agentId;
    // An offer joins nobody to the session yet.
    const isOffered = now.callback.phase.state === 'reserved';
    const agent = agentId === undefined || isOffered ? undefined : await accounts.byId(agentId);
    await sessions.callbackMoved(before, now.callback, agent);
    for (const who of new Set([claimOf(before)?.agentId, claimOf(now.callback)?.agentId])) {
      if (who === undefined) continue;
      // An offer is told by an entry of its own.
      if (!isOffered || claimOf(now.callback)?.agentId !== who) {
        const notRung = whyNotRung(before, now.callback);
        const name = notRung ? 'contact.closed' : 'contact.changed';
        await streams.add(who, name, { callbackId: now.callback.id, ...notRung });
      }
      hints.give({ about: 'agent', id: who });
    }
  }

  async #release({ claim, next, reason }: Extract<Order, { do: 'release-agent' }>): Promise<void> {
    const { owed, duty, routing } = this.#parts;
    const wish: AgentWish | undefined =
      next === 'not-ready'
        ? { state: 'not-ready', reason: reason ?? 'paperwork' }
        : next === 'ready'
          ? { state: 'ready' }
          : undefined;
    await owed.complete(routing, claim.reservationId, wish ?? { state: 'as-wished' });
    await duty.letGo(claim.agentId, wish);
  }

  async #enterLine(callback: Callback): Promise<Done> {
    const { routing, telephony } = this.#parts;
    const placing = this.#placing.get(callback.id);
    this.#placing.delete(callback.id);
    // With no telephone system an offer would only waste an agent's time: the contact keeps waiting, and the
    // watchdog enters it as soon as there is one again.
    if (!placing && !telephony.status().up) return {};
    const placed = await (placing ?? routing.enter(contactOf(callback)));
    switch (placed.state) {
      case 'reserved':
        return { follow: followReservation(placed.reservation) };
      case 'queued':
        return { standing: placed.standing };
      case 'over':
        return {};
    }
  }

  /** At that time; or, where nobody is here then or it may not be rung, it is told at once when it can be called instead. */
  async #schedule(callback: Callback, at: number): Promise<Done> {
    const { routing, times } = this.#parts;
    const postponed = await times.postponed(callback);
    if (postponed) return { follow: { fact: postponed } };
    await routing.schedule(callback.id, at, callback.wish.service, callback.startedAt);
    return {};
  }

  async #ringAgent(record: CallbackRecord, callId: CallId, claim: Claim): Promise<FollowUp | undefined> {
    const { store, calls, accounts, phones, rules, clock, company, gate } = this.#parts;
    const { callback } = record;
    const refused = await gate.foresees(callback);
    if (refused) return this.#refused(callId, refused);
    const failed = (detail: string): { fact: Extract<Fact, { type: 'agent-failed' }> } => ({
      fact: { type: 'agent-failed', at: clock.now(), callId, detail },
    });
    const account = await accounts.byId(claim.agentId);
    const extension = account?.extension;
    if (extension === undefined) return failed('no extension');
    if (!phones.isRegistered(extension)) return failed('phone not registered');
    // Somebody else has rung for this claim, or it is no longer the present one: that dial stands, ours does not.
    if (!(await store.recordAgentDial(callback.id, callId, claim.fence))) {
      const call = await calls.find(callId);
      // It rang with the offer before a restart, and nothing is left of that: the next offer may ring it again.
      if (!call) return { fact: { ...failed('rang for this offer before').fact, ours: true } };
      // The phone was rung with the offer, and lifting it was the acceptance.
      return call.agent === 'connected'
        ? { fact: { type: 'agent-answered', at: clock.now(), callId } }
        : undefined;
    }
    const service = company.services.get(callback.wish.service);
    await calls.ringAgent(
      callId,
      callback.id,
      {
        agentId: claim.agentId,
        extension,
        display: service?.name ?? company.name,
        ringMs: rules.agentRingMs,
      },
      service?.callerIds[0] ?? '',
    );
    return undefined;
  }

  async #dialCustomer(record: CallbackRecord, callId: CallId, claim: Claim): Promise<FollowUp | undefined> {
    const { gate, calls, rules } = this.#parts;
    const answer = await gate.ask(record.callback, callId, claim).catch((err: unknown) => {
      // Whether the attempt is recorded is not known, so nothing may ring; the agent is not left in silence.
      calls.hangUp(callId, 'could not be dialled');
      throw err;
    });
    switch (answer.verdict) {
      case 'dial':
        calls.dialCustomer(callId, {
          number: record.callback.wish.phone,
          callerId: answer.callerId,
          trunkId: answer.trunkId,
          ringMs: rules.customerRingMs,
          maxTalkMs: rules.maxTalkMs,
        });
        return undefined;
      case 'refused':
        return this.#refused(callId, answer);
      case 'stale':
        return undefined;
    }
  }

  #refused(callId: CallId, refused: Extract<GateAnswer, { verdict: 'refused' }>): FollowUp {
    const { verdict: _, ...why } = refused;
    return { fact: { type: 'dial-refused', at: this.#parts.clock.now(), callId, ...why } };
  }
}

/** The dial was refused: the agent, who has done nothing for it to leave the desk, is told why it does. */
function whyNotRung(
  before: Callback,
  { phase }: Callback,
): { readonly why: string; readonly callableFrom?: number } | undefined {
  if (before.phase.state !== 'dialing-agent' && before.phase.state !== 'dialing-customer') return undefined;
  if (phase.state === 'refused') return { why: phase.reason };
  if (phase.state !== 'scheduled' || phase.why !== 'hours') return undefined;
  return { why: 'This number may not be called at this hour.', callableFrom: phase.at };
}

function followedBy(follow: FollowUp | undefined): Done {
  return follow ? { follow } : {};
}

/** The fact that routing holds an agent, with why it chose this one. */
export function followReservation(reservation: Reservation): FollowUp {
  return {
    fact: {
      type: 'agent-reserved',
      at: reservation.createdAt,
      entry: reservation.entry,
      claim: claimFrom(reservation),
    },
    decision: reservation.decision,
  };
}

export function claimFrom(reservation: Reservation): Claim {
  const { id, agentId, fence, epoch, deadline } = reservation;
  return { reservationId: id, agentId, fence, epoch, deadline };
}

/** What routing needs to know of a callback. */
export function contactOf(callback: Callback): Contact {
  const { id, wish, terms, entry, startedAt } = callback;
  return {
    id,
    service: wish.service,
    requirement: { must: terms?.must ?? [], prefer: terms?.prefer ?? [] },
    priority: terms?.priority ?? 0,
    startedAt,
    entry,
    ...(terms?.preferredAgent && { preferred: { agentId: terms.preferredAgent, until: startedAt + 60_000 } }),
  };
}

export function newCallId(): CallId {
  return randomUUID() as CallId;
}

import type { CallbackId, ReservationId } from '../../contracts/ids.ts';
import type { Contact, Reservation, Routing, RoutingSnapshot } from '../../routing/index.ts';
import { isOfFormerEpoch } from '../../routing/index.ts';
import type { Clock } from '../../server-kit/clock.ts';
import type { Call } from '../domain/call.ts';
import { type Callback, callOf, claimOf, isOver } from '../domain/callback.ts';
import type { AuditStore, CallbackRecord, CallbackStore, CallStore, CursorStore } from '../ports/stores.ts';
import type { Telephony } from '../ports/telephony.ts';
import type { AgentDuty } from './agent-duty.ts';
import type { CallDesk } from './call-desk.ts';
import type { CallbackDesk } from './callback-desk.ts';
import { claimFrom, contactOf, followReservation, newCallId } from './order-taker.ts';
import type { ConsentCopies } from './consent-copies.ts';
import type { Owed } from './owed.ts';
import { CURSOR } from './routing-pump.ts';
import type { TermsRenewal } from './terms-renewal.ts';

interface Parts {
  readonly callbacks: CallbackDesk;
  readonly calls: CallDesk;
  readonly callStore: CallStore;
  readonly store: CallbackStore;
  readonly routing: Routing;
  readonly telephony: Telephony;
  readonly duty: AgentDuty;
  readonly owed: Owed;
  readonly consentCopies: ConsentCopies;
  readonly terms: TermsRenewal;
  readonly cursors: CursorStore;
  readonly audit: AuditStore;
  readonly clock: Clock;
}

/** After Redis was lost all that was booked for later is to be scheduled anew. */
const AT_ONCE = 100;
/** What goes into line is stored by then, or never. */
const STORED_WITHIN_MS = 5_000;
const GONE = 'gone';

/**
 * Compares what MongoDB says should be with what routing and the telephones hold, and mends the difference: a line
 * lost with Redis is filled again, whoever is held for nothing is let go. Every repair is told to the machine or to
 * routing by the same words as everything else, so that a comparison too many changes nothing.
 */
export class Reconciler {
  readonly #parts: Parts;
  #running: Promise<void> | undefined;
  #again = false;
  #begun = false;
  /** Accepted reservations that nobody held at the last look: held by nobody twice, they are let go. */
  #orphans: ReadonlySet<ReservationId> = new Set();
  /** In line and not stored, and since when that was seen. */
  #unknown: ReadonlyMap<CallbackId, number> = new Map();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** One comparison at a time; asked for while one runs, another follows, since the running one may have looked already. */
  run(): Promise<void> {
    if (this.#running) this.#again = true;
    this.#running ??= this.#rounds().finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #rounds(): Promise<void> {
    do await this.#compare();
    while (this.#isAskedAgain());
  }

  #isAskedAgain(): boolean {
    const asked = this.#again;
    this.#again = false;
    return asked;
  }

  async #compare(): Promise<void> {
    const { store, routing, duty, owed, consentCopies, terms } = this.#parts;
    await owed.settle(routing);
    // In this order: whoever entered in between stands in the snapshot and is looked at once more below.
    const open = await terms.renewed(await store.open());
    const snapshot = await this.#snapshot();
    // Before anybody goes into line, who would be offered to them.
    await duty.bind(open, snapshot);
    await this.#callbacks(open, snapshot);
    await terms.file(open, snapshot);
    await this.#contacts(open, snapshot);
    await this.#reservations(open, snapshot);
    await this.#calls(open);
    for (const repair of await duty.mend(open, snapshot)) await this.#told(repair);
    await consentCopies.makeUp();
  }

  /** At the start routing may remember an older state: that of before another version had its turn. */
  async #snapshot(): Promise<RoutingSnapshot> {
    const { routing, duty, cursors } = this.#parts;
    const snapshot = await routing.snapshot();
    if (this.#begun) return snapshot;
    const worked = await cursors.read(CURSOR);
    const outdated = worked !== undefined && isOfFormerEpoch(snapshot.cursor, worked);
    if (outdated) {
      await routing.renew();
      await duty.distrust(snapshot);
      await this.#told('routing remembered an older state: everything is compared');
    }
    this.#begun = true;
    return outdated ? routing.snapshot() : snapshot;
  }

  /** Every open callback stands in routing where it should. */
  async #callbacks(open: readonly CallbackRecord[], snapshot: RoutingSnapshot): Promise<void> {
    const { callbacks, clock, routing, telephony } = this.#parts;
    const waiting = new Map(snapshot.waiting.map(({ contact }) => [contact.id, contact.entry]));
    const held = new Map(snapshot.reservations.map((it) => [it.contactId, it]));
    const due = new Map(snapshot.scheduled.map((it) => [it.contactId, it.at]));
    const missing: Contact[] = [];
    const unscheduled: (() => Promise<void>)[] = [];
    for (const { callback } of open) {
      const { id, phase } = callback;
      // What is of an earlier entry is as good as lost: entering anew puts it right.
      const found = held.get(id);
      const reservation = found !== undefined && found.entry >= callback.entry ? found : undefined;
      if (phase.state === 'queued' || phase.state === 'reserved') {
        let now = callback;
        if (reservation) await this.#follow(callback, reservation);
        else if (phase.state === 'reserved') {
          const { reservationId } = phase.claim;
          const ended = { type: 'offer-ended', at: clock.now(), reservationId, why: 'timeout' } as const;
          ({ callback: now } = await callbacks.note(id, ended));
        }
        // Together with all others: whoever was offered when the line was lost stands at their place before an agent comes.
        const isMissing = now.phase.state === 'queued' && !reservation && (waiting.get(id) ?? 0) < now.entry;
        if (isMissing && telephony.status().up) missing.push(contactOf(now));
      } else if (phase.state === 'scheduled' && due.get(id) !== phase.at) {
        const { service } = callback.wish;
        unscheduled.push(() => routing.schedule(id, phase.at, service, callback.startedAt));
      }
    }
    for (let i = 0; i < unscheduled.length; i += AT_ONCE) {
      await Promise.all(unscheduled.slice(i, i + AT_ONCE).map((schedule) => schedule()));
    }
    // Whom one of them is reserved for is told like everybody else: by an event.
    const over = new Set(await routing.rebuild(missing, []));
    for (const { id, entry } of missing) {
      // Taken out by somebody who could not know that it waits: it goes into line anew.
      if (over.has(id)) await callbacks.note(id, { type: 'out-of-line', at: clock.now(), entry });
    }
  }

  async #follow(callback: Callback, reservation: Reservation): Promise<void> {
    const { callbacks, clock } = this.#parts;
    if (claimOf(callback)?.reservationId === reservation.id && reservation.state === 'pending') return;
    if (reservation.state === 'pending') {
      const { fact, decision } = followReservation(reservation);
      await callbacks.note(callback.id, fact, decision);
    } else if (reservation.state === 'accepted' && reservation.entry === callback.entry) {
      // Accepted, and whoever accepted it died before the callback was told.
      const claim = claimFrom(reservation);
      await callbacks.note(
        callback.id,
        { type: 'offer-accepted', at: clock.now(), claim, callId: newCallId() },
        reservation.decision,
      );
    }
  }

  /** Nothing waits, is offered or becomes due there that does not want to any more. */
  async #contacts(open: readonly CallbackRecord[], snapshot: RoutingSnapshot): Promise<void> {
    const { routing, clock } = this.#parts;
    const states = new Map<CallbackId, string>(open.map((it) => [it.callback.id, it.callback.phase.state]));
    const wants = async (id: CallbackId, ...those: readonly string[]): Promise<boolean> =>
      those.includes(states.get(id) ?? '') || those.includes(await this.#stateNow(id));
    const offered = snapshot.reservations.filter((it) => it.state === 'pending').map((it) => it.contactId);
    const unknown = new Map<CallbackId, number>();
    for (const id of [...snapshot.waiting.map((it) => it.contact.id), ...offered]) {
      if (await wants(id, 'queued', 'reserved', 'requested', 'screened')) continue;
      // One that is not stored may be on its way to the store.
      const since = this.#unknown.get(id) ?? clock.now();
      if ((await this.#stateNow(id)) === GONE && clock.now() - since < STORED_WITHIN_MS)
        unknown.set(id, since);
      else await routing.leave(id);
    }
    this.#unknown = unknown;
    for (const { contactId } of snapshot.scheduled) {
      if (!(await wants(contactId, 'scheduled', 'requested', 'screened')))
        await routing.unschedule(contactId);
    }
  }

  async #stateNow(id: CallbackId): Promise<string> {
    return (await this.#parts.store.find(id))?.callback.phase.state ?? GONE;
  }

  /** Agents whom routing holds for a contact that no longer holds them are let go. */
  async #reservations(open: readonly CallbackRecord[], snapshot: RoutingSnapshot): Promise<void> {
    const { routing, store } = this.#parts;
    const holders = new Map(open.map((it) => [claimOf(it.callback)?.reservationId, it.callback.phase.state]));
    const orphans = new Set<ReservationId>();
    for (const { id, agentId, contactId, state } of snapshot.reservations) {
      if (state !== 'accepted' && state !== 'wrapping') continue;
      const holder = holders.get(id);
      if (holder === 'wrap-up' && state === 'accepted') await routing.wrapUp(id);
      if (holder !== undefined) continue;
      const record = await store.find(contactId);
      if (record && claimOf(record.callback)?.reservationId === id) continue;
      if (record && !isOver(record.callback) && !this.#orphans.has(id)) {
        orphans.add(id);
        continue;
      }
      await routing.complete(id, { state: 'as-wished' });
      await this.#told(`${agentId} was held for a contact that is over, and is free again`, contactId);
    }
    this.#orphans = orphans;
  }

  /** Calls and callbacks agree on whether there is still something to talk about. */
  async #calls(open: readonly CallbackRecord[]): Promise<void> {
    const { callbacks, calls, callStore, store } = this.#parts;
    for (const { callback } of open) {
      const callId = callOf(callback);
      if (callId === undefined || callback.phase.state === 'wrap-up') continue;
      const ended = (await callStore.find(callId))?.ended;
      if (!ended) continue;
      const { by, cause, at } = ended;
      await callbacks.note(callback.id, { type: 'call-cleared', at, callId, by, cause });
    }
    for (const call of await callStore.live()) {
      const record = await store.find(call.callbackId);
      if (!record || isOver(record.callback)) calls.hangUp(call.id, 'callback is over');
      // Another process moved it on, and could not hang up what rings here.
      else if (!isOf(call, record.callback)) calls.hangUp(call.id, 'callback went on without it');
    }
  }

  async #told(detail: string, about?: CallbackId): Promise<void> {
    const { audit, clock } = this.#parts;
    const more = about === undefined ? {} : { about };
    await audit.add({ at: clock.now(), who: 'watchdog', what: 'repaired', detail, ...more });
  }
}

/** Its own call, or a phone that rings with the offer. */
function isOf({ id, agentId }: Call, callback: Callback): boolean {
  const isOffered = callback.phase.state === 'reserved' && claimOf(callback)?.agentId === agentId;
  return isOffered || callOf(callback) === id;
}

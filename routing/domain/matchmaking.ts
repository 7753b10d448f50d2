import type { AgentId, CallbackId, ReservationId } from '../../contracts/ids.ts';
import { isWaiting, Pairing, sorted } from './pairing.ts';
import type { Desk, Entering, Fact, Hold, Order, Wish, World } from './world.ts';

export interface Step {
  readonly world: World;
  /** What whoever told the fact is answered. */
  readonly answer: string;
  readonly orders: readonly Order[];
}

/**
 * The matchmaker as a pure function: facts in, orders out. It says in plain words what the scripts in Redis do with
 * lists and heads; a test compares the two, step by step. `now` in epoch ms.
 */
export function step(world: World, fact: Fact, now: number): Step {
  const hand = new Hand(world, now);
  const answer = hand.take(fact);
  return { world: hand.world(), answer, orders: hand.orders };
}

/** One step in the making: a copy of the world, changed. */
class Hand extends Pairing {
  take(fact: Fact): string {
    switch (fact.type) {
      case 'enter':
        return this.#enter(fact.contact);
      case 'anew':
        return this.#anew(fact.contact);
      case 'leave':
        return this.#leave(fact.contactId);
      case 'accept':
      case 'reject':
        return this.#answered(fact.type, fact.reservationId, fact.agentId);
      case 'claim':
        return this.#claim(fact.contact, fact.agentId);
      case 'wrap-up':
        return this.#wrapUp(fact.reservationId);
      case 'complete':
        return this.#complete(fact.reservationId, fact.wish);
      case 'agent':
        return this.#wishes(fact.agentId, fact.profile, fact.wish);
      case 'reprofile':
        return this.#reprofile(fact.agentId, fact.profile);
      case 'roster':
        this.is.profiles = new Map(fact.profiles);
        this.orders.push({ type: 'rules.changed' });
        return 'ok';
      case 'schedule': {
        const { contactId, at, startedAt } = fact;
        const early = startedAt !== undefined && startedAt < at;
        this.is.scheduled.set(contactId, { at, ...(early && { startedAt }) });
        return 'ok';
      }
      case 'unschedule':
        this.is.scheduled.delete(fact.contactId);
        return 'ok';
      case 'sweep':
        return this.#sweep();
    }
  }

  #enter(contact: Entering): string {
    const { over, waiters } = this.is;
    const { id, entry } = contact;
    if ((over.get(id) ?? -1) >= entry) return 'over';
    const known = waiters.get(id);
    if (known && known.entry > entry) return 'over';
    if (known?.entry === entry) return known.reservation === undefined ? 'queued' : 'reserved';
    over.delete(id);
    waiters.delete(id);
    const older = known?.reservation;
    const open =
      older !== undefined && this.state(older) === 'reserved' ? this.is.holds.get(older) : undefined;
    if (open && older !== undefined) this.end(older, open, 'canceled');
    this.place({ ...contact, ring: 0 });
    // Only now, so that the contact itself stands in line for the agent its older offer held.
    if (open) this.release(open.agentId);
    return waiters.get(id)?.reservation === undefined ? 'queued' : 'reserved';
  }

  #anew(contact: Entering): string {
    const known = this.is.waiters.get(contact.id);
    if (known?.entry !== contact.entry || !isWaiting(known)) return 'nothing';
    const { precedence } = known;
    const fresh = this.widened({ ...contact, precedence, ring: 0 });
    const rule = ({ class: kind, rings, offerMs, preferred }: Entering): string =>
      JSON.stringify([kind, rings, offerMs, preferred?.until, preferred?.waitUntil]);
    if (rule(fresh) === rule(known)) return 'nothing';
    this.place(fresh);
    return 'ok';
  }

  #leave(id: CallbackId): string {
    const it = this.is.waiters.get(id);
    if (!it) return 'nothing';
    const held = it.reservation;
    if (held !== undefined && this.state(held) !== 'reserved') return 'nothing';
    const { entry, ring } = it;
    this.is.waiters.delete(id);
    this.is.over.set(id, entry);
    this.orders.push({ type: 'contact.left', contactId: id, entry, ring });
    const hold = held === undefined ? undefined : this.is.holds.get(held);
    if (hold && held !== undefined) {
      this.end(held, hold, 'canceled');
      this.release(hold.agentId);
    }
    return 'left';
  }

  #answered(word: 'accept' | 'reject', id: ReservationId, agentId: AgentId): string {
    const hold = this.is.holds.get(id);
    const before = this.is.rejected.get(id);
    if (!hold && !before) return 'unknown';
    if ((hold ?? before)?.agentId !== agentId) return 'not-yours';
    if (!hold) return word === 'reject' ? 'ok' : 'gone';
    if (this.state(id) !== 'reserved') return word === 'accept' ? 'ok' : 'gone';
    if (this.now >= hold.deadline) {
      this.passOn(id, hold, 'timeout', 'missed');
      return 'gone';
    }
    if (word === 'accept') this.#taken(id, hold);
    else this.passOn(id, hold, 'rejected', 'declined');
    return 'ok';
  }

  #taken(id: ReservationId, hold: Hold): void {
    this.orders.push({ type: 'reservation.accepted', id, hold });
    this.move(hold.agentId, 'busy');
  }

  #claim(contact: Entering, agentId: AgentId): string {
    const { over, waiters, desks, holds } = this.is;
    const { id, entry } = contact;
    if ((over.get(id) ?? -1) >= entry) return 'gone';
    const known = waiters.get(id);
    if (known && known.entry > entry) return 'gone';
    const older = known?.reservation;
    const hold = older === undefined ? undefined : holds.get(older);
    const open = older !== undefined && this.state(older) === 'reserved';
    if (hold && !open && known?.entry === entry) return hold.agentId === agentId ? 'ok' : 'gone';
    if (older !== undefined && hold && open && known?.entry === entry && hold.agentId === agentId) {
      if (this.now < hold.deadline) {
        this.#taken(older, hold);
        return 'ok';
      }
    }
    const desk = desks.get(agentId);
    const fresh = this.widened({ ...contact, ring: 0 });
    if (!desk || !this.fits(desk, fresh) || (desk.state !== 'ready' && desk.state !== 'not-ready')) {
      return 'not-able';
    }
    if (desk.state === 'not-ready') desks.set(agentId, { ...desk, next: wishOf(desk) });
    waiters.delete(id);
    over.delete(id);
    if (older !== undefined && hold && open) this.end(older, hold, 'rescinded');
    this.is.scheduled.delete(id);
    this.reserve(fresh, agentId, 'claimed');
    if (hold && open) this.release(hold.agentId);
    return 'ok';
  }

  #wrapUp(id: ReservationId): string {
    const hold = this.is.holds.get(id);
    if (!hold || this.state(id) !== 'busy') return 'nothing';
    this.orders.push({ type: 'reservation.wrapup', id, hold });
    this.move(hold.agentId, 'working-after-call');
    return 'wrapping';
  }

  #complete(id: ReservationId, wish: Wish | undefined): string {
    const hold = this.is.holds.get(id);
    if (!hold) return this.is.rejected.has(id) ? 'done' : 'unknown';
    const open = this.state(id) === 'reserved';
    if (this.is.waiters.get(hold.contactId)?.reservation === id) {
      this.is.waiters.delete(hold.contactId);
      this.is.over.set(hold.contactId, hold.entry);
    }
    this.end(id, hold, open ? 'canceled' : 'completed');
    this.release(hold.agentId, open ? undefined : wish);
    return 'done';
  }

  #wishes(agentId: AgentId, profile: string, wish: Wish): string {
    const { desks, holds } = this.is;
    const desk = desks.get(agentId);
    if (!desk) {
      if (wish.state === 'logged-off') return 'ok';
      desks.set(agentId, { profile, state: 'logged-off', since: this.now });
      this.release(agentId, wish);
    } else if (desk.reservation !== undefined && desk.state === 'reserved' && wish.state === 'logged-off') {
      const id = desk.reservation;
      const hold = holds.get(id);
      if (hold) this.end(id, hold, 'canceled');
      this.release(agentId, wish);
      if (hold) this.placeAgain(id, hold);
    } else if (desk.reservation !== undefined) {
      const { next: _, ...rest } = desk;
      const wished = wish.state === 'ready' ? undefined : wish;
      if (JSON.stringify(wished) === JSON.stringify(desk.next)) return 'ok';
      desks.set(agentId, wished ? { ...rest, next: wished } : rest);
      this.tell(agentId);
    } else if (desk.state !== wish.state || desk.reason !== wish.reason) this.release(agentId, wish);
    return 'ok';
  }

  #reprofile(agentId: AgentId, profile: string): string {
    const desk = this.is.desks.get(agentId);
    if (!desk || desk.profile === profile) return 'nothing';
    this.is.desks.set(agentId, { ...desk, profile });
    if (desk.state === 'ready') this.serve(agentId);
    this.unwait(agentId);
    return 'ok';
  }

  #sweep(): string {
    const { holds, waiters, scheduled } = this.is;
    const lapsed = [...holds].filter(([id, it]) => this.state(id) === 'reserved' && it.deadline <= this.now);
    for (const [id, hold] of sorted(lapsed, ([id, it]) => [it.deadline, id])) {
      this.passOn(id, hold, 'timeout', 'missed');
    }
    const due = [...waiters.values()].filter((it) => isWaiting(it) && (it.dueAt ?? Infinity) <= this.now);
    for (const it of sorted(due, ({ dueAt = 0, id }) => [dueAt, id])) this.placeIfWaiting(it.id);
    const come = [...scheduled].filter(([, it]) => it.at <= this.now);
    for (const [contactId] of sorted(come, ([id, it]) => [it.at, id])) {
      scheduled.delete(contactId);
      this.orders.push({ type: 'contact.due', contactId });
    }
    return 'leader';
  }
}

function wishOf({ reason }: Desk): Wish {
  return { state: 'not-ready', ...(reason !== undefined && { reason }) };
}

import type { AgentId, CallbackId, ReservationId } from '../../contracts/ids.ts';
import { channelOf } from './match.ts';
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
        this.#roster(fact.profiles);
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
    const hold = older && this.is.holds.get(older);
    const open = hold?.state === 'pending' ? hold : undefined;
    if (open && older !== undefined) this.end(older, open, 'canceled');
    this.place({ ...contact, ring: 0 });
    // Only now, so that the contact itself stands in line for the agent its older offer held.
    if (open) this.release(open.agentId, older);
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
    const hold = held && this.is.holds.get(held);
    if (held !== undefined && hold?.state !== 'pending') return 'nothing';
    const { entry, ring } = it;
    this.is.waiters.delete(id);
    this.is.over.set(id, entry);
    this.orders.push({ type: 'contact.left', contactId: id, entry, ring });
    if (hold) {
      this.end(held, hold, 'canceled');
      this.release(hold.agentId, held);
    }
    return 'left';
  }

  #answered(word: 'accept' | 'reject', id: ReservationId, agentId: AgentId): string {
    const hold = this.is.holds.get(id);
    const before = this.is.rejected.get(id);
    if (!hold && !before) return 'unknown';
    if ((hold ?? before)?.agentId !== agentId) return 'not-yours';
    if (!hold) return word === 'reject' ? 'ok' : 'gone';
    if (hold.state !== 'pending') return word === 'accept' ? 'ok' : 'gone';
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
    this.busyAnew(hold.agentId);
    this.stands(id, hold, 'accepted');
  }

  #claim(contact: Entering, agentId: AgentId): string {
    const { over, waiters, desks, holds } = this.is;
    const { id, entry } = contact;
    if ((over.get(id) ?? -1) >= entry) return 'gone';
    const known = waiters.get(id);
    if (known && known.entry > entry) return 'gone';
    const older = known?.reservation;
    const hold = older === undefined ? undefined : holds.get(older);
    const open = hold?.state === 'pending';
    if (hold && !open && known?.entry === entry) return hold.agentId === agentId ? 'ok' : 'gone';
    if (older !== undefined && hold && open && known?.entry === entry && hold.agentId === agentId) {
      if (this.now < hold.deadline) {
        this.#taken(older, hold);
        return 'ok';
      }
    }
    const desk = desks.get(agentId);
    const fresh = this.widened({ ...contact, ring: 0 });
    if (!desk || !this.fits(desk, fresh) || !this.hasRoom(desk, channelOf(fresh.class))) return 'not-able';
    if (desk.state === 'not-ready') {
      // Whoever makes a call was there to miss no more: afterwards they are not told so again, nor counted as away.
      const next = wishOf(desk.reason === 'missed' ? { ...desk, reason: 'call made' } : desk);
      desks.set(agentId, { ...desk, next });
    }
    waiters.delete(id);
    over.delete(id);
    if (older !== undefined && hold && open) this.end(older, hold, 'rescinded');
    this.is.scheduled.delete(id);
    this.reserve(fresh, agentId, 'claimed');
    if (hold && open) this.release(hold.agentId, older);
    return 'ok';
  }

  #wrapUp(id: ReservationId): string {
    const hold = this.is.holds.get(id);
    if (hold?.state !== 'accepted') return 'nothing';
    this.orders.push({ type: 'reservation.wrapup', id, hold });
    this.stands(id, hold, 'wrapping');
    return 'wrapping';
  }

  #complete(id: ReservationId, wish: Wish | undefined): string {
    const hold = this.is.holds.get(id);
    if (!hold) return this.is.rejected.has(id) ? 'done' : 'unknown';
    const open = hold.state === 'pending';
    if (this.is.waiters.get(hold.contactId)?.reservation === id) {
      this.is.waiters.delete(hold.contactId);
      this.is.over.set(hold.contactId, hold.entry);
    }
    this.end(id, hold, open ? 'canceled' : 'completed');
    if (!open) this.busyAnew(hold.agentId);
    this.release(hold.agentId, id, open ? undefined : wish);
    return 'done';
  }

  #wishes(agentId: AgentId, profile: string, wish: Wish): string {
    const { desks, holds } = this.is;
    const desk = desks.get(agentId);
    const first = desk?.foremost;
    if (!desk) {
      if (wish.state === 'logged-off') return 'ok';
      desks.set(agentId, { profile, state: 'logged-off', since: this.now, inHand: [], open: [] });
      this.release(agentId, undefined, wish);
    } else if (first !== undefined && desk.state === 'reserved' && wish.state === 'logged-off') {
      const hold = holds.get(first);
      if (hold) this.end(first, hold, 'canceled');
      this.release(agentId, first, wish);
      if (hold) this.placeAgain(first, hold);
    } else if (first !== undefined) {
      const wished = wish.state === 'ready' ? undefined : wish;
      if (JSON.stringify(wished) === JSON.stringify(desk.next)) return 'ok';
      this.wishLater(agentId, wished);
    } else if (desk.state !== wish.state || desk.reason !== wish.reason) {
      this.release(agentId, undefined, wish);
    }
    return 'ok';
  }

  /** What agents could do before holds for each of them until they are moved themselves. */
  #roster(profiles: World['profiles']): void {
    const inUse = [...this.is.desks.values()].flatMap(({ profile }) => {
      const has = this.is.profiles.get(profile);
      return has === undefined ? [] : [[profile, has] as const];
    });
    this.is.profiles = new Map([...inUse, ...profiles]);
    this.orders.push({ type: 'rules.changed' });
  }

  #reprofile(agentId: AgentId, profile: string): string {
    const desk = this.is.desks.get(agentId);
    if (!desk || desk.profile === profile) return 'nothing';
    const moved = { ...desk, profile };
    this.is.desks.set(agentId, moved);
    if (desk.state === 'ready' || desk.open.length + this.openBeside(moved).length > 0) this.serve(agentId);
    this.unwait(agentId);
    return 'ok';
  }

  #sweep(): string {
    const { holds, waiters, scheduled } = this.is;
    const lapsed = [...holds].filter(([, it]) => it.state === 'pending' && it.deadline <= this.now);
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

import type { AgentId, CallbackId, ReservationId } from '../../contracts/ids.ts';
import type { AgentState } from '../../contracts/states.ts';
import type { RoutedChannel } from './channels.ts';
import { CHANNELS, idleScore, roomFor } from './channels.ts';
import { overtaken } from './fairness.ts';
import { capacityOf, channelOf, compareRanks, rankOf, serves } from './match.ts';
import type { Requirement } from './qualification.ts';
import type { Desk, Hold, Order, Waiter, Wish, World } from './world.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends ReadonlyMap<infer A, infer B> ? Map<A, B> : T[K] };

const NOTHING: Requirement = { must: [], prefer: [] };
const STATES = { pending: 'reserved', accepted: 'busy', wrapping: 'working-after-call' } as const;
/** Of several contacts in hand an offer is the foremost, then one that is talked to. */
const FOREMOST = ['pending', 'accepted', 'wrapping'] as const;

/** A copy of the world in which contacts and agents find each other; what follows is written down as orders. */
export class Pairing {
  readonly orders: Order[] = [];
  protected readonly now: number;
  protected readonly is: Mutable<World>;

  constructor(world: World, now: number) {
    this.now = now;
    const { desks, waiters, over, holds, rejected, scheduled } = world;
    this.is = {
      ...world,
      profiles: new Map(world.profiles),
      classes: new Map(world.classes),
      desks: new Map(desks),
      waiters: new Map(waiters),
      over: new Map(over),
      holds: new Map(holds),
      rejected: new Map(rejected),
      scheduled: new Map(scheduled),
    };
  }

  world(): World {
    return this.is;
  }

  protected placeIfWaiting(id: CallbackId): void {
    const it = this.is.waiters.get(id);
    if (it && isWaiting(it)) this.place(it);
  }

  /** The rings whose time has come hold from now on. */
  protected widened(it: Waiter): Waiter {
    const [ring, ...rings] = it.rings;
    if (ring === undefined || ring.at > this.now) return it;
    return this.widened({ ...it, class: ring.class, ring: it.ring + 1, rings });
  }

  /** Pairs a contact or files it. */
  protected place(before: Waiter): void {
    const { reservation: _, waitsFor: __, dueAt: ___, ...bare } = before;
    const it = this.widened(bare);
    this.is.waiters.delete(it.id);
    const { preferred } = it;
    const desk = preferred && this.is.desks.get(preferred.agentId);
    if (preferred && desk && this.now < preferred.until && this.fits(desk, it)) {
      if (this.isOpen(desk, it)) {
        this.reserve(it, preferred.agentId, 'preferred');
        return;
      }
      if (this.now < preferred.waitUntil) {
        this.file({ ...it, waitsFor: preferred.agentId });
        return;
      }
    }
    const best = this.bestFor(it);
    if (best !== undefined) {
      this.reserve(it, best, 'idle');
      return;
    }
    this.file(it);
  }

  protected file(it: Waiter): void {
    const until = it.waitsFor === undefined ? Infinity : (it.preferred?.waitUntil ?? Infinity);
    const dueAt = Math.min(until, it.rings[0]?.at ?? Infinity);
    this.is.waiters.set(it.id, dueAt === Infinity ? it : { ...it, dueAt });
    this.orders.push({ type: 'contact.queued', contactId: it.id, entry: it.entry, ring: it.ring });
  }

  /** Best qualified, then fewest in hand, then longest idle. */
  protected bestFor(it: Waiter): AgentId | undefined {
    const requirement = this.needs(it);
    const able = [...this.is.desks].filter(([, desk]) => this.isOpen(desk, it) && this.fits(desk, it));
    const rank = (desk: Desk) => rankOf(this.is.profiles.get(desk.profile) ?? [], requirement);
    const idle = ({ inHand, idleSince = 0 }: Desk) => idleScore(inHand.length, idleSince);
    return able.sort(
      ([a, one], [b, two]) => compareRanks(rank(one), rank(two)) || idle(one) - idle(two) || (a < b ? -1 : 1),
    )[0]?.[0];
  }

  /** The first in line of all an agent can serve beside what they have in hand, or idle. */
  protected serve(agentId: AgentId): void {
    const desk = this.is.desks.get(agentId);
    if (!desk) return;
    const { next: _, ...rest } = desk;
    const idleSince = desk.idleSince ?? this.now * 1000;
    this.is.desks.set(agentId, { ...rest, idleSince });
    const mine = [...this.is.waiters.values()].filter(
      (it) =>
        isWaiting(it) &&
        this.hasRoom(desk, channelOf(it.class)) &&
        (it.waitsFor === undefined ? this.fits(desk, it) : it.waitsFor === agentId),
    );
    const [first] = sorted(mine, (it) => [it.precedence.score, it.id]);
    if (first === undefined) {
      this.is.desks.set(agentId, rest);
      this.move(agentId, 'ready');
      return;
    }
    this.is.waiters.delete(first.id);
    this.reserve(first, agentId, first.waitsFor === undefined ? 'freed' : 'preferred');
  }

  protected reserve(it: Waiter, agentId: AgentId, how: Hold['how']): void {
    const { id: contactId, entry, ring, class: kind } = it;
    const { waitsFor: _, dueAt: __, ...bare } = it;
    const fence = Math.max(this.is.fence + 1, this.now * 1000);
    this.is.fence = fence;
    const id = `r${this.is.epoch}-${fence}` as ReservationId;
    const overtook = overtaken(it, how, this.overtakable(agentId), [...this.is.scheduled.values()]);
    const deadline = this.now + it.offerMs;
    const taken = how === 'claimed';
    const state = taken ? 'accepted' : 'pending';
    const hold: Hold = {
      state,
      contactId,
      entry,
      agentId,
      class: kind,
      fence,
      deadline,
      how,
      ring,
      overtook,
    };
    this.is.holds.set(id, hold);
    this.is.waiters.set(contactId, { ...bare, reservation: id });
    this.orders.push({ type: taken ? 'reservation.accepted' : 'reservation.created', id, hold });
    const desk = this.is.desks.get(agentId);
    if (desk) this.is.desks.set(agentId, { ...desk, inHand: [...desk.inHand, id] });
    if (taken) this.busyAnew(agentId);
    this.move(agentId, STATES[state]);
  }

  protected overtakable(
    agentId: AgentId,
  ): readonly { readonly waiter: Waiter; readonly served: boolean | 'no-room' }[] {
    const desk = this.is.desks.get(agentId);
    const waiting = [...this.is.waiters.values()].filter(isWaiting);
    return waiting.map((waiter) => {
      const able = desk !== undefined && this.fits(desk, waiter);
      return { waiter, served: able && (this.hasRoom(desk, channelOf(waiter.class)) || 'no-room') };
    });
  }

  /**
   * A contact is no longer with the agent. What was wished meanwhile holds when the last is gone; logging off before
   * all.
   */
  protected release(agentId: AgentId, id?: ReservationId, wanted?: Wish): void {
    const desk = this.is.desks.get(agentId);
    if (!desk) return;
    const { next, ...rest } = desk;
    const inHand = desk.inHand.filter((it) => it !== id);
    this.is.desks.set(agentId, { ...rest, inHand });
    const wish = next?.state === 'logged-off' ? next : (wanted ?? next);
    if (wish === undefined || wish.state === 'ready') {
      this.serve(agentId);
      return;
    }
    if (inHand.length > 0) {
      this.wishLater(agentId, wish);
      return;
    }
    this.move(agentId, wish.state, wish.reason);
    if (wish.state === 'logged-off') this.unwait(agentId);
  }

  /** Nobody is waited for who cannot come. */
  protected unwait(agentId: AgentId): void {
    const theirs = [...this.is.waiters.values()].filter((it) => isWaiting(it) && it.waitsFor === agentId);
    for (const it of sorted(theirs, ({ precedence, id }) => [precedence.score, id]))
      this.placeIfWaiting(it.id);
  }

  protected passOn(id: ReservationId, hold: Hold, end: 'rejected' | 'timeout', reason: string): void {
    this.end(id, hold, end);
    this.release(hold.agentId, id, { state: 'not-ready', reason });
    this.placeAgain(id, hold);
  }

  protected placeAgain(id: ReservationId, hold: Hold): void {
    const it = this.is.waiters.get(hold.contactId);
    if (it?.reservation === id) this.place(it);
  }

  protected end(
    id: ReservationId,
    hold: Hold,
    how: 'rejected' | 'timeout' | 'canceled' | 'rescinded' | 'completed',
  ): void {
    this.is.holds.delete(id);
    if (how === 'rejected') this.is.rejected.set(id, hold);
    this.orders.push({ type: `reservation.${how}`, id, hold });
  }

  /** An agent with contacts in hand wishes something for afterwards, or nothing any more. */
  protected wishLater(agentId: AgentId, wish: Wish | undefined): void {
    const desk = this.is.desks.get(agentId);
    if (!desk) return;
    const { next: _, ...rest } = desk;
    if (wish === undefined) {
      this.serve(agentId);
      return;
    }
    this.is.desks.set(agentId, { ...rest, next: wish });
    this.move(agentId, desk.state);
  }

  /** How a contact in hand stands now; there may be room for another. */
  protected stands(id: ReservationId, hold: Hold, state: Hold['state']): void {
    this.is.holds.set(id, { ...hold, state });
    const desk = this.is.desks.get(hold.agentId);
    if (desk?.next === undefined) this.serve(hold.agentId);
    else this.move(hold.agentId, desk.state);
  }

  /** Who took or finished something is idle from now on only. */
  protected busyAnew(agentId: AgentId): void {
    const desk = this.is.desks.get(agentId);
    if (!desk) return;
    const { idleSince: _, ...rest } = desk;
    this.is.desks.set(agentId, rest);
  }

  /** With contacts in hand the state is that of the foremost, whatever is asked for. */
  protected move(agentId: AgentId, state: AgentState, reason?: string): void {
    const desk = this.is.desks.get(agentId);
    if (!desk) return;
    if (state === 'logged-off') {
      this.is.desks.delete(agentId);
      this.tell(agentId);
      return;
    }
    const foremost = this.#foremost(desk.inHand);
    const held = foremost && this.is.holds.get(foremost);
    const now = held ? STATES[held.state] : state;
    const { reason: _, idleSince, foremost: before, ...rest } = desk;
    const open = this.openBeside(desk);
    const idle =
      now === 'ready' || open.length > 0
        ? (idleSince ?? this.now * 1000)
        : now === 'reserved'
          ? idleSince
          : undefined;
    const same = held !== undefined && now === desk.state && foremost === before;
    this.is.desks.set(agentId, {
      ...rest,
      open,
      ...(foremost !== undefined && { foremost }),
      state: now,
      since: same ? desk.since : this.now,
      ...(reason !== undefined && held === undefined && { reason }),
      ...(idle !== undefined && { idleSince: idle }),
    });
    this.tell(agentId);
  }

  /** An offer, else one that is talked to, else the latest. */
  #foremost(inHand: readonly ReservationId[]): ReservationId | undefined {
    const rank = (id: ReservationId) => FOREMOST.indexOf(this.is.holds.get(id)?.state ?? 'wrapping');
    return [...inHand].sort((a, b) => rank(a) - rank(b) || (a < b ? 1 : -1))[0];
  }

  protected tell(agentId: AgentId): void {
    this.orders.push({ type: 'agent.state', agentId, desk: this.is.desks.get(agentId) });
  }

  /** Nothing was offered that is not answered, and the capacity allows one more. */
  protected hasRoom(desk: Desk, channel: RoutedChannel): boolean {
    const holds = desk.inHand.map((id) => this.is.holds.get(id)).filter((it) => it !== undefined);
    if (holds.some((it) => it.state === 'pending')) return false;
    const inHand = holds.map((it) => channelOf(it.class));
    return roomFor(channel, capacityOf(desk.profile), inHand) === undefined;
  }

  /** Of which channels an agent with contacts in hand may get more. */
  protected openBeside(desk: Desk): readonly RoutedChannel[] {
    if (desk.inHand.length === 0 || desk.next !== undefined) return [];
    return CHANNELS.filter((it) => this.hasRoom(desk, it));
  }

  /** Might be offered contacts of this kind now, if qualified. */
  protected isOpen(desk: Desk, it: Waiter): boolean {
    return desk.state === 'ready' || desk.open.includes(channelOf(it.class));
  }

  protected needs(it: Waiter): Requirement {
    return this.is.classes.get(it.class) ?? NOTHING;
  }

  protected fits(desk: Desk, it: Waiter): boolean {
    return serves(desk.profile, this.is.profiles.get(desk.profile) ?? [], this.needs(it));
  }
}

/** Nobody holds it. */
export function isWaiting(it: Waiter): boolean {
  return it.reservation === undefined;
}

/** By number, then by name. */
export function sorted<T>(list: readonly T[], key: (it: T) => readonly [number, string]): readonly T[] {
  return [...list].sort((a, b) => {
    const [[one, first], [two, second]] = [key(a), key(b)];
    return one - two || (first < second ? -1 : first > second ? 1 : 0);
  });
}

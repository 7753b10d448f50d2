import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { AgentId, CallbackId, ReservationId } from '../contracts/ids.ts';
import type { Clock } from '../server-kit/clock.ts';
import type { Directory, Service } from './directory/directory.ts';
import { addressKey } from './directory/addresses.ts';
import { screenEntitlement, withLanguage } from './domain/entitlement.ts';
import type { Opening } from './domain/hours.ts';
import { Openings, slotAt, slotsBetween, withRoom } from './domain/hours.ts';
import { precedence } from './domain/order.ts';
import type { KnownEntry } from './entries.ts';
import { entryOf, kindsOf } from './entries.ts';
import type { Forecasts } from './forecasts.ts';
import type { DueTimes } from './lifecycle/due-times.ts';
import type { RosterWatch } from './lifecycle/roster-watch.ts';
import type { Answered, Entered, Matchmaker, Stale, UnknownClass } from './matchmaker/matchmaker.ts';
import type { Outbox } from './matchmaker/outbox.ts';
import type { RosterPublisher } from './matchmaker/publisher.ts';
import type { Vocabulary } from './matchmaker/vocabulary.ts';
import type * as door from './routing.ts';
import type { Snapshots } from './snapshots.ts';
import type { Look, PromisedStanding, Standings } from './standings.ts';
import { readLook } from './standings.ts';
import { RoutingUnavailable, UnknownName } from './unavailable.ts';

/** The parts routing is put together from. */
export interface AcdParts {
  readonly redis: Redis;
  readonly prefix: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly directory: Directory;
  readonly matchmaker: Matchmaker;
  readonly publisher: RosterPublisher;
  readonly watch: RosterWatch;
  readonly vocabulary: Vocabulary;
  readonly standings: Standings;
  readonly forecasts: Forecasts;
  readonly snapshots: Snapshots;
  readonly outbox: Pick<Outbox, 'read'>;
  readonly dueTimes: DueTimes;
  /** Closes everything in order. */
  readonly close: () => Promise<void>;
}

const USUAL_OFFER_MS = 20_000;
/** Seven days round the clock in slots of five minutes, which are the shortest. */
const MOST_SLOTS = 7 * 24 * 12;
const MOST_TRIES = 6;
const REBUILD_AT_ONCE = 100;

/** The automatic call distributor: puts the parts of routing behind its door. */
export class Acd implements door.Routing {
  readonly #parts: AcdParts;
  readonly #openings = new Openings();

  constructor(parts: AcdParts) {
    this.#parts = parts;
  }

  async screen(ask: door.ScreenAsk): Promise<door.ScreenResult> {
    const { directory, clock } = this.#parts;
    const service = this.#service(ask.service);
    if (service === undefined) {
      return { ok: false, rule: 'service/unknown', reason: 'This service is not offered.' };
    }
    const address = addressKey(ask.ip);
    const asker = {
      phone: ask.phone,
      ...(ask.customerId !== undefined && { customerId: ask.customerId }),
      ...(address !== undefined && { address }),
    };
    const [entitlements, customer] = await Promise.all([
      directory.entitlementsOf(asker),
      ask.customerId === undefined ? undefined : directory.customer(ask.customerId),
    ]);
    const owed = screenEntitlement(service, asker, entitlements, clock.now());
    if (!owed.ok) return owed;
    const language = ask.language ?? customer?.language;
    const requirement = withLanguage(service.requirement, language);
    const { preferredAgent } = customer ?? {};
    return {
      ok: true,
      tier: owed.tier,
      priority: owed.priority,
      requirement,
      ...(language !== undefined && { language }),
      ...(preferredAgent ? { preferredAgent } : service.lastAgent === true && { lastAgent: true }),
    };
  }

  async enter(contact: door.Contact): Promise<door.Placement> {
    const { vocabulary, forecasts } = this.#parts;
    const reply = await this.#enter(this.#entry(contact), true);
    switch (reply.state) {
      case 'over':
        return { state: 'over' };
      case 'reserved':
        return { state: 'reserved', reservation: await vocabulary.reservation(reply.reservation) };
      case 'queued': {
        const found = await this.#standing(readLook(reply.standing));
        if (found === undefined) throw new Error(`${contact.id} is in line and stands nowhere`);
        if (found.outcome) forecasts.follow(contact.id, found.outcome);
        return { state: 'queued', standing: found.standing };
      }
    }
  }

  async anew(contact: door.Contact): Promise<void> {
    const entry = this.#entry(contact);
    await this.#agreeing(entry.requirements, (version) => this.#parts.matchmaker.anew(entry, version));
  }

  async leave(contactId: CallbackId): Promise<void> {
    await this.#parts.matchmaker.leave(contactId);
  }

  async schedule(contactId: CallbackId, at: number, service?: string, startedAt?: number): Promise<void> {
    await this.#parts.dueTimes.set(contactId, at, service, startedAt);
  }

  async unschedule(contactId: CallbackId): Promise<void> {
    await this.#parts.dueTimes.unset(contactId);
  }

  async accept(reservationId: ReservationId, agentId: AgentId): Promise<door.AcceptResult> {
    return this.#result(await this.#parts.matchmaker.accept(reservationId, agentId));
  }

  async reject(reservationId: ReservationId, agentId: AgentId): Promise<door.AcceptResult> {
    return this.#result(await this.#parts.matchmaker.reject(reservationId, agentId));
  }

  async claim(contact: door.Contact, agentId: AgentId): Promise<door.AcceptResult> {
    const entry = this.#entry(contact);
    const claim = (version: number) => this.#parts.matchmaker.claim(entry, agentId, version);
    return this.#result(await this.#agreeing(entry.requirements, claim));
  }

  async wrapUp(reservationId: ReservationId): Promise<void> {
    await this.#parts.matchmaker.wrapUp(reservationId);
  }

  async complete(reservationId: ReservationId, next: door.AgentNext): Promise<void> {
    await this.#parts.matchmaker.complete(reservationId, next);
  }

  setAgentState(agentId: AgentId, wish: door.AgentWish): Promise<door.AgentStatus> {
    return this.#setAgentState(agentId, wish, false);
  }

  agentStatus(agentId: AgentId): Promise<door.AgentStatus | undefined> {
    return this.#parts.matchmaker.agentStatus(agentId);
  }

  async place(contactId: CallbackId): Promise<door.Standing | undefined> {
    return (await this.#standing(await this.#look(contactId)))?.standing;
  }

  async whatIf(contactId: CallbackId, more: readonly door.Qualification[]): Promise<door.WhatIf | undefined> {
    const { standings, clock } = this.#parts;
    const look = await this.#look(contactId);
    return look && standings.whatIf(look, clock.now(), more);
  }

  async #look(contactId: CallbackId): Promise<Look | undefined> {
    return readLook(await this.#parts.matchmaker.run('standing', contactId, '', ''));
  }

  async #standing(look: Look | undefined): Promise<PromisedStanding | undefined> {
    const { standings, clock } = this.#parts;
    return look && standings.standing(look, clock.now());
  }

  async estimate({
    requirement,
    priority,
    service,
  }: Parameters<door.Routing['estimate']>[0]): Promise<door.Outlook> {
    const { matchmaker, standings, clock } = this.#parts;
    const now = clock.now();
    const rule = service === undefined ? undefined : this.#service(service);
    const { class: id, rings, requirements } = kindsOf(requirement, rule);
    const { score, boostMs } = precedence(priority, now, rule?.ageMsPerPriority);
    const look = await this.#agreeing(requirements, async () => {
      const reply = await matchmaker.run('standing', '', id, score, ...rings.map((it) => it.class));
      return readLook(reply) ?? { state: 'unknown-class' as const, class: String(reply[1]) };
    });
    const coming = rings.map((it) => ({ at: Math.floor(now + it.afterMs), class: it.class }));
    const asking = { ...look, boostMs, rings: coming, ...(service !== undefined && { service }) };
    return standings.outlook(asking, now, USUAL_OFFER_MS);
  }

  opening(serviceId: string, at: number): Promise<Opening> {
    const service = this.#service(serviceId);
    if (service === undefined) return Promise.reject(new UnknownName(`service ${serviceId}`));
    return Promise.resolve(this.#openings.at(service.hours, at));
  }

  async openings(serviceId: string, from: number, to: number): Promise<door.OpeningHours> {
    const { clock } = this.#parts;
    const service = this.#service(serviceId);
    if (service === undefined) throw new UnknownName(`service ${serviceId}`);
    const { hours, slotMinutes, slotCapacity } = service;
    const slots = slotsBetween(hours, Math.max(from, clock.now()), to, slotMinutes).slice(0, MOST_SLOTS);
    const booked = await this.#booked(serviceId, from, to);
    const free = withRoom(slots, booked, slotCapacity);
    return { ...this.#openings.at(hours, from), slots: free };
  }

  slot(serviceId: string, at: number): ReturnType<door.Routing['slot']> {
    const service = this.#service(serviceId);
    const found = service && slotAt(service.hours, at, service.slotMinutes);
    return Promise.resolve(found && { ...found, capacity: service.slotCapacity });
  }

  /** The times taken. Without Redis they are not known: opening hours are told all the same, and nothing is lost by it. */
  async #booked(serviceId: string, from: number, to: number): Promise<readonly number[]> {
    const { redis, prefix, log } = this.#parts;
    try {
      const found = await redis.zrangebyscore(`${prefix}booked:${serviceId}`, from, to, 'WITHSCORES');
      return found.filter((_, i) => i % 2 === 1).map(Number);
    } catch (err) {
      log.warn({ err, service: serviceId }, 'booked times are not known');
      return [];
    }
  }

  services(): Promise<readonly door.ServiceRule[]> {
    const all = [...this.#parts.watch.page.services.values()];
    return Promise.resolve(
      all.map(({ entitled: _e, lastAgent: _l, slotMinutes: _m, slotCapacity: _c, hours: _h, ...it }) => it),
    );
  }

  agents(): Promise<readonly door.AgentProfile[]> {
    return Promise.resolve([...this.#parts.watch.page.roster.agents.values()]);
  }

  agentProfile(agentId: AgentId): Promise<door.AgentProfile | undefined> {
    return Promise.resolve(this.#parts.watch.page.roster.agents.get(agentId));
  }

  snapshot(): Promise<door.RoutingSnapshot> {
    return this.#parts.snapshots.whole();
  }

  loggedIn(): Promise<readonly door.AgentStatus[]> {
    return this.#parts.snapshots.agents();
  }

  events(after: string | undefined, signal: AbortSignal): AsyncIterable<door.RoutingEvent> {
    return this.#parts.outbox.read(after, signal);
  }

  async rebuild(
    contacts: readonly door.Contact[],
    agents: readonly { agentId: AgentId; wish: door.AgentWish }[],
  ): Promise<readonly CallbackId[]> {
    // Contacts first and in their order, so that the agents find a whole line.
    const ordered = contacts
      .map((it) => this.#entry(it))
      .sort((a, b) => a.precedence.score - b.precedence.score);
    const over: CallbackId[] = [];
    for (let i = 0; i < ordered.length; i += REBUILD_AT_ONCE) {
      const some = ordered.slice(i, i + REBUILD_AT_ONCE).map(async (entry) => {
        if ((await this.#enter(entry, false)).state === 'over') over.push(entry.contact.id);
      });
      await Promise.all(some);
    }
    for (const { agentId, wish } of agents) await this.#setAgentState(agentId, wish, true);
    return over;
  }

  async renew(): Promise<void> {
    const { directory, matchmaker } = this.#parts;
    await matchmaker.run('renew', await directory.nextEpoch());
  }

  async health(): Promise<{ readonly redis: boolean; readonly detail?: string }> {
    try {
      const inForce = await this.#parts.publisher.version();
      return inForce > 0 ? { redis: true } : { redis: false, detail: 'the roster is not loaded yet' };
    } catch (error) {
      const { cause } = error as { cause?: unknown };
      return { redis: false, detail: cause instanceof Error ? cause.message : 'no answer' };
    }
  }

  followDirectory(): Promise<void> {
    return this.#parts.watch.look(false);
  }

  close(): Promise<void> {
    return this.#parts.close();
  }

  #service(id: string): Service | undefined {
    return this.#parts.watch.page.services.get(id);
  }

  #entry(contact: door.Contact): KnownEntry {
    return entryOf(contact, this.#service(contact.service));
  }

  #enter(entry: KnownEntry, isTold: boolean): Promise<Exclude<Entered, Stale | UnknownClass>> {
    const { matchmaker } = this.#parts;
    return this.#agreeing(entry.requirements, (version) => matchmaker.enter(entry, version, isTold));
  }

  async #result(answer: Answered): Promise<door.AcceptResult> {
    if (answer.state !== 'ok') return { ok: false, why: answer.state };
    return { ok: true, reservation: await this.#parts.vocabulary.reservation(answer.reservation) };
  }

  async #setAgentState(agentId: AgentId, wish: door.AgentWish, onlyNew: boolean): Promise<door.AgentStatus> {
    const { watch, matchmaker } = this.#parts;
    if (!watch.page.roster.agents.has(agentId)) await watch.reload();
    const set = (version: number) => {
      const profile = watch.page.roster.profileOf(agentId);
      // Somebody who is no longer on the roster may still leave.
      if (profile === undefined && wish.state !== 'logged-off') throw new UnknownName(`agent ${agentId}`);
      return matchmaker.setAgentState(agentId, profile ?? '', wish, version, onlyNew);
    };
    return this.#agreeing(new Map(), set);
  }

  /** Asks until Redis and we speak of the same roster and the kind of contact is known to both. */
  async #agreeing<T extends object>(
    requirements: ReadonlyMap<string, door.Requirement>,
    ask: (version: number) => Promise<T>,
  ): Promise<Exclude<T, Stale | UnknownClass>> {
    const { watch, publisher } = this.#parts;
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const reply = await ask(watch.page.version);
      const state = 'state' in reply ? reply.state : undefined;
      if (state === 'stale') await watch.catchUp((reply as unknown as Stale).version);
      else if (state === 'unknown-class') {
        const { class: id } = reply as unknown as UnknownClass;
        const requirement = requirements.get(id);
        if (requirement === undefined) throw new UnknownName(`class ${id}`);
        await publisher.defineClass(watch.page.roster, id, requirement);
      } else return reply as Exclude<T, Stale | UnknownClass>;
    }
    throw new RoutingUnavailable('redis', new Error('the roster keeps changing'));
  }
}

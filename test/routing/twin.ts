import type { Redis } from 'ioredis';
import type { AgentId, ReservationId } from '../../contracts/ids.ts';
import type { Requirement } from '../../routing/index.ts';
import type {
  Entering,
  Entry,
  Fact,
  Hold,
  Order,
  RawReservation,
  Wish,
  World,
} from '../../routing/testing.ts';
import {
  channelOf,
  classId,
  decide,
  emptyWorld,
  keyPrefix,
  Matchmaker,
  readCapacity,
  readReservation,
  readStatus,
  readStep,
  readWaiting,
  Roster,
  RosterPublisher,
  scriptsWith,
  toldBody,
  toldReservation,
} from '../../routing/testing.ts';
import { skills } from './centre.ts';

/** The scripts as they are, but for the clock: the test's own, in ms. */
const scripts = scriptsWith(
  "(function() local c = redis.call('GET', KEYS[1] .. 'clock') " +
    "return {string.sub(c, 1, -4), string.sub(c, -3) .. '000'} end)()",
);

/** What everybody can do; `/voice:1:,chat:2:voice` after it where the capacity is not the usual one. */
export type People = Readonly<Record<string, string>>;

/** Remembers in which order agents were given other skills: that of a hash in Redis, which may change at any time. */
class Recording extends Matchmaker {
  readonly reprofiled: AgentId[] = [];

  override async run(...[name, ...args]: Parameters<Matchmaker['run']>): ReturnType<Matchmaker['run']> {
    if (name === 'reprofile') this.reprofiled.push(args[0] as AgentId);
    return super.run(name, ...args);
  }
}

/** The matchmaker twice: the scripts in Redis and the pure model, told the same facts at the same moments. */
export class Twin {
  world: World = emptyWorld(1);
  now = 1_800_000_000_000;
  readonly #redis: Redis;
  readonly #prefix: string;
  readonly #matchmaker: Recording;
  readonly #publisher: RosterPublisher;
  #roster: Roster;
  readonly #told: unknown[] = [];

  constructor(redis: Redis, name: string, people: People) {
    this.#redis = redis;
    this.#prefix = keyPrefix(name);
    this.#matchmaker = new Recording(redis, this.#prefix, 100_000, () => Promise.resolve(1), scripts);
    this.#publisher = new RosterPublisher(redis, this.#matchmaker, this.#prefix);
    this.#roster = rosterOf(1, people);
  }

  async begin(needs: readonly Requirement[]): Promise<void> {
    await this.#redis.set(`${this.#prefix}clock`, this.now);
    await this.#publisher.publish(this.#roster);
    for (const it of needs) await this.#publisher.defineClass(this.#roster, classId(it), it);
    const classes = new Map(needs.map((it) => [classId(it), it]));
    this.world = { ...this.world, profiles: this.#roster.profiles, classes };
    this.#told.push({ type: 'rules.changed' });
  }

  async tick(ms: number): Promise<void> {
    this.now += ms;
    await this.#redis.set(`${this.#prefix}clock`, this.now);
  }

  /** Everybody has the skills of another roster from now on, one agent after the other. */
  async change(people: People): Promise<void> {
    this.#roster = rosterOf(this.#roster.version + 1, people);
    await this.#publisher.publish(this.#roster);
    const order = this.#matchmaker.reprofiled.splice(0);
    this.#model({ type: 'roster', profiles: this.#roster.profiles });
    for (const agentId of order) {
      this.#model({ type: 'reprofile', agentId, profile: this.#profile(agentId) });
    }
  }

  async wishes(agentId: AgentId, wish: Wish): Promise<void> {
    const profile = this.#profile(agentId);
    await this.#matchmaker.setAgentState(agentId, profile, wish as never, this.#roster.version);
    this.#model({ type: 'agent', agentId, profile, wish });
  }

  /** Tells both, and gives both answers. */
  async tell(fact: Exclude<Fact, { type: 'agent' | 'reprofile' | 'roster' }>): Promise<[string, string]> {
    const said = await this.#ask(fact);
    // Of an id of ours that is no longer known the matchmaker says that it is gone.
    const answer = this.#model(fact).replace('unknown', 'gone');
    return [said ?? answer, answer];
  }

  async #ask(fact: Exclude<Fact, { type: 'agent' | 'reprofile' | 'roster' }>): Promise<string | undefined> {
    const it = this.#matchmaker;
    const { version } = this.#roster;
    switch (fact.type) {
      case 'enter':
        return (await it.enter(entryOf(fact.contact), version)).state;
      case 'anew':
        return (await it.anew(entryOf(fact.contact), version)).state;
      case 'claim':
        return (await it.claim(entryOf(fact.contact), fact.agentId, version)).state;
      case 'accept':
        return (await it.accept(fact.reservationId, fact.agentId)).state;
      case 'reject':
        return (await it.reject(fact.reservationId, fact.agentId)).state;
      case 'leave':
        await it.leave(fact.contactId);
        return undefined;
      case 'wrap-up':
        await it.wrapUp(fact.reservationId);
        return undefined;
      case 'complete':
        await it.complete(fact.reservationId, (fact.wish ?? { state: 'as-wished' }) as never);
        return undefined;
      case 'schedule':
        await it.schedule(fact.contactId, fact.at, undefined, fact.startedAt);
        return undefined;
      case 'unschedule':
        await it.unschedule(fact.contactId);
        return undefined;
      case 'sweep':
        await it.run('sweep', 'twin', 60_000, 500, 0);
        return undefined;
    }
  }

  #model(fact: Fact): string {
    const { world, answer, orders } = decide(this.world, fact, this.now);
    this.world = world;
    this.#told.push(...orders.map((it) => this.#event(it)));
    return answer;
  }

  /** One of the reservations an agent has in hand. */
  inHand(id: AgentId, which: number): ReservationId | undefined {
    const all = this.world.desks.get(id)?.inHand ?? [];
    return all[which % Math.max(1, all.length)];
  }

  #profile(id: AgentId): string {
    return this.#roster.profileOf(id) ?? '';
  }

  /** How everything stands in Redis, and in the model, in the same words. */
  async both(): Promise<[redis: unknown, model: unknown]> {
    const [, , , waiting, due, reservations, agents, , , counted] = (await this.#matchmaker.run(
      'snapshot',
      10_000,
    )) as unknown as [
      string,
      string,
      string,
      [string, string, string][],
      string[],
      [string, string, string][],
      string[],
      unknown,
      unknown,
      string[],
    ];
    const redis = {
      waiting: waiting
        .map(readWaiting)
        .map(({ id, class: kind, score, contact }) => ({ id, entry: contact.entry, kind, score }))
        .sort(byId),
      due: [...pairs(due)].map(([id, at]) => ({ id, at: Number(at) })).sort(byId),
      reservations: reservations.map((it) => reservationOf(readReservation(...it))).sort(byId),
      agents: [...pairs(agents)]
        .map(([id, text]) => readStatus(id, text))
        .sort((a, b) => (a.agentId < b.agentId ? -1 : 1)),
      overtaken: Object.fromEntries([...pairs(counted)].map(([reason, n]) => [reason, Number(n)])),
    };
    return [redis, this.#stand()];
  }

  #stand(): unknown {
    const { waiters, scheduled, holds, desks } = this.world;
    return {
      waiting: [...waiters.values()]
        .filter((it) => it.reservation === undefined)
        .map((it) => ({ id: it.id, entry: it.entry, kind: it.class, score: it.precedence.score }))
        .sort(byId),
      due: [...scheduled].map(([id, { at }]) => ({ id, at })).sort(byId),
      reservations: [...holds].map(([id, hold]) => this.#reservation(id, hold)).sort(byId),
      agents: [...desks.keys()].sort().map((id) => this.#status(id)),
      overtaken: this.overtaken(),
    };
  }

  readonly #counts = new Map<string, number>();

  overtaken(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }

  #status(agentId: AgentId, desk = this.world.desks.get(agentId)): object {
    if (!desk) return { agentId, state: 'logged-off', since: this.now };
    const { state, reason, since, next, foremost: reservation, open } = desk;
    const contactId = reservation && this.world.holds.get(reservation)?.contactId;
    const inHand = desk.inHand.map((it) => channelOf(this.world.holds.get(it)?.class ?? '')).sort();
    return {
      agentId,
      state,
      since,
      ...(reason !== undefined && { reason }),
      ...(next && { next }),
      ...(reservation !== undefined && { reservationId: reservation, contactId }),
      ...(open.length > 0 && { open }),
      ...(inHand.length > 0 && inHand.join() !== 'voice' && { inHand }),
    };
  }

  #reservation(id: ReservationId, hold: Hold, ended?: string): { readonly id: string } {
    const state = ended ?? hold.state;
    const { contactId, entry, agentId, class: kind, fence, deadline, how, ring, overtook } = hold;
    return { id, state, contactId, entry, agentId, kind, fence, deadline, how, ring, overtook } as never;
  }

  #event(order: Order): unknown {
    switch (order.type) {
      case 'rules.changed':
        return { type: order.type };
      case 'contact.due':
        return { type: order.type, contactId: order.contactId };
      case 'contact.queued':
      case 'contact.left': {
        const { type, contactId, entry, ring } = order;
        return { type, contactId, entry, ...(ring > 0 && { ring }) };
      }
      case 'agent.state':
        return { type: order.type, ...this.#status(order.agentId, order.desk) };
      case 'reservation.created':
      case 'reservation.accepted':
      case 'reservation.rejected':
      case 'reservation.timeout':
      case 'reservation.canceled':
      case 'reservation.rescinded':
      case 'reservation.wrapup':
      case 'reservation.completed': {
        const { id, hold, type } = order;
        const word = type.slice('reservation.'.length);
        const isNew = word === 'created' || (word === 'accepted' && hold.how === 'claimed');
        if (isNew) {
          for (const [reason, n] of Object.entries(hold.overtook)) {
            this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + n);
          }
        }
        const state = { created: 'pending', wrapup: 'wrapping' }[word] ?? word;
        return { type, ...this.#reservation(id, hold, state) };
      }
    }
  }

  /** Everything that was told, by Redis and by the model. */
  async told(): Promise<[redis: unknown, model: unknown]> {
    const told = await this.#outbox();
    const events = told.map((it) => {
      const { type } = it;
      if (type.startsWith('reservation.')) return { type, ...reservationOf(toldReservation(it)) };
      const body = toldBody(it);
      return { type, ...('status' in body ? (body.status as object) : body) };
    });
    return [events.filter((it) => it.type !== 'repaired'), this.#told];
  }

  /** What Redis mended by itself: nothing, where nothing is damaged. */
  async repairs(): Promise<readonly string[]> {
    const told = await this.#outbox();
    return told.flatMap(({ type, id, text }) =>
      type === 'repaired' && text !== 'first start' ? [`${id}: ${text}`] : [],
    );
  }

  async #outbox(): Promise<ReturnType<typeof readStep>['told']> {
    const steps = await this.#redis.xrange(`${this.#prefix}out`, '-', '+');
    return steps.flatMap(([, fields]) => readStep(fields).told);
  }
}

function reservationOf(it: RawReservation): { readonly id: string } {
  const { id, state, contactId, entry, agentId, class: kind, fence, deadline, why } = it;
  const { how, ring = 0, overtook = {} } = why;
  return {
    id,
    state,
    contactId,
    entry,
    agentId,
    kind,
    fence,
    deadline,
    how,
    ring,
    overtook,
  } as never;
}

function rosterOf(version: number, people: People): Roster {
  const agents = Object.entries(people).map(([name, text]) => {
    const [can = '', capacity] = text.split('/');
    return {
      id: name as AgentId,
      name,
      qualifications: skills(can),
      ...(capacity !== undefined && { capacity: readCapacity(capacity) }),
    };
  });
  return new Roster(version, agents);
}

function entryOf(it: Entering): Entry {
  const { id, entry, startedAt, preferred, precedence, rings, offerMs } = it;
  return {
    contact: {
      id: id,
      service: 'help',
      requirement: { must: [], prefer: [] },
      priority: precedence.priority,
      startedAt,
      entry,
      ...(preferred && { preferred: { agentId: preferred.agentId, until: preferred.until } }),
    },
    class: it.class,
    offerMs,
    precedence,
    rings,
    waitUntil: preferred?.waitUntil ?? 0,
  };
}

function* pairs(flat: readonly string[]): Generator<readonly [string, string]> {
  for (let i = 0; i + 1 < flat.length; i += 2) yield [flat[i] ?? '', flat[i + 1] ?? ''];
}

function byId(a: { readonly id: string | undefined }, b: { readonly id: string | undefined }): number {
  return (a.id ?? '') < (b.id ?? '') ? -1 : 1;
}

import type { Redis } from 'ioredis';
import { pino } from 'pino';
import type { AgentId, CallbackId } from '../../contracts/ids.ts';
import type {
  AgentWish,
  Contact,
  Placement,
  Qualification,
  Reservation,
  Routing,
  RoutingEvent,
  RoutingSettings,
} from '../../routing/index.ts';
import type { Directory, DirectoryPage, Entitlement, Hours, Service } from '../../routing/testing.ts';
import { connectTo, openAcd, readCapacity, Roster } from '../../routing/testing.ts';
import type { Clock } from '../../server-kit/clock.ts';
import { systemClock } from '../../server-kit/clock.ts';
import type { SharedRedis } from './redis-process.ts';

/** `lang:es 3, product:loans` as qualifications; level 1 where none is written. */
export function skills(text: string): Qualification[] {
  return text
    .split(',')
    .map((it) => it.trim())
    .filter((it) => it !== '')
    .map((it) => ({ name: it.split(' ')[0] ?? '', level: Number(it.split(' ')[1] ?? 1) }));
}

export const id = (text: string) => text as CallbackId;
export const agentId = (text: string) => text as AgentId;

/** A roster that tests write by hand (`lang:es/voice:1:,chat:2:`) and may change; epochs survive as they do in the real store. */
export class FakeDirectory implements Directory {
  people: Record<string, string>;
  offers: Service[] = [service('help')];
  entitlements: Entitlement[] = [];
  /** Who is planned to work when. */
  shifts: Record<string, Hours> = {};
  #version = 1;
  #epoch = 0;

  constructor(people: Record<string, string>) {
    this.people = people;
  }

  change(people: Record<string, string>): void {
    this.people = people;
    this.#version += 1;
  }

  version(): Promise<number> {
    return Promise.resolve(this.#version);
  }

  load(): Promise<DirectoryPage> {
    const agents = Object.entries(this.people).map(([name, text]) => {
      const [can = '', capacity] = text.split('/');
      return {
        id: agentId(name),
        name: name.charAt(0).toUpperCase() + name.slice(1),
        qualifications: skills(can),
        ...(capacity !== undefined && { capacity: readCapacity(capacity) }),
      };
    });
    const services = new Map(this.offers.map((it) => [it.id, it]));
    const shifts = new Map(Object.entries(this.shifts).map(([name, it]) => [agentId(name), it]));
    const roster = new Roster(this.#version, agents);
    return Promise.resolve({ version: this.#version, roster, services, shifts });
  }

  entitlementsOf(): Promise<readonly Entitlement[]> {
    return Promise.resolve(this.entitlements);
  }

  customer(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  nextEpoch(): Promise<number> {
    this.#epoch += 1;
    return Promise.resolve(this.#epoch);
  }
}

export function service(name: string, more: Partial<Service> = {}): Service {
  return {
    id: name,
    name,
    requirement: { must: [], prefer: [] },
    autoAccept: false,
    offerMs: 20_000,
    timezone: 'Europe/London',
    entitled: false,
    slotMinutes: 30,
    slotCapacity: 2,
    hours: { id: 'always', timezone: 'Europe/London', weekly: [], exceptions: [] },
    ...more,
  };
}

/** Whether a cursor is behind another. */
export function isLater(cursor: string, than: string): boolean {
  const number = (it: string) => Number(it.split('-')[1]);
  return number(cursor) > number(than);
}

/** The event of this name. */
export type Told<T extends RoutingEvent['type']> = RoutingEvent & { readonly type: T };

/** Everything routing has told so far, and a way to wait for what it tells next. */
export class Heard {
  readonly all: RoutingEvent[] = [];
  readonly ended: Promise<unknown>;
  readonly #stop = new AbortController();
  #waiting: (() => void)[] = [];

  constructor(routing: Routing, after?: string) {
    this.ended = this.#listen(routing, after).catch((error: unknown) => error);
  }

  async #listen(routing: Routing, after: string | undefined): Promise<void> {
    for await (const event of routing.events(after, this.#stop.signal)) {
      this.all.push(event);
      for (const wake of this.#waiting.splice(0)) wake();
    }
  }

  /** The first event, past or to come, that is as asked. */
  async until<T extends RoutingEvent['type']>(
    type: T,
    is: (event: Told<T>) => boolean = () => true,
  ): Promise<Told<T>> {
    for (;;) {
      const found = this.all.find((it): it is Told<T> => it.type === type && is(it as Told<T>));
      if (found) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  stop(): Promise<unknown> {
    this.#stop.abort();
    return this.ended;
  }
}

/** A contact centre for one test: its own centre name, so that tests share one Redis and never meet. */
export class Centre {
  readonly directory: FakeDirectory;
  readonly name: string;
  readonly redis: Pick<SharedRedis, 'url'>;
  /** Every connection that was made, the newest last. */
  readonly connections: Redis[] = [];
  readonly #opened: Routing[] = [];
  readonly #listening: Heard[] = [];
  static #count = 0;

  /** `name`: that of a centre another process opened. */
  constructor(redis: Pick<SharedRedis, 'url'>, people: Record<string, string>, name?: string) {
    this.redis = redis;
    this.directory = new FakeDirectory(people);
    Centre.#count += 1;
    this.name = name ?? `centre-${process.pid}-${Centre.#count}`;
  }

  async open(settings: Partial<RoutingSettings> = {}, clock: Clock = systemClock): Promise<Routing> {
    const routing = await openAcd({
      connect: (options) => {
        const connection = connectTo(this.redis.url)(options);
        this.connections.push(connection);
        return connection;
      },
      directory: this.directory,
      clock,
      log: pino({ level: 'silent' }),
      centre: this.name,
      settings: { sweepMs: 50, rosterPollMs: 50, leaseMs: 400, ...settings },
    });
    this.#opened.push(routing);
    return routing;
  }

  listen(routing: Routing, after?: string): Heard {
    const heard = new Heard(routing, after);
    this.#listening.push(heard);
    return heard;
  }

  async close(): Promise<void> {
    await Promise.all(this.#listening.map((it) => it.stop()));
    await Promise.all(this.#opened.map((it) => it.close()));
  }
}

const START = Date.now();
let asked = 0;

/** A contact that needs `must`; later ones started later. */
export function contact(name: string, must = '', more: Partial<Contact> = {}): Contact {
  asked += 1;
  return {
    id: id(name),
    service: 'help',
    requirement: { must: skills(must), prefer: [] },
    priority: 0,
    startedAt: START + asked,
    entry: 1,
    ...more,
  };
}

export const ready: AgentWish = { state: 'ready' };
export const off: AgentWish = { state: 'logged-off' };
export const pause = (reason: string): AgentWish => ({ state: 'not-ready', reason });

export function reserved(placement: Placement): Reservation {
  if (placement.state !== 'reserved') throw new Error(`expected a reservation, got ${placement.state}`);
  return placement.reservation;
}

export function queued(placement: Placement): Extract<Placement, { state: 'queued' }>['standing'] {
  if (placement.state !== 'queued') throw new Error(`expected a place in line, got ${placement.state}`);
  return placement.standing;
}

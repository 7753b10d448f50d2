import { Redis } from 'ioredis';
import type { AgentId, CallbackId, ReservationId } from '../../contracts/ids.ts';
import type { Entry } from '../../routing/testing.ts';
import {
  classId,
  keyPrefix,
  Matchmaker,
  precedence,
  Roster,
  RosterPublisher,
} from '../../routing/testing.ts';
import type { Requirement } from '../../routing/index.ts';
import { skills } from '../../test/routing/centre.ts';
import type { RedisProcess } from '../../test/routing/redis-process.ts';

const PREFIX = keyPrefix('bench');

/** Six kinds of contact, and eight kinds of agents who serve one to six of them. */
const kinds = ['lang:en', 'lang:es', 'lang:fr', 'product:loans', 'product:cards', 'product:homes'];
const profiles = [
  kinds.join(', '),
  kinds.slice(0, 5).join(', '),
  kinds.slice(0, 4).join(', '),
  kinds.slice(0, 3).join(', '),
  kinds.slice(0, 2).join(', '),
  kinds.slice(2).join(', '),
  kinds.slice(4).join(', '),
  'lang:en',
];
const requirements: readonly Requirement[] = kinds.map((it) => ({ must: skills(it), prefer: [] }));

/** What the n-th agent can do. */
export function skillsOf(n: number): string {
  return profiles[n % profiles.length] ?? '';
}

function nameOf(n: number): CallbackId {
  return n.toString(16).padStart(32, '0') as CallbackId;
}

/** The matchmaker alone, over a Redis of the bench's own: nothing sweeps or looks beside what is measured. */
export class Bare {
  readonly redis: Redis;
  readonly matchmaker: Matchmaker;
  readonly agents: readonly AgentId[];
  readonly roster: Roster;
  #asked = 0;

  private constructor(redis: Redis, agents: number, outboxMax: number, offerMs: number) {
    const people = Array.from({ length: agents }, (_, i) => ({
      id: `agent-${String(i)}` as AgentId,
      name: `Agent ${String(i)}`,
      qualifications: skills(skillsOf(i)),
    }));
    this.redis = redis;
    this.roster = new Roster(1, people);
    this.matchmaker = new Matchmaker(redis, PREFIX, outboxMax, () => Promise.resolve(1));
    this.agents = people.map((it) => it.id);
    this.#offerMs = offerMs;
  }

  static readonly outbox = `${PREFIX}out`;
  readonly #offerMs: number;

  /** A fresh centre. */
  static async open(
    process: RedisProcess,
    agents: number,
    outboxMax = 1_000,
    offerMs = 20_000,
  ): Promise<Bare> {
    const redis = process.client();
    await redis.flushall();
    // A rewrite of the append-only file would copy memory while we measure.
    await redis.config('SET', 'auto-aof-rewrite-percentage', '0');
    const it = new Bare(redis, agents, outboxMax, offerMs);
    const { matchmaker, roster } = it;
    const publisher = new RosterPublisher(redis, matchmaker, PREFIX);
    await publisher.publish(roster);
    for (const it of requirements) await publisher.defineClass(roster, classId(it), it);
    return it;
  }

  /** The one that `open` made, from another process. */
  static join(url: string, agents: number, outboxMax: number, offerMs: number): Bare {
    return new Bare(new Redis(url, { protocol: 2, enableAutoPipelining: true }), agents, outboxMax, offerMs);
  }

  async ready(id: AgentId): Promise<void> {
    await this.matchmaker.setAgentState(id, this.roster.profileOf(id) ?? '', { state: 'ready' }, 1);
  }

  /** A contact nobody has asked for yet, of one kind after the other; later ones started later. */
  next(): Entry {
    return this.entry((this.#asked += 1));
  }

  /** The n-th, as it is asked for by whoever it is. */
  entry(n: number): Entry {
    const requirement = requirements[n % requirements.length] ?? { must: [], prefer: [] };
    const startedAt = 1_800_000_000_000 + n;
    const id = nameOf(n);
    return {
      contact: { id, service: 'help', requirement, priority: 0, startedAt, entry: 1 },
      class: classId(requirement),
      offerMs: this.#offerMs,
      precedence: precedence(0, startedAt),
      rings: [],
      waitUntil: 0,
    };
  }

  /** Puts `count` contacts into the line. */
  async fill(count: number): Promise<void> {
    const batch = 500;
    for (let i = 0; i < count; i += batch) {
      const some = Array.from({ length: Math.min(batch, count - i) }, () => this.next());
      await Promise.all(some.map((it) => this.matchmaker.enter(it, 1)));
    }
  }

  /** Who is held by what now; read from Redis directly, so that it is not measured. */
  async held(): Promise<readonly (readonly [AgentId, ReservationId])[]> {
    const records = await this.redis.hgetall(`${PREFIX}agents`);
    const held: (readonly [AgentId, ReservationId])[] = [];
    for (const [id, record] of Object.entries(records)) {
      const reservation = record.split('\0')[4] ?? '';
      if (reservation !== '') held.push([id as AgentId, reservation as ReservationId]);
    }
    return held;
  }

  /** Who missed an offer, or said no. */
  async missed(): Promise<readonly AgentId[]> {
    const records = await this.redis.hgetall(`${PREFIX}agents`);
    return Object.keys(records).filter((id) => records[id]?.startsWith('not-ready')) as AgentId[];
  }

  /** One agent after the other. */
  agent(n: number): AgentId {
    return `agent-${String(n % this.agents.length)}` as AgentId;
  }

  /** The contact that was asked for as the n-th. */
  at(n: number): CallbackId {
    return nameOf(n);
  }

  close(): void {
    this.redis.disconnect();
  }
}

const BATCHES = 40;
/** As many agents serve many, so many steps are on their way at once. */
export const AT_ONCE = 50;

export async function atOnce(one: () => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

/**
 * Redis CPU by call of a command, in µs, as Redis itself counts it, of the least disturbed of many short runs of
 * `work`: on a machine with other work, longer runs measure that.
 */
export async function cpuOf(
  redis: Redis,
  command: 'fcall' | 'evalsha',
  work: () => Promise<void>,
): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < BATCHES; i += 1) {
    await redis.config('RESETSTAT');
    await work();
    const stats = await redis.info('commandstats');
    const [, calls, us] = new RegExp(`^cmdstat_${command}:calls=(\\d+),usec=(\\d+)`, 'm').exec(stats) ?? [];
    if (calls === undefined) throw new Error(`${command} was not called`);
    least = Math.min(least, Number(us) / Number(calls));
  }
  return least;
}

import type { Redis } from 'ioredis';
import type { AgentId } from '../../contracts/ids.ts';
import type { ClassId, ProfileId } from '../domain/match.ts';
import { serves, tiersFor } from '../domain/match.ts';
import type { Roster } from '../domain/roster.ts';
import { compatibility } from '../domain/roster.ts';
import type { Qualification, Requirement } from '../routing.ts';
import { RoutingUnavailable } from '../unavailable.ts';
import type { Matchmaker } from './matchmaker.ts';

const CHUNK = 100;
const MOST_TRIES = 10;

/**
 * Brings the roster into Redis: who serves what, worked out once for profiles and classes. A new version is staged in
 * pieces beside the old one and holds from one step on; then each agent whose skills changed is moved, one script each.
 */
export class RosterPublisher {
  readonly #redis: Redis;
  readonly #matchmaker: Matchmaker;
  readonly #prefix: string;
  readonly #defining = new Map<ClassId, Promise<void>>();

  constructor(redis: Redis, matchmaker: Matchmaker, prefix: string) {
    this.#redis = redis;
    this.#matchmaker = matchmaker;
    this.#prefix = prefix;
  }

  /** The roster version Redis works by. */
  async version(): Promise<number> {
    const meta = await this.#ask((redis) => redis.get(`${this.#prefix}meta`));
    return Number(meta?.split('\0')[1] ?? 0);
  }

  /**
   * Makes `roster` the one in force, unless a later one is. False when kinds of contacts kept coming up that were not
   * staged with it: then the one before holds, nothing is lost, and it may be tried again.
   */
  async publish(roster: Roster): Promise<boolean> {
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const profiles = new Map([...(await this.#profilesInUse()), ...roster.profiles]);
      const classes = await this.classes();
      const { tiers, classes: served } = compatibility(profiles, classes);
      const cls = [...classes].flatMap(([id, it]) => [id, JSON.stringify(it), list(tiers.get(id))]);
      const pro = [...profiles].flatMap(([id, has]) => [id, JSON.stringify(has), list(served.get(id))]);
      await this.#stage(roster.version, 'c', cls);
      await this.#stage(roster.version, 'p', pro);
      const [answer] = await this.#matchmaker.run('flip', roster.version);
      if (answer === 'again') continue;
      await this.align(roster);
      return true;
    }
    return false;
  }

  /** Moves every agent who is logged in to the profile the roster gives them; who left it is logged off. */
  async align(roster: Roster): Promise<void> {
    const agents = await this.#ask((redis) => redis.hgetall(`${this.#prefix}agents`));
    for (const [id, text] of Object.entries(agents)) {
      const profile = roster.profileOf(id as AgentId);
      if (text.split('\0')[1] === profile) continue;
      if (profile !== undefined) await this.#matchmaker.run('reprofile', id, profile, roster.version);
      else await this.#matchmaker.setAgentState(id as AgentId, '', { state: 'logged-off' }, roster.version);
    }
  }

  /** Makes a kind of contact known that nobody asked for before; many who ask at once wait for the same answer. */
  defineClass(roster: Roster, id: ClassId, requirement: Requirement): Promise<void> {
    const known = this.#defining.get(id);
    if (known !== undefined) return known;
    const defining = this.#defineClass(roster, id, requirement).finally(() => this.#defining.delete(id));
    this.#defining.set(id, defining);
    return defining;
  }

  async #defineClass(roster: Roster, id: ClassId, requirement: Requirement): Promise<void> {
    const profiles = new Map([...(await this.#profilesInUse()), ...roster.profiles]);
    const able = [...profiles].filter(([name, has]) => serves(name, has, requirement)).map(([name]) => name);
    const tiers = list(tiersFor(requirement, profiles));
    const definition = JSON.stringify(requirement);
    await this.#matchmaker.run('defineClass', roster.version, id, definition, tiers, ...able);
  }

  async classes(): Promise<Map<ClassId, Requirement>> {
    const known = await this.#ask((redis) => redis.hgetall(`${this.#prefix}cdef`));
    return new Map(Object.entries(known).map(([id, text]) => [id, JSON.parse(text) as Requirement]));
  }

  async profiles(): Promise<Map<ProfileId, readonly Qualification[]>> {
    const known = await this.#ask((redis) => redis.hgetall(`${this.#prefix}pdef`));
    return new Map(Object.entries(known).map(([id, text]) => [id, JSON.parse(text) as Qualification[]]));
  }

  async #profilesInUse(): Promise<Map<ProfileId, readonly Qualification[]>> {
    const duty = await this.#ask((redis) => redis.hgetall(`${this.#prefix}duty`));
    const known = await this.profiles();
    return new Map([...known].filter(([id]) => Number(duty[id] ?? 0) > 0));
  }

  async #stage(version: number, kind: 'c' | 'p', triples: readonly string[]): Promise<void> {
    for (let i = 0; i < triples.length; i += 3 * CHUNK) {
      await this.#matchmaker.run('stage', version, kind, ...triples.slice(i, i + 3 * CHUNK));
    }
  }

  async #ask<T>(question: (redis: Redis) => Promise<T>): Promise<T> {
    try {
      return await question(this.#redis);
    } catch (error) {
      throw new RoutingUnavailable('redis', error);
    }
  }
}

function list(it: unknown): string {
  return JSON.stringify(it ?? []);
}

import type { Capacity, RoutedChannel } from './channels.ts';
import { isChannel, readCapacity, USUAL_CAPACITY, USUAL_WRITTEN, writtenCapacity } from './channels.ts';
import type { Qualification, Requirement } from './qualification.ts';

/**
 * What an agent can do, in one short name: agents who can do the same share a profile. A capacity other than the usual
 * stands in the name, `p1x~voice:1:chat,chat:2:`.
 */
export type ProfileId = string;
/** What a contact needs, in one short name: contacts who need the same share a class, and a line. `c1x~chat`: on that channel. */
export type ClassId = string;

/** More than all levels that somebody may be short of. */
const WHOLLY = 1_000;

/** The same skills in one order and each once, at its highest level. */
export function canonical(list: readonly Qualification[]): readonly Qualification[] {
  const levels = new Map<string, number>();
  for (const { name, level } of list) levels.set(name, Math.max(level, levels.get(name) ?? 0));
  return [...levels].map(([name, level]) => ({ name, level })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A requirement in one form: what must be there is not also wished for. */
export function canonicalRequirement({ must, prefer, channel = 'voice' }: Requirement): Requirement {
  const needed = canonical(must);
  const wanted = canonical(prefer).filter((wish) => !meets(needed, wish));
  return { must: needed, prefer: wanted, ...(channel !== 'voice' && { channel }) };
}

/** The profile of these qualifications and this capacity. */
export function profileId(list: readonly Qualification[], capacity = USUAL_CAPACITY): ProfileId {
  const rooms = writtenCapacity(capacity);
  return `p${shortName(written(canonical(list)))}${rooms === USUAL_WRITTEN ? '' : `~${rooms}`}`;
}

/** What agents of a profile may have in hand at once. */
export function capacityOf(id: ProfileId): Capacity {
  const at = id.indexOf('~');
  return at < 0 ? USUAL_CAPACITY : readCapacity(id.slice(at + 1));
}

/** The class of this requirement. */
export function classId(requirement: Requirement): ClassId {
  const { must, prefer, channel } = canonicalRequirement(requirement);
  const name = `c${shortName(`${written(must)}/${written(prefer)}`)}`;
  return channel === undefined ? name : `${name}~${channel}`;
}

/** The channel contacts of a class come by. */
export function channelOf(id: ClassId): RoutedChannel {
  const name = id.slice(id.indexOf('~') + 1);
  return isChannel(name) ? name : 'voice';
}

/** Whether all that must be there is, at the level asked for. */
export function canServe(has: readonly Qualification[], { must }: Requirement): boolean {
  return must.every((need) => meets(has, need));
}

/** Whether agents of a profile, who have these qualifications, ever get such a contact. */
export function serves(profile: ProfileId, has: readonly Qualification[], requirement: Requirement): boolean {
  return hasRoomFor(requirement, capacityOf(profile)) && canServe(has, requirement);
}

/** Whether somebody of this capacity ever gets a contact that comes by such a channel. */
export function hasRoomFor({ channel = 'voice' }: Requirement, capacity: Capacity = USUAL_CAPACITY): boolean {
  return capacity[channel].most > 0;
}

/** How well: wishes met first, then proficiency in what was required and wished. */
export interface Rank {
  readonly wishes: number;
  readonly proficiency: number;
}

/** The rank of somebody who can serve. */
export function rankOf(has: readonly Qualification[], requirement: Requirement): Rank {
  const { must, prefer } = canonicalRequirement(requirement);
  const named = new Set([...must, ...prefer].map((it) => it.name));
  return {
    wishes: prefer.filter((wish) => meets(has, wish)).length,
    proficiency: canonical(has).reduce((sum, it) => sum + (named.has(it.name) ? it.level : 0), 0),
  };
}

/** Negative when `a` goes first. */
export function compareRanks(a: Rank, b: Rank): number {
  return b.wishes - a.wishes || b.proficiency - a.proficiency;
}

/** The profiles that can serve, best first; those in one tier are equally good, and the longest idle of them wins. */
export function tiersFor(
  requirement: Requirement,
  profiles: ReadonlyMap<ProfileId, readonly Qualification[]>,
): readonly (readonly ProfileId[])[] {
  const able = [...profiles]
    .filter(([id, has]) => serves(id, has, requirement))
    .map(([id, has]) => ({ id, rank: rankOf(has, requirement) }))
    .sort((a, b) => compareRanks(a.rank, b.rank) || (a.id < b.id ? -1 : 1));
  const tiers: ProfileId[][] = [];
  let last: Rank | undefined;
  for (const { id, rank } of able) {
    if (last === undefined || compareRanks(last, rank) !== 0) tiers.push([]);
    tiers.at(-1)?.push(id);
    last = rank;
  }
  return tiers;
}

/** Why somebody cannot serve, e.g. `no lang:es` or `lang:es 2, needs 3`; undefined when they can. */
export function lack(has: readonly Qualification[], { must }: Requirement): string | undefined {
  const missing = must.find((need) => !meets(has, need));
  if (missing === undefined) return undefined;
  const level = levelOf(has, missing.name);
  return level === 0 ? `no ${missing.name}` : `${missing.name} ${level}, needs ${missing.level}`;
}

/** How far somebody is from being able to serve: first how much is missing altogether, then by how many levels; 0: they can. */
export function lackOf(has: readonly Qualification[], { must }: Requirement): number {
  return must.reduce((sum, { name, level }) => {
    const held = levelOf(has, name);
    return sum + (held === 0 ? WHOLLY : Math.max(0, level - held));
  }, 0);
}

/** The level held, 0 for none. */
export function levelOf(has: readonly Qualification[], name: string): number {
  return has.reduce((best, it) => (it.name === name ? Math.max(best, it.level) : best), 0);
}

function meets(has: readonly Qualification[], need: Qualification): boolean {
  return levelOf(has, need.name) >= need.level;
}

function written(list: readonly Qualification[]): string {
  return list.map(({ name, level }) => `${name}=${level}`).join(' ');
}

/** 64 bits of FNV-1a: thousands of profiles do not collide, and keys stay short. */
function shortName(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const character of text) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(character.codePointAt(0) ?? 0)) * 0x100000001b3n);
  }
  return hash.toString(36);
}

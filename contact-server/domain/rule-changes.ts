import {
  USUAL_CAPACITY,
  withOneTelephone,
  type Capacity,
  type RoutedChannel,
} from '../../contracts/capacity.ts';
import type { Rules, RulesChange } from '../../contracts/rules.schema.ts';
import type { RulesFault } from '../../contracts/rules.ts';

/** Of a longer list the first names: enough to know where to look. */
const MOST_NAMED = 10;

/** The rules after a change; what it does not name stays as it is. People nobody knows are left out. */
export function changedRules(now: Rules, change: Omit<RulesChange, 'base'>): Rules {
  const agents = new Map(change.agents.map((it) => [it.id, it]));
  return {
    qualifications: [...new Set([...now.qualifications, ...change.addQualifications])].sort(),
    services: replaced(
      now.services,
      change.services.map((it) => whole(it, now)),
    ).map((it) => (change.removeServices.includes(it.id) ? { ...it, removed: true } : it)),
    hours: replaced(now.hours, change.hours).filter((it) => !change.removeHours.includes(it.id)),
    agents: now.agents.map((it) => able(it, agents.get(it.id))),
    entitlements: replaced(now.entitlements, change.entitlements.map(inOneForm)).filter(
      (it) => !change.removeEntitlements.includes(it.id),
    ),
  };
}

/**
 * The rules of a version from before there were rings, waits, last agents or capacities, with none and the usual capacity;
 * from before calls at once were limited, and times written in one form.
 */
export function completed(rules: Rules): Rules {
  const none = { rings: [], preferredWaitMs: 0, lastAgent: false, ageMsPerPriority: 0 };
  return {
    ...rules,
    services: rules.services.map((it) => ({ ...none, ...it })),
    agents: rules.agents.map((it) => ({ ...it, capacity: withOneTelephone(it.capacity ?? USUAL_CAPACITY) })),
    entitlements: rules.entitlements.map(inOneForm),
  };
}

/**
 * An earlier version's rules, with the people that have come since as they are now. A service it does not have, or had
 * removed, is removed; one that has been removed since is offered again.
 */
export function restoredRules(now: Rules, earlier: Rules): Rules {
  const agents = new Map(earlier.agents.map((it) => [it.id, it]));
  return {
    qualifications: [...new Set([...now.qualifications, ...earlier.qualifications])].sort(),
    services: [
      ...now.services.map((it) => serviceThen(it, find(earlier.services, it.id))),
      ...earlier.services.filter((it) => !has(now.services, it.id)),
    ],
    hours: earlier.hours,
    agents: now.agents.map((it) => able(it, agents.get(it.id))),
    entitlements: earlier.entitlements.map(inOneForm),
  };
}

type Service = Rules['services'][number];

/** A service as a change says it; what it may leave out is as it was. */
function whole(next: RulesChange['services'][number], now: Rules): Service {
  const { lastAgent, callerIds } = find(now.services, next.id) ?? {};
  const { callerIds: shown = [], ...it } = { ...(callerIds && { callerIds }), ...next };
  return {
    ...(lastAgent !== undefined && { lastAgent }),
    ...it,
    ...(shown.length > 0 && { callerIds: shown }),
  };
}

function serviceThen({ removed: _, ...now }: Service, then: Service | undefined): Service {
  if (!then) return { ...now, removed: true };
  // A version from before there were rings, or waits, says nothing of them; of numbers none says as much as any.
  const { callerIds: _now, ...rest } = now;
  return { ...rest, ...then };
}

type Agent = Rules['agents'][number];

/** An agent, able to do what another version of them says; who it does not name stays as they are. */
function able(now: Agent, then: Omit<Agent, 'name'> = now): Agent {
  const { id, name } = now;
  const { qualifications, hours, capacity = now.capacity } = then;
  return {
    id,
    name,
    qualifications,
    ...(hours !== undefined && { hours }),
    ...(capacity !== undefined && { capacity: withOneTelephone(capacity) }),
  };
}

/** Its times as the directory tells them: the same moment, written otherwise, is no change. */
function inOneForm(it: Rules['entitlements'][number]): Rules['entitlements'][number] {
  const { validFrom, validTo } = it;
  return {
    ...it,
    ...(validFrom !== undefined && { validFrom: new Date(validFrom).toISOString() }),
    ...(validTo !== undefined && { validTo: new Date(validTo).toISOString() }),
  };
}

/** Of the hours that are to go, those that a service or somebody's shift still goes by, and which. */
export function hoursInUse({ services: all, agents }: Rules, removed: readonly string[]): RulesFault[] {
  const services = all.filter((it) => !it.removed);
  return removed.flatMap((id, i) => {
    const by = (list: readonly (Item & { readonly hours?: string | undefined })[], what: string): string => {
      const names = list.filter((it) => it.hours === id).map(titleOf);
      const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '';
      return names.length === 0 ? '' : ` ${what}: ${names.slice(0, MOST_NAMED).join(', ')}${more}.`;
    };
    const users = by(services, 'Services that open by it') + by(agents, 'Agents who work at it');
    if (users === '') return [];
    return { path: `/removeHours/${i}`, message: `${id} is in use.${users} Give them other hours first.` };
  });
}

/** What differs, a sentence for each thing that was added, removed or changed. */
export function differences(before: Rules, after: Rules): string[] {
  const added = after.qualifications.filter((it) => !before.qualifications.includes(it));
  return [
    ...added.map((it) => `Qualification ${it} added`),
    ...ofKind('Service', before.services, after.services),
    ...ofKind('Hours', before.hours, after.hours),
    ...ofKind('Agent', before.agents, after.agents),
    ...ofKind('Entitlement', before.entitlements, after.entitlements),
  ];
}

interface Item {
  readonly id: string;
  readonly name?: string;
  readonly removed?: true;
}

function ofKind(kind: string, before: readonly Item[], after: readonly Item[]): string[] {
  const was = new Map(before.map((it) => [it.id, it]));
  const changed = after.flatMap((now) => {
    const old = was.get(now.id);
    if (!old) return [`${kind} ${titleOf(now)} added`];
    const fields = [...new Set([...Object.keys(old), ...Object.keys(now)])]
      .filter((name) => name !== 'removed')
      .flatMap((name) => fieldChange(name, field(old, name), field(now, name)));
    return [
      ...(old.removed && !now.removed ? [`${kind} ${titleOf(now)} offered again`] : []),
      ...(fields.length === 0 ? [] : [`${kind} ${titleOf(now)}: ${fields.join('; ')}`]),
      ...(!old.removed && now.removed ? [`${kind} ${titleOf(now)} removed`] : []),
    ];
  });
  const removed = before.filter((it) => !has(after, it.id)).map((it) => `${kind} ${titleOf(it)} removed`);
  return [...changed, ...removed];
}

const fieldNames: Readonly<Record<string, string>> = {
  must: 'must have',
  prefer: 'preferred',
  rings: 'steps with waiting',
  preferredWaitMs: 'waits for the preferred agent',
  lastAgent: 'prefers the agent of last time',
  ageMsPerPriority: 'a point of priority counts as waiting of',
  autoAccept: 'accepts by itself',
  offerMs: 'offer time',
  entitled: 'for the entitled only',
  slotMinutes: 'slot length (min)',
  slotCapacity: 'calls in a slot',
  callerIds: 'numbers shown',
  capacity: 'at once',
  timezone: 'time zone',
  weekly: 'opening times',
  exceptions: 'exceptions',
  ipRange: 'address range',
  validFrom: 'valid from',
  validTo: 'valid to',
};

function fieldChange(name: string, before: unknown, after: unknown): string[] {
  const [from, to] = [inWords(before, name), inWords(after, name)];
  return from === to ? [] : [`${fieldNames[name] ?? name} ${from} → ${to}`];
}

function inWords(value: unknown, name = ''): string {
  if (value === undefined && name === 'callerIds') return 'those of the company file';
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return 'none';
  if (name.endsWith('Ms') && typeof value === 'number') return duration(value);
  if (name === 'capacity') return capacityInWords(value as Capacity);
  if (name.startsWith('valid') && typeof value === 'string') return momentInWords(value);
  if (name === 'weekly') return (value as Hours['weekly']).map(openingInWords).join(', ');
  if (name === 'exceptions') return (value as Hours['exceptions']).map(dayInWords).join(', ');
  if (name === 'rings' && Array.isArray(value)) return (value as Rings).map(ringInWords).join(', then ');
  if (Array.isArray(value)) return value.map((it) => inWords(it)).join(', ');
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'object' && value !== null)
    return Object.values(value)
      .map((it) => inWords(it))
      .join(' ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

type Rings = Rules['services'][number]['rings'];

function ringInWords({ afterMs, must, prefer }: Rings[number]): string {
  const wished = prefer.length === 0 ? '' : `, preferred ${inWords(prefer)}`;
  return `after ${duration(afterMs)} ${must.length === 0 ? 'anybody' : inWords(must)}${wished}`;
}

type Hours = Rules['hours'][number];

const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** `Mon 09:00 to 17:00`. */
function openingInWords({ day, from, to }: Hours['weekly'][number]): string {
  return `${days[day - 1] ?? String(day)} ${from} to ${to}`;
}

/** `2026-12-24 09:00 to 12:00 and 13:00 to 15:00`, `2026-12-25 closed`. */
function dayInWords({ date, periods }: Hours['exceptions'][number]): string {
  const open = periods.map(({ from, to }) => `${from} to ${to}`).join(' and ');
  return `${date} ${open === '' ? 'closed' : open}`;
}

/** `2026-12-24`, or `2026-12-24 10:00 UTC` where that is not all of the moment. */
function momentInWords(iso: string): string {
  const [day = '', time = ''] = iso.split('T');
  if (time === '00:00:00.000Z') return day;
  return `${day} ${time.replace(/(:00)?\.000Z$/, '').replace('Z', '')} UTC`;
}

const channelWords: Readonly<Record<RoutedChannel, string>> = { voice: 'calls', chat: 'chats' };

/** `1 calls and then no chats, 3 chats`. */
function capacityInWords(capacity: Capacity): string {
  const rooms = Object.entries(capacity) as [RoutedChannel, Capacity[RoutedChannel]][];
  return rooms
    .map(([channel, { most, blocks }]) => {
      const blocked = blocks.map((it) => channelWords[it]).join(' or ');
      return `${channelWords[channel]} ${String(most)}${blocked === '' ? '' : ` (no ${blocked} beside)`}`;
    })
    .join(', ');
}

function duration(ms: number): string {
  if (ms === 0) return 'none';
  return ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1000} s`;
}

function titleOf({ id, name }: Item): string {
  return name ?? id;
}

function field(item: Item, name: string): unknown {
  return new Map<string, unknown>(Object.entries(item)).get(name);
}

function has(list: readonly { readonly id: string }[], id: string): boolean {
  return find(list, id) !== undefined;
}

function find<T extends { readonly id: string }>(list: readonly T[], id: string): T | undefined {
  return list.find((it) => it.id === id);
}

function replaced<T extends { readonly id: string }>(now: readonly T[], next: readonly T[]): T[] {
  const news = new Map(next.map((it) => [it.id, it]));
  return [...now.map((it) => news.get(it.id) ?? it), ...next.filter((it) => !has(now, it.id))];
}

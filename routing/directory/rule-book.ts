import type { Connection } from 'mongoose';
import type { Rules } from '../../contracts/rules.schema.ts';
import { soundCapacity, unusual, USUAL_CAPACITY } from '../domain/channels.ts';
import { addressRange } from './addresses.ts';
import { directoryChanged } from './directory-changed.ts';
import type { AgentDoc, EntitlementDoc, HoursDoc, ServiceDoc } from './models.ts';
import { directoryModels, SCHEMA_VERSION } from './models.ts';

/** The rules as the directory holds them now, each kind in the order of its ids. */
export async function readRules(connection: Connection, centre = 'main'): Promise<Rules> {
  const { qualifications, services, hours, agents, entitlements } = directoryModels(connection);
  const kept = { centre, removed: { $ne: true } } as never;
  const [names, offers, clocks, people, owed] = await Promise.all([
    qualifications.find({ centre }).lean(),
    services.find({ centre }).lean(),
    hours.find(kept).lean(),
    agents.find({ centre, active: true }).lean(),
    entitlements.find(kept).lean(),
  ]);
  return {
    qualifications: names.map((it) => it.name).sort(),
    services: sorted(offers as ServiceDoc[]).map(service),
    hours: sorted(clocks as unknown as HoursDoc[]).map(({ id, timezone, weekly, exceptions }) => ({
      id,
      timezone,
      weekly: weekly.map(({ day, from, to }) => ({ day, from, to })),
      exceptions: exceptions.map(({ date, periods }) => ({
        date,
        periods: periods.map(({ from, to }) => ({ from, to })),
      })),
    })),
    agents: sorted(people as AgentDoc[]).map(agent),
    entitlements: sorted(owed as unknown as EntitlementDoc[]).map(entitlement),
  };
}

/**
 * Makes the directory say what these rules say, and tells all distributors. May be repeated: one that was broken off
 * is made whole by the next. Services and people that the rules do not name stay as they are: no rules leave a service out
 * that was ever there.
 */
export async function writeRules(connection: Connection, rules: Rules, centre = 'main'): Promise<void> {
  const models = directoryModels(connection);
  const key = (id: string): string => `${centre}/${id}`;
  const fresh = { centre, schemaVersion: SCHEMA_VERSION };
  const now = await readRules(connection, centre);
  for (const name of rules.qualifications.filter((it) => !now.qualifications.includes(it))) {
    const kind = name.split(':')[0] ?? '';
    await models.qualifications.updateOne(
      { _id: key(name) },
      { $setOnInsert: { ...fresh, name, kind } },
      { upsert: true },
    );
  }
  // Hours before the services that name them, and gone only after nobody does.
  for (const { id, ...it } of changed(rules.hours, now.hours)) {
    await models.hours.updateOne(
      { _id: key(id) },
      { $set: { ...it, ...fresh, id }, $unset: { removed: 1 } },
      { upsert: true },
    );
  }
  for (const { id, ...it } of changed(rules.services, now.services)) {
    const gone = (['callerIds', 'removed'] as const).filter((name) => it[name] === undefined);
    await models.services.updateOne(
      { _id: key(id) },
      { $set: { ...it, ...fresh, id }, $unset: Object.fromEntries(gone.map((name) => [name, 1])) },
      { upsert: true },
    );
  }
  for (const { id, qualifications, hours, capacity = USUAL_CAPACITY } of changed(rules.agents, now.agents)) {
    const own = unusual(capacity);
    const set = { qualifications, ...(hours !== undefined && { hours }), ...(own && { capacity: own }) };
    const gone = { ...(hours === undefined && { hours: 1 }), ...(!own && { capacity: 1 }) };
    await models.agents.updateOne({ _id: key(id) }, { $set: set, $unset: gone });
  }
  for (const it of changed(rules.entitlements, now.entitlements)) {
    const range = it.ipRange === undefined ? undefined : addressRange(it.ipRange);
    const fields: Record<string, unknown> = { ...it, first: range?.first, last: range?.last };
    const optional = ['customerId', 'phone', 'ipRange', 'first', 'last', 'validFrom', 'validTo'];
    const gone = [...optional.filter((name) => fields[name] === undefined), 'removed'];
    const set = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
    await models.entitlements.updateOne(
      { _id: key(it.id) },
      { $set: { ...set, ...fresh }, $unset: Object.fromEntries(gone.map((name) => [name, 1])) },
      { upsert: true },
    );
  }
  const others = (list: readonly { readonly id: string }[]): never =>
    ({ centre, removed: { $ne: true }, id: { $nin: list.map((it) => it.id) } }) as never;
  await models.entitlements.updateMany(others(rules.entitlements), { $set: { removed: true } });
  await models.hours.updateMany(others(rules.hours), { $set: { removed: true } });
  await directoryChanged(connection, centre);
}

function agent({ id, name, qualifications, hours, capacity }: AgentDoc): Rules['agents'][number] {
  return {
    id,
    name,
    qualifications: plain(qualifications),
    ...(hours !== undefined && { hours }),
    capacity: soundCapacity(capacity),
  };
}

function service(it: ServiceDoc): Rules['services'][number] {
  const { id, name, hours, preferredWaitMs = 0, lastAgent = false, ageMsPerPriority = 0 } = it;
  const { autoAccept, offerMs, entitled, slotMinutes, slotCapacity, callerIds, removed } = it;
  return {
    id,
    name,
    hours,
    must: plain(it.must),
    prefer: plain(it.prefer),
    rings: (it.rings ?? []).map(({ afterMs, must, prefer }) => ({
      afterMs,
      must: plain(must),
      prefer: plain(prefer),
    })),
    preferredWaitMs,
    lastAgent,
    ageMsPerPriority,
    autoAccept,
    offerMs,
    entitled,
    slotMinutes,
    slotCapacity,
    ...(callerIds && { callerIds: [...callerIds] }),
    ...(removed && { removed }),
  };
}

function entitlement(it: EntitlementDoc): Rules['entitlements'][number] {
  const { id, customerId, phone, ipRange, services, tier, priority, validFrom, validTo } = it;
  return {
    id,
    services: [...services],
    tier,
    priority,
    ...(customerId !== undefined && { customerId }),
    ...(phone !== undefined && { phone }),
    ...(ipRange !== undefined && { ipRange }),
    ...(validFrom !== undefined && { validFrom: validFrom.toISOString() }),
    ...(validTo !== undefined && { validTo: validTo.toISOString() }),
  };
}

function plain(skills: ServiceDoc['must']): { name: string; level: number }[] {
  return skills.map(({ name, level }) => ({ name, level }));
}

/** Those that are new or not as they are now; the order of fields is ours on both sides. */
function changed<T extends { readonly id: string }>(next: readonly T[], now: readonly T[]): T[] {
  const known = new Map(now.map((it) => [it.id, written(it)]));
  return next.filter((it) => known.get(it.id) !== written(it));
}

function written(it: object): string {
  return JSON.stringify(Object.entries(it).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function sorted<T extends { readonly id: string }>(list: readonly T[]): T[] {
  return [...list].sort((a, b) => (a.id < b.id ? -1 : 1));
}

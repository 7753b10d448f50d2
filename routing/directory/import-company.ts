import type { Connection, Model } from 'mongoose';
import type { Company } from '../../contracts/company.schema.ts';
import type { Capacity } from '../domain/channels.ts';
import { USUAL_WRITTEN, writtenCapacity } from '../domain/channels.ts';
import type { Qualification } from '../domain/qualification.ts';
import { ruleFaults } from '../domain/rings.ts';
import { addressRange } from './addresses.ts';
import { directoryModels, SCHEMA_VERSION } from './models.ts';

/** What an import changed. */
export interface Imported {
  readonly added: number;
  readonly left: number;
  /** Services, or rings of them, that nobody can take at present: a sentence each. */
  readonly unmanned: readonly string[];
}

/**
 * Takes a company over into the directory: adds what is new and leaves what exists, since it may have been edited.
 * Safe to repeat, and by several processes at once; running distributors follow within their poll.
 */
export async function importDirectory(
  connection: Connection,
  company: Company,
  centre = 'main',
): Promise<Imported> {
  const models = directoryModels(connection);
  await Promise.all(Object.values(models).map((it: Model<unknown>) => it.createIndexes()));
  const known = await models.agents.find({ centre, active: true }, { qualifications: 1 }).lean();
  const unmanned = checkedRules(company, [...known, ...company.agents]);
  const names = new Set([
    ...company.agents.flatMap((it) => it.qualifications.map((skill) => skill.name)),
    ...company.services.flatMap((it) => [...it.must, ...it.prefer].map((skill) => skill.name)),
  ]);
  const counts = [
    await add(
      models.qualifications,
      centre,
      [...names].map((name) => ({ id: name, name, kind: name.split(':')[0] })),
    ),
    await add(models.hours, centre, company.hours),
    await add(models.services, centre, company.services),
    await add(
      models.agents,
      centre,
      company.agents.map(({ id, name, qualifications, capacity }) => ({
        id,
        name,
        qualifications,
        capacity: unusual(company.channels, capacity),
        active: true,
      })),
    ),
    await add(
      models.entitlements,
      centre,
      company.entitlements.map((it) => ({ ...it, ...range(it.id, it.ipRange) })),
    ),
    await add(
      models.customers,
      centre,
      company.customers.map(({ id, preferredAgent, language }) => ({ id, preferredAgent, language })),
    ),
  ];
  const added = counts.reduce((sum, it) => sum + it.added, 0);
  if (added > 0) await directoryChanged(connection, centre);
  return { added, left: counts.reduce((sum, it) => sum + it.left, 0), unmanned };
}

/**
 * Rules that make no sense are refused as a whole, before anything is stored. What nobody can meet is told: a centre
 * must not stand still because somebody left, or is not hired yet.
 */
function checkedRules(
  { services }: Company,
  agents: readonly { readonly qualifications: readonly Qualification[] }[],
): readonly string[] {
  const faults = services.flatMap(({ id, must, prefer, rings }) =>
    ruleFaults(
      { id, requirement: { must, prefer }, rings },
      agents.map((it) => it.qualifications),
    ).map(({ where, reason, unmanned }) => ({ text: `services.${id}.${where}: ${reason}`, unmanned })),
  );
  const wrong = faults.filter((it) => !it.unmanned).map((it) => it.text);
  if (wrong.length > 0) throw new SenselessRule(wrong.join(' '));
  return faults.map((it) => it.text);
}

/** The centre's rule with an agent's own numbers, where that is not the usual. */
function unusual(
  rooms: Company['channels'],
  { voice, chat }: NonNullable<Company['agents'][number]['capacity']> = {},
): Capacity | undefined {
  const own: Capacity = {
    voice: { ...rooms.voice, ...(voice !== undefined && { most: voice }) },
    chat: { ...rooms.chat, ...(chat !== undefined && { most: chat }) },
  };
  return writtenCapacity(own) === USUAL_WRITTEN ? undefined : own;
}

/** A service's rule contradicts itself; the message says which, where and why. */
export class SenselessRule extends Error {
  override readonly name = 'SenselessRule';
}

/** To be called after any edit of the directory, so that every running distributor loads it anew. */
export async function directoryChanged(connection: Connection, centre = 'main'): Promise<void> {
  const { meta } = directoryModels(connection);
  await meta.updateOne(
    { _id: centre },
    { $inc: { version: 1 }, $setOnInsert: { centre, epoch: 0, schemaVersion: SCHEMA_VERSION } },
    { upsert: true },
  );
}

async function add<T>(
  model: Model<T>,
  centre: string,
  items: readonly { readonly id: string }[],
): Promise<Omit<Imported, 'unmanned'>> {
  let added = 0;
  for (const item of items) {
    const _id = `${centre}/${item.id}`;
    const fields: Record<string, unknown> = { ...item };
    const written = Object.entries(fields).filter(([, value]) => value !== undefined);
    const fresh = { ...Object.fromEntries(written), centre, schemaVersion: SCHEMA_VERSION };
    const result = await insert(model, _id, fresh);
    added += result;
  }
  return { added, left: items.length - added };
}

async function insert<T>(model: Model<T>, _id: string, fresh: object): Promise<number> {
  try {
    const result = await model.updateOne(
      { _id },
      { $setOnInsert: fresh },
      {
        upsert: true,
        setDefaultsOnInsert: false,
      },
    );
    return result.upsertedCount;
  } catch (error) {
    // Another process added the same in the same moment.
    if ((error as { code?: unknown }).code === 11000) return 0;
    throw error;
  }
}

function range(id: string, ipRange: string | undefined): { first: string; last: string } | object {
  if (ipRange === undefined) return {};
  const ends = addressRange(ipRange);
  if (ends === undefined) throw new Error(`entitlement ${id}: ${ipRange} is no address range`);
  return ends;
}

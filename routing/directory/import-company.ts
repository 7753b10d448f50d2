import type { Connection, Model } from 'mongoose';
import type { Company } from '../../contracts/company.schema.ts';
import type { Rules } from '../../contracts/rules.schema.ts';
import type { RulesFault } from '../../contracts/rules.ts';
import type { Capacity } from '../domain/channels.ts';
import { unusual } from '../domain/channels.ts';
import { addressRange } from './addresses.ts';
import { directoryChanged } from './directory-changed.ts';
import { directoryModels, SCHEMA_VERSION } from './models.ts';
import { readRules } from './rule-book.ts';
import { rulesFaults } from './rule-faults.ts';

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
  const now = await readRules(connection, centre);
  const rules = together(now, company);
  const unmanned = checked(rules, now);
  const counts = [
    await add(
      models.qualifications,
      centre,
      rules.qualifications.map((name) => ({ id: name, name, kind: name.split(':')[0] })),
    ),
    await add(models.hours, centre, company.hours),
    await add(
      models.services,
      centre,
      // The numbers it shows stay the file's, until a manager chooses others.
      company.services.map(({ callerIds: _, ...it }) => it),
    ),
    await add(
      models.agents,
      centre,
      company.agents.map(({ id, name, qualifications, capacity, hours }) => ({
        id,
        name,
        qualifications,
        capacity: unusual(capacityIn(company.channels, capacity)),
        hours,
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

/** The rules once the file is taken over: what is there stays as it is. */
function together(now: Rules, { services, hours, agents, entitlements, channels }: Company): Rules {
  const named = [
    ...agents.flatMap((it) => it.qualifications),
    ...services.flatMap((it) => [it, ...it.rings].flatMap(({ must, prefer }) => [...must, ...prefer])),
  ].map((it) => it.name);
  const kept = <T extends { readonly id: string }>(here: readonly T[], file: readonly T[]): T[] => [
    ...here,
    ...file.filter(({ id }) => !here.some((it) => it.id === id)),
  ];
  return {
    qualifications: [...new Set([...now.qualifications, ...named])],
    services: kept(
      now.services,
      services.map(({ callerIds: _, ...it }) => it),
    ),
    hours: kept(now.hours, hours),
    agents: kept(
      now.agents,
      agents.map((it) => ({ ...it, capacity: capacityIn(channels, it.capacity) })),
    ),
    entitlements: kept(now.entitlements, entitlements),
  };
}

/**
 * A file that makes no sense is refused as a whole, before anything is stored. What nobody can meet is told: a centre
 * must not stand still because somebody left, or is not hired yet.
 */
function checked(rules: Rules, now: Rules): readonly string[] {
  const words = ({ path, message }: RulesFault): string =>
    `${path.slice(1).replaceAll('/', '.')}: ${message}`;
  const faults = rulesFaults(rules);
  const old = new Set(rulesFaults(now).map(words));
  const wrong = faults.filter((it) => !it.unmanned).map(words);
  const fresh = wrong.filter((it) => !old.has(it));
  if (fresh.length > 0) throw new SenselessRule(fresh.join(' '));
  return faults.filter((it) => it.unmanned).map(words);
}

/** The centre's rule with an agent's own numbers. */
function capacityIn(
  rooms: Company['channels'],
  { voice, chat }: NonNullable<Company['agents'][number]['capacity']> = {},
): Capacity {
  return {
    voice: { ...rooms.voice, ...(voice !== undefined && { most: voice }) },
    chat: { ...rooms.chat, ...(chat !== undefined && { most: chat }) },
  };
}

/** The company's rules contradict themselves; the message says which, where and why. */
export class SenselessRule extends Error {
  override readonly name = 'SenselessRule';
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

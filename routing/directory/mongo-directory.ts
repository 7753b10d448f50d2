import type { Connection } from 'mongoose';
import type { AgentId } from '../../contracts/ids.ts';
import type { Asker, Entitlement } from '../domain/entitlement.ts';
import { soundCapacity, unusual } from '../domain/channels.ts';
import type { Hours } from '../domain/hours.ts';
import { Roster } from '../domain/roster.ts';
import type { AgentProfile, Qualification } from '../routing.ts';
import { RoutingUnavailable } from '../unavailable.ts';
import type { Directory, DirectoryPage, KnownCustomer, Service } from './directory.ts';
import { EntitlementBook } from './entitlement-book.ts';
import type { AgentDoc, DirectoryModels, EntitlementDoc, HoursDoc, ServiceDoc } from './models.ts';
import { directoryModels, SCHEMA_VERSION } from './models.ts';

const LIMIT_MS = 1_800;
const MOST = { agents: 100_000, services: 1_000, entitlements: 200 };
/** Up to so many entitlements are held in memory, at the version of the page; more are asked for one by one. */
const HELD_ENTITLEMENTS = 20_000;

/** The directory in MongoDB. */
export class MongoDirectory implements Directory {
  readonly #models: DirectoryModels;
  readonly #centre: string;
  #book: EntitlementBook | undefined;

  constructor(connection: Connection, centre: string) {
    this.#models = directoryModels(connection);
    this.#centre = centre;
  }

  async version(): Promise<number> {
    const { meta } = this.#models;
    const found = await inTime(meta.findById(this.#centre, { version: 1 }).lean().maxTimeMS(LIMIT_MS));
    return found?.version ?? 0;
  }

  async load(): Promise<DirectoryPage> {
    const { agents, services, hours, entitlements } = this.#models;
    const centre = this.#centre;
    // The version is read first: what changes meanwhile raises it, and is loaded with the next look. Never 0, which
    // stands for "nothing in force".
    const version = Math.max(1, await this.version());
    const [people, offers, clocks, owed] = await Promise.all([
      inTime(agents.find({ centre, active: true }).limit(MOST.agents).lean(), 30_000),
      inTime(services.find({ centre }).limit(MOST.services).lean()),
      inTime(hours.find({ centre }).limit(MOST.services).lean()),
      inTime(
        entitlements
          .find({ centre, removed: { $ne: true } })
          .limit(HELD_ENTITLEMENTS + 1)
          .lean(),
        30_000,
      ),
    ]);
    this.#book =
      owed.length > HELD_ENTITLEMENTS
        ? undefined
        : new EntitlementBook((owed as unknown as EntitlementDoc[]).map(entitlementOf));
    const hoursById = new Map((clocks as HoursDoc[]).map((it) => [it.id, hoursOf(it)]));
    const shifts = new Map<AgentId, Hours>();
    for (const { id, hours = '' } of people as AgentDoc[]) {
      const planned = hoursById.get(hours);
      if (planned) shifts.set(id as AgentId, planned);
    }
    return {
      version,
      roster: new Roster(version, (people as AgentDoc[]).map(profile)),
      shifts,
      services: new Map(
        (offers as ServiceDoc[]).map((it) => [it.id, serviceOf(it, hoursById.get(it.hours))] as const),
      ),
    };
  }

  async entitlementsOf(asker: Asker): Promise<readonly Entitlement[]> {
    if (this.#book) return this.#book.of(asker);
    const { entitlements } = this.#models;
    const either: object[] = [{ phone: asker.phone }];
    if (asker.customerId !== undefined) either.push({ customerId: asker.customerId });
    if (asker.address !== undefined) {
      either.push({ first: { $lte: asker.address }, last: { $gte: asker.address } });
    }
    const found = await inTime(
      entitlements
        .find({ centre: this.#centre, removed: { $ne: true }, $or: either } as never)
        .sort({ priority: -1, id: 1 })
        .limit(MOST.entitlements)
        .lean()
        .maxTimeMS(LIMIT_MS),
    );
    return (found as unknown as EntitlementDoc[]).map(entitlementOf);
  }

  async customer(id: string): Promise<KnownCustomer | undefined> {
    const { customers } = this.#models;
    const found = await inTime(customers.findOne({ centre: this.#centre, id }).lean().maxTimeMS(LIMIT_MS));
    if (found === null) return undefined;
    return {
      ...(found.preferredAgent !== undefined && { preferredAgent: found.preferredAgent as AgentId }),
      ...(found.language !== undefined && { language: found.language }),
    };
  }

  async nextEpoch(): Promise<number> {
    const fresh = { centre: this.#centre, version: 1, schemaVersion: SCHEMA_VERSION };
    const raise = () =>
      this.#models.meta
        .findOneAndUpdate(
          { _id: this.#centre },
          { $inc: { epoch: 1 }, $setOnInsert: fresh },
          { upsert: true, returnDocument: 'after' },
        )
        .lean();
    const found = await inTime(raise().catch((error: unknown) => retryOnce(error, raise)));
    return found.epoch;
  }
}

/** Two first starts at once: the second finds what the first wrote. */
function retryOnce<T>(error: unknown, again: () => PromiseLike<T>): PromiseLike<T> {
  if ((error as { code?: unknown }).code === 11000) return again();
  throw error;
}

/** The driver would wait far longer for a server that is not there. */
async function inTime<T>(question: PromiseLike<T>, limitMs = LIMIT_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer within ${limitMs} ms`));
    }, limitMs);
  });
  try {
    return await Promise.race([question, limit]);
  } catch (error) {
    throw new RoutingUnavailable('mongodb', error);
  } finally {
    clearTimeout(timer);
  }
}

function profile({ id, name, qualifications, capacity }: AgentDoc): AgentProfile {
  const own = unusual(soundCapacity(capacity));
  return { id: id as AgentId, name, qualifications: skills(qualifications), ...(own && { capacity: own }) };
}

function skills(list: readonly Qualification[]): Qualification[] {
  return list.map(({ name, level }) => ({ name, level }));
}

function hoursOf({ id, timezone, weekly, exceptions }: HoursDoc): Hours {
  return { id, timezone, weekly, exceptions };
}

function serviceOf(it: ServiceDoc, hours: Hours | undefined): Service {
  const { id, name, autoAccept, offerMs, entitled, slotMinutes, slotCapacity } = it;
  // Hours that were deleted mean never open, not always.
  const open = hours ?? { id: it.hours, timezone: 'UTC', weekly: [], exceptions: [] };
  const requirement = { must: skills(it.must), prefer: skills(it.prefer) };
  const rings = (it.rings ?? []).map(({ afterMs, must, prefer }) => ({
    afterMs,
    must: skills(must),
    prefer: skills(prefer),
  }));
  const { preferredWaitMs = 0, lastAgent = false, ageMsPerPriority = 0 } = it;
  const waiting = { rings, preferredWaitMs, ageMsPerPriority };
  const rule = { id, name, requirement, autoAccept, offerMs, timezone: open.timezone, ...waiting };
  return { ...rule, entitled, lastAgent, slotMinutes, slotCapacity, hours: open };
}

function entitlementOf(it: EntitlementDoc): Entitlement {
  const { id, customerId, phone, first, last, services, tier, priority, validFrom, validTo } = it;
  return {
    id,
    services,
    tier,
    priority,
    ...(customerId !== undefined && { customerId }),
    ...(phone !== undefined && { phone }),
    ...(first !== undefined && last !== undefined && { addresses: { first, last } }),
    ...(validFrom !== undefined && { validFrom: validFrom.getTime() }),
    ...(validTo !== undefined && { validTo: validTo.getTime() }),
  };
}

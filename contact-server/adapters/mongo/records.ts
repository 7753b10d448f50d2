import { randomUUID } from 'node:crypto';
import type { Collection, Connection } from 'mongoose';
import type { Company } from '../../../contracts/company.schema.ts';
import type { CallbackId } from '../../../contracts/ids.ts';
import type { Wish } from '../../domain/callback.ts';
import type {
  AuditEntry,
  AuditStore,
  ConsentRecord,
  ConsentStore,
  Customer,
  CustomerStore,
  Suppressions,
} from '../../ports/stores.ts';
import { durable, index, isDuplicate } from './durable.ts';

const DAY_MS = 24 * 3_600_000;
const MOST_VISITS = 1_000;

/** What was done, by whom: append-only. */
export class MongoAudit implements AuditStore {
  readonly #docs: Collection<AuditEntry & { centre: string; expireAt: Date }>;
  readonly #centre: string;

  constructor(connection: Connection, options: { centre: string }) {
    this.#docs = connection.collection('audit');
    this.#centre = options.centre;
  }

  async prepare(): Promise<void> {
    await index(this.#docs, { centre: 1, what: 1, at: -1 });
    await index(this.#docs, { expireAt: 1 }, { expireAfterSeconds: 0 });
  }

  async add(entry: AuditEntry): Promise<void> {
    await this.#docs.insertOne({
      ...entry,
      centre: this.#centre,
      expireAt: new Date(entry.at + 365 * DAY_MS),
    });
  }

  async latest(what: readonly string[], limit: number): Promise<readonly AuditEntry[]> {
    const docs = await this.#docs
      .find({ centre: this.#centre, what: { $in: [...what] } })
      .sort({ at: -1 })
      .limit(limit)
      .toArray();
    return docs.map(({ at, who, what: done, about, detail }) => ({
      at,
      who,
      what: done,
      ...(about !== undefined && { about }),
      ...(detail !== undefined && { detail }),
    }));
  }
}

/** Proof of consent, kept for three years. */
export class MongoConsents implements ConsentStore {
  readonly #docs: Collection<ConsentRecord & { _id: string; centre: string; expireAt: Date }>;
  readonly #centre: string;

  constructor(connection: Connection, options: { centre: string }) {
    this.#docs = connection.collection('consents');
    this.#centre = options.centre;
  }

  async prepare(): Promise<void> {
    await index(this.#docs, { centre: 1, sessionId: 1 });
    await index(this.#docs, { expireAt: 1 }, { expireAfterSeconds: 0 });
  }

  async add(record: ConsentRecord): Promise<void> {
    const expireAt = new Date(record.at + 3 * 365 * DAY_MS);
    const { purpose, callbackId } = record;
    const _id = callbackId === undefined ? randomUUID() : `${purpose}:${callbackId}`;
    try {
      await this.#docs.insertOne({ _id, ...record, centre: this.#centre, expireAt }, durable);
    } catch (error) {
      if (!isDuplicate(error)) throw error;
    }
  }
}

interface CustomerDoc extends Omit<Customer, 'id'> {
  _id: string;
  centre: string;
  schemaVersion: 1;
}

/** The company's customers, with what they own and which tickets are open. */
export class MongoCustomers implements CustomerStore {
  readonly #docs: Collection<CustomerDoc>;
  readonly #centre: string;

  constructor(connection: Connection, options: { centre: string }) {
    this.#docs = connection.collection<CustomerDoc>('customers');
    this.#centre = options.centre;
  }

  async prepare(): Promise<void> {
    await index(this.#docs, { centre: 1, phones: 1 });
  }

  async known(
    { phone, customerId }: Pick<Wish, 'phone' | 'customerId'>,
    beside: CallbackId,
  ): ReturnType<CustomerStore['known']> {
    const centre = this.#centre;
    const visits = { centre, 'callback.wish.phone': phone, _id: { $ne: beside } };
    const found = await this.#docs
      .aggregate<CustomerDoc | { readonly otherVisits: number }>([
        { $match: customerId === undefined ? { centre, phones: phone } : { _id: customerId, centre } },
        { $limit: 1 },
        {
          $unionWith: {
            coll: 'callbacks',
            pipeline: [{ $match: visits }, { $limit: MOST_VISITS }, { $count: 'otherVisits' }],
          },
        },
      ])
      .toArray();
    const customer = found.find((it) => '_id' in it);
    const counted = found.find((it) => 'otherVisits' in it);
    return { ...(customer && { customer: customerFrom(customer) }), otherVisits: counted?.otherVisits ?? 0 };
  }

  /** Adds those that are new; what was edited since stays. */
  async addMissing(customers: Company['customers']): Promise<void> {
    for (const { id, since, language, preferredAgent, ...rest } of customers) {
      const known = {
        ...rest,
        ...(since !== undefined && { since }),
        ...(language !== undefined && { language }),
        ...(preferredAgent !== undefined && { preferredAgent }),
      };
      await this.#docs.updateOne(
        { _id: id },
        { $setOnInsert: { ...known, centre: this.#centre, schemaVersion: 1 } },
        { upsert: true, ...durable },
      );
    }
  }
}

function customerFrom({ _id, centre: _centre, schemaVersion: _version, ...rest }: CustomerDoc): Customer {
  return { id: _id, ...rest };
}

/** Numbers not to be rung, as keyed hashes. */
export class MongoSuppressions implements Suppressions {
  readonly #docs: Collection<{ _id: string; centre: string; why: string; at: number }>;
  readonly #centre: string;

  constructor(connection: Connection, options: { centre: string }) {
    this.#docs = connection.collection('suppressions');
    this.#centre = options.centre;
  }

  async prepare(): Promise<void> {
    await index(this.#docs, { centre: 1, at: -1 });
  }

  async has(phoneHash: string): Promise<boolean> {
    return (await this.#docs.findOne({ _id: phoneHash, centre: this.#centre })) !== null;
  }

  async mark(): Promise<string> {
    const [count, newest] = await Promise.all([
      this.#docs.estimatedDocumentCount(),
      this.#docs.findOne({ centre: this.#centre }, { sort: { at: -1 } }),
    ]);
    return `${String(count)} ${String(newest?.at)} ${newest?._id ?? ''}`;
  }

  async all(most: number): Promise<ReadonlySet<string> | undefined> {
    const found = this.#docs.find({ centre: this.#centre }, { projection: { _id: 1 }, limit: most + 1 });
    const hashes = (await found.toArray()).map((it) => it._id);
    return hashes.length > most ? undefined : new Set(hashes);
  }

  async add(phoneHash: string, why: string, at: number): Promise<void> {
    await this.#docs.updateOne(
      { _id: phoneHash },
      { $setOnInsert: { centre: this.#centre, why, at } },
      { upsert: true, ...durable },
    );
  }
}

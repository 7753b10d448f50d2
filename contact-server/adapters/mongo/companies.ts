import type { Collection, Connection } from 'mongoose';
import type { Company } from '../../../contracts/company.schema.ts';
import { durable } from './durable.ts';

/** What of a company call control goes by; people, customers and their secrets are kept elsewhere. */
type CompanyDoc = Omit<Company, 'agents' | 'customers' | 'entitlements'> & { _id: string; schemaVersion: 1 };

/** The company taken over last, so that a later start needs no file. */
export class MongoCompanies {
  readonly #docs: Collection<CompanyDoc>;
  readonly #centre: string;

  constructor(connection: Connection, options: { centre: string }) {
    this.#docs = connection.collection<CompanyDoc>('companies');
    this.#centre = options.centre;
  }

  async load(): Promise<Company | undefined> {
    const doc = await this.#docs.findOne({ _id: this.#centre });
    if (!doc) return undefined;
    const { _id, schemaVersion: _version, ...company } = doc;
    return { ...company, agents: [], customers: [], entitlements: [] };
  }

  async save(company: Company): Promise<void> {
    const { agents: _agents, customers: _customers, entitlements: _entitlements, ...rest } = company;
    await this.#docs.updateOne(
      { _id: this.#centre },
      { $set: { ...rest, schemaVersion: 1 } },
      { upsert: true, ...durable },
    );
  }
}

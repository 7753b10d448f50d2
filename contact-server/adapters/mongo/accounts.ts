import { randomBytes } from 'node:crypto';
import type { Collection, Connection } from 'mongoose';
import type { AgentPreferences } from '../../../contracts/agent.ts';
import type { Company } from '../../../contracts/company.schema.ts';
import type { AgentId } from '../../../contracts/ids.ts';
import type { Account, AccountStore } from '../../ports/accounts.ts';
import type { PhoneAccount } from '../../ports/phones.ts';
import { durable, index } from './durable.ts';
import { hashPassword } from './password.ts';

interface AccountDoc {
  _id: string;
  centre: string;
  schemaVersion: 1;
  name: string;
  username: string;
  passwordHash: string;
  /** Base32, for those who have a second factor. */
  totpSecret?: string;
  /** The time step of the last code that was taken: no code is good twice. */
  totpStep?: number;
  /** A fresh secret that was not confirmed yet. */
  totpFresh?: string;
  roles: ('agent' | 'manager')[];
  extension?: string;
  devicePassword?: string;
  preferences: AgentPreferences;
  robot: boolean;
  disabled?: true;
}

/** What log-in needs to know; never leaves the server. */
export interface Secrets {
  readonly account: Account;
  readonly passwordHash: string;
  readonly totpSecret?: string;
  readonly totpFresh?: string;
}

/** People's accounts in MongoDB; passwords only as scrypt. */
export class MongoAccounts implements AccountStore {
  readonly #docs: Collection<AccountDoc>;
  readonly #centre: string;

  constructor(connection: Connection, options: { centre: string }) {
    this.#docs = connection.collection<AccountDoc>('accounts');
    this.#centre = options.centre;
  }

  async prepare(): Promise<void> {
    await index(this.#docs, { centre: 1, username: 1 }, { unique: true });
    await index(
      this.#docs,
      { centre: 1, extension: 1 },
      { unique: true, partialFilterExpression: { extension: { $exists: true } } },
    );
  }

  async byId(id: AgentId): Promise<Account | undefined> {
    return account(await this.#docs.findOne({ _id: id, centre: this.#centre }));
  }

  async all(): Promise<readonly Account[]> {
    const docs = await this.#docs.find({ centre: this.#centre }).limit(100_000).toArray();
    return docs.flatMap((doc) => account(doc) ?? []);
  }

  async savePreferences(id: AgentId, preferences: AgentPreferences): Promise<void> {
    await this.#docs.updateOne({ _id: id, centre: this.#centre }, { $set: { preferences } }, durable);
  }

  async secretsOf(username: string): Promise<Secrets | undefined> {
    return secrets(await this.#docs.findOne({ centre: this.#centre, username }));
  }

  async secretsOfId(id: AgentId): Promise<Secrets | undefined> {
    return secrets(await this.#docs.findOne({ _id: id, centre: this.#centre }));
  }

  /** Marks the code of this time step as taken; false when it, or a later one, was taken before. */
  async takeTotpStep(id: AgentId, step: number): Promise<boolean> {
    const unused = { $or: [{ totpStep: { $exists: false } }, { totpStep: { $lt: step } }] };
    const result = await this.#docs.updateOne(
      { _id: id, centre: this.#centre, ...unused },
      { $set: { totpStep: step } },
      durable,
    );
    return result.modifiedCount === 1;
  }

  async saveFreshTotp(id: AgentId, totpFresh: string): Promise<void> {
    await this.#docs.updateOne({ _id: id, centre: this.#centre }, { $set: { totpFresh } }, durable);
  }

  /** From here on the confirmed secret is the second factor; with none, there is none any more. */
  async setTotp(id: AgentId, totpSecret?: string): Promise<void> {
    await this.#docs.updateOne(
      { _id: id, centre: this.#centre },
      totpSecret === undefined
        ? { $unset: { totpSecret: '', totpFresh: '' } }
        : { $set: { totpSecret }, $unset: { totpFresh: '' } },
      durable,
    );
  }

  async phoneOf(extension: string): Promise<PhoneAccount | undefined> {
    const doc = await this.#docs.findOne({ centre: this.#centre, extension });
    if (!doc?.devicePassword) return undefined;
    return { agentId: doc._id as AgentId, extension, password: doc.devicePassword };
  }

  /** Adds those who are new; an account that exists keeps its password and settings. */
  async addMissing(agents: Company['agents']): Promise<void> {
    for (const agent of agents) {
      if (await this.#docs.findOne({ _id: agent.id })) continue;
      const { id, name, username, password, roles, extension, devicePassword, robot } = agent;
      await this.#docs.updateOne(
        { _id: id },
        {
          $setOnInsert: {
            centre: this.#centre,
            schemaVersion: 1,
            name,
            username,
            passwordHash: await hashPassword(password),
            roles,
            ...(extension !== undefined && {
              extension,
              devicePassword: devicePassword ?? randomBytes(12).toString('base64url'),
            }),
            preferences: { accept: 'portal', sound: true },
            robot,
          },
        },
        { upsert: true, ...durable },
      );
    }
  }
}

function secrets(doc: AccountDoc | null): Secrets | undefined {
  const found = account(doc);
  if (!doc || !found) return undefined;
  const { passwordHash, totpSecret, totpFresh } = doc;
  return {
    account: found,
    passwordHash,
    ...(totpSecret !== undefined && { totpSecret }),
    ...(totpFresh !== undefined && { totpFresh }),
  };
}

function account(doc: AccountDoc | null): Account | undefined {
  if (!doc || doc.disabled) return undefined;
  return {
    id: doc._id as AgentId,
    name: doc.name,
    username: doc.username,
    roles: doc.roles,
    ...(doc.extension !== undefined && { extension: doc.extension }),
    preferences: doc.preferences,
    robot: doc.robot,
    secondFactor: doc.totpSecret !== undefined,
  };
}

import type { Collection, Connection } from 'mongoose';
import type { AgentId } from '../../../contracts/ids.ts';
import type { LogIn, LogInStore } from '../../ports/log-ins.ts';
import { durable, index } from './durable.ts';

interface LogInDoc {
  _id: string;
  agentId: AgentId;
  until: number;
  rotatedAt: number;
  expireAt: Date;
}

/** Log-ins in MongoDB: they survive a restart, and a log-out is a log-out everywhere. */
export class MongoLogIns implements LogInStore {
  readonly #docs: Collection<LogInDoc>;

  constructor(connection: Connection) {
    this.#docs = connection.collection<LogInDoc>('logins');
  }

  async prepare(): Promise<void> {
    await index(this.#docs, { agentId: 1 });
    await index(this.#docs, { expireAt: 1 }, { expireAfterSeconds: 0 });
  }

  async put(tokenHash: string, logIn: LogIn): Promise<void> {
    await this.#docs.insertOne({ _id: tokenHash, ...logIn, expireAt: new Date(logIn.until) }, durable);
  }

  async find(tokenHash: string): Promise<LogIn | undefined> {
    const doc = await this.#docs.findOne({ _id: tokenHash });
    return doc ? { agentId: doc.agentId, until: doc.until, rotatedAt: doc.rotatedAt } : undefined;
  }

  async rotate(oldHash: string, newHash: string, logIn: LogIn, oldUntil: number): Promise<void> {
    await this.put(newHash, logIn);
    await this.#docs.updateOne({ _id: oldHash }, { $min: { until: oldUntil } }, durable);
  }

  async end(agentId: AgentId, tokenHash?: string): Promise<void> {
    await this.#docs.deleteMany(tokenHash === undefined ? { agentId } : { agentId, _id: tokenHash });
  }

  async any(agentId: AgentId, now: number): Promise<boolean> {
    return (await this.#docs.findOne({ agentId, until: { $gt: now } })) !== null;
  }
}

import type { Collection, Connection } from 'mongoose';
import type { AgentId } from '../../../contracts/ids.ts';
import type { LogIn, LogInStore } from '../../ports/log-ins.ts';
import { durable, index } from './durable.ts';

interface LogInDoc {
  _id: string;
  logIn: string;
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

  async put(tokenHash: string, { id, agentId, until, rotatedAt }: LogIn): Promise<void> {
    const expireAt = new Date(until);
    await this.#docs.insertOne({ _id: tokenHash, logIn: id, agentId, until, rotatedAt, expireAt }, durable);
  }

  async find(tokenHash: string): Promise<LogIn | undefined> {
    const doc = await this.#docs.findOne({ _id: tokenHash });
    if (!doc) return undefined;
    const { logIn: id, agentId, until, rotatedAt } = doc;
    return { id, agentId, until, rotatedAt };
  }

  async rotate(oldHash: string, newHash: string, logIn: LogIn, oldUntil: number): Promise<void> {
    await this.put(newHash, logIn);
    await this.#docs.updateOne(
      { _id: oldHash },
      { $min: { until: oldUntil, expireAt: new Date(oldUntil) } },
      durable,
    );
  }

  async end(agentId: AgentId, logInId?: string): Promise<void> {
    await this.#docs.deleteMany(logInId === undefined ? { agentId } : { agentId, logIn: logInId }, durable);
  }

  async any(agentId: AgentId, now: number): Promise<boolean> {
    return (await this.#docs.findOne({ agentId, until: { $gt: now } })) !== null;
  }

  async live(now: number): Promise<readonly Pick<LogIn, 'id' | 'agentId'>[]> {
    const docs = await this.#docs
      .find({ until: { $gt: now } }, { projection: { logIn: 1, agentId: 1 } })
      .limit(100_000)
      .toArray();
    return docs.map(({ logIn: id, agentId }) => ({ id, agentId }));
  }
}

import type { Collection, Connection } from 'mongoose';
import type { SessionId } from '../../../contracts/ids.ts';
import type { Session } from '../../domain/session.ts';
import type { SessionStore } from '../../ports/stores.ts';
import { index, isDuplicate } from './durable.ts';

interface SessionDoc {
  _id: string;
  centre: string;
  schemaVersion: 1;
  version: number;
  session: Session;
  expireAt: Date;
}

const MAX_TRIES = 20;

/** Sessions in MongoDB, changed by compare and set. */
export class MongoSessions implements SessionStore {
  readonly #docs: Collection<SessionDoc>;
  readonly #centre: string;
  readonly #keepMs: number;

  constructor(connection: Connection, options: { centre: string; keepDays: number }) {
    this.#docs = connection.collection<SessionDoc>('sessions');
    this.#centre = options.centre;
    this.#keepMs = options.keepDays * 24 * 3_600_000;
  }

  async prepare(): Promise<void> {
    await index(this.#docs, { expireAt: 1 }, { expireAfterSeconds: 0 });
  }

  async find(id: SessionId): Promise<Session | undefined> {
    return (await this.#docs.findOne({ _id: id }))?.session;
  }

  async update(
    id: SessionId,
    change: (session: Session) => Session,
    create?: Session,
  ): Promise<Session | undefined> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const doc = await this.#docs.findOne({ _id: id });
      const now = doc?.session ?? create;
      if (!now) return undefined;
      const next = change(now);
      if (doc && next === now) return now;
      if (await this.#write(id, next, doc?.version)) return next;
    }
    throw new Error(`session ${id} changes too often`);
  }

  async #write(id: SessionId, session: Session, version: number | undefined): Promise<boolean> {
    const lastChange = Math.max(session.since, ...session.legs.map((it) => it.since));
    const expireAt = new Date(lastChange + this.#keepMs);
    if (version === undefined) {
      try {
        await this.#docs.insertOne({
          _id: id,
          centre: this.#centre,
          schemaVersion: 1,
          version: 1,
          session,
          expireAt,
        });
        return true;
      } catch (error) {
        if (isDuplicate(error)) return false;
        throw error;
      }
    }
    const done = await this.#docs.updateOne(
      { _id: id, version },
      { $set: { session, version: version + 1, expireAt } },
    );
    return done.matchedCount === 1;
  }
}

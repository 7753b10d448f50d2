import type { Collection, Connection } from 'mongoose';
import type { SessionId } from '../../../contracts/ids.ts';
import type { PageSession } from '../../domain/page-session.ts';
import type { PageStore } from '../../ports/page-store.ts';
import { index } from './durable.ts';

interface PageDoc {
  _id: string;
  centre: string;
  schemaVersion: 1;
  session: PageSession;
  expireAt: Date;
}

const DAY_MS = 24 * 3_600_000;

/** Page sessions in MongoDB: a day's memory, because a page trail is personal data. */
export class MongoPages implements PageStore {
  readonly #docs: Collection<PageDoc>;
  readonly #centre: string;
  readonly #now: () => number;

  constructor(connection: Connection, options: { centre: string; now: () => number }) {
    this.#docs = connection.collection<PageDoc>('pages');
    this.#centre = options.centre;
    this.#now = options.now;
  }

  async prepare(): Promise<void> {
    await index(this.#docs, { expireAt: 1 }, { expireAfterSeconds: 0 });
  }

  async load(id: SessionId): Promise<PageSession | undefined> {
    return (await this.#docs.findOne({ _id: id, centre: this.#centre }))?.session;
  }

  async save(session: PageSession): Promise<void> {
    await this.#docs.updateOne(
      { _id: session.id },
      {
        $set: {
          session,
          centre: this.#centre,
          schemaVersion: 1,
          expireAt: new Date(this.#now() + DAY_MS),
        },
      },
      { upsert: true },
    );
  }
}

import type { Collection, Connection } from 'mongoose';
import type { AgentId, SessionId } from '../../../contracts/ids.ts';
import type { PageSession } from '../../domain/page-session.ts';
import type { PageStore } from '../../ports/page-store.ts';
import { index } from './durable.ts';

interface PageDoc {
  _id: string;
  centre: string;
  schemaVersion: 2;
  session: PageSession;
  /** Who is registered, and whether there is anything to settle when a process begins. */
  agents: readonly string[];
  open: boolean;
  expireAt: Date;
}

const DAY_MS = 24 * 3_600_000;
/** More than one process leaves behind. */
const MOST_OPEN = 20_000;

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
    await index(this.#docs, { centre: 1, agents: 1 });
    await index(this.#docs, { centre: 1, open: 1 });
  }

  async load(id: SessionId): Promise<PageSession | undefined> {
    return (await this.#docs.findOne({ _id: id, centre: this.#centre, schemaVersion: 2 }))?.session;
  }

  async save(session: PageSession): Promise<void> {
    await this.#docs.updateOne(
      { _id: session.id },
      {
        $set: {
          session,
          centre: this.#centre,
          schemaVersion: 2,
          agents: session.registrations.map((it) => it.agentId),
          open: session.online || session.registrations.length > 0,
          expireAt: new Date(this.#now() + DAY_MS),
        },
      },
      { upsert: true },
    );
  }

  ofAgent(agentId: AgentId): Promise<readonly SessionId[]> {
    return this.#ids({ agents: agentId });
  }

  open(): Promise<readonly SessionId[]> {
    return this.#ids({ open: true });
  }

  async #ids(which: { agents: string } | { open: boolean }): Promise<readonly SessionId[]> {
    const found = this.#docs.find(
      { centre: this.#centre, ...which },
      { projection: { _id: 1 }, limit: MOST_OPEN },
    );
    return (await found.toArray()).map((it) => it._id as SessionId);
  }
}

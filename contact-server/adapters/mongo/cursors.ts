import type { Collection, Connection } from 'mongoose';
import type { CursorStore } from '../../ports/stores.ts';

/** Where event consumers stopped. */
export class MongoCursors implements CursorStore {
  readonly #docs: Collection<{ _id: string; cursor: string }>;
  readonly #centre: string;

  constructor(connection: Connection, options: { centre: string }) {
    this.#docs = connection.collection('cursors');
    this.#centre = options.centre;
  }

  async read(name: string): Promise<string | undefined> {
    return (await this.#docs.findOne({ _id: `${this.#centre}:${name}` }))?.cursor;
  }

  async write(name: string, cursor: string): Promise<void> {
    await this.#docs.updateOne({ _id: `${this.#centre}:${name}` }, { $set: { cursor } }, { upsert: true });
  }
}

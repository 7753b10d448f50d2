import type { Collection, Connection } from 'mongoose';
import type { BindingStore, PhoneBinding } from '../../ports/phones.ts';
import { index } from './durable.ts';

interface BindingDoc {
  _id: string;
  centre: string;
  binding: PhoneBinding;
  expireAt: Date;
}

/** Phones' registrations, so that a restart does not make phones unreachable until they register again. */
export class MongoBindings implements BindingStore {
  readonly #docs: Collection<BindingDoc>;
  readonly #centre: string;

  constructor(connection: Connection, options: { centre: string }) {
    this.#docs = connection.collection<BindingDoc>('bindings');
    this.#centre = options.centre;
  }

  async prepare(): Promise<void> {
    await index(this.#docs, { expireAt: 1 }, { expireAfterSeconds: 0 });
  }

  async load(): Promise<readonly PhoneBinding[]> {
    const docs = await this.#docs.find({ centre: this.#centre }).limit(100_000).toArray();
    return docs.map((it) => it.binding);
  }

  async save(binding: PhoneBinding): Promise<void> {
    const expireAt = new Date(binding.expiresAt);
    await this.#docs.updateOne(
      { _id: this.#id(binding.extension, binding.contact) },
      { $set: { centre: this.#centre, binding, expireAt } },
      { upsert: true },
    );
  }

  async remove(extension: string, contact: string): Promise<void> {
    await this.#docs.deleteOne({ _id: this.#id(extension, contact) });
  }

  #id(extension: string, contact: string): string {
    return `${this.#centre} ${extension} ${contact}`;
  }
}

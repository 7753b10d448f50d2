import type { Logger } from 'pino';
import { MongoError } from '../mongo-error.ts';
import { orderKey } from '../values/order.ts';
import { type Written, fieldsFromBson, fromBson } from '../values/bson-reader.ts';
import { toBson } from '../values/value.ts';
import { Collection, type CollectionHost } from './collection.ts';
import type { IndexSpec } from './collection-index.ts';
import { lockDirectory } from './data-lock.ts';
import { Journal } from './journal.ts';
import { type EntryKind, encodeEntry } from './journal-file.ts';

export interface StoreOptions {
  directory: string;
  /** Documents and indexes may take this much, by estimate; writes beyond it are refused. */
  memoryBytes: number;
  log: Logger;
  onFailure: (error: Error) => void;
}

/** How many documents are read in one go: a millisecond or two, so that clients are not kept waiting. */
const AT_A_TIME = 100;

/** All collections of all databases, and the journal that makes them last. */
export class Store implements CollectionHost {
  readonly #options: StoreOptions;
  readonly #journal: Journal;
  readonly #collections = new Map<string, Collection>();
  #unlock: (() => void) | undefined;
  #isClosed = false;

  constructor(options: StoreOptions) {
    this.#options = options;
    this.#journal = new Journal(options);
  }

  /** Locks the directory and brings back what its journal holds. */
  async open(): Promise<void> {
    this.#unlock = lockDirectory(this.#options.directory);
    try {
      const recovery = new Recovery();
      await this.#journal.open((kind, namespace, written) => recovery.apply(kind, namespace, written));
      for (const [namespace, { docs, indexes }] of recovery.collections) {
        const collection = new Collection(namespace, this);
        collection.load(docs.values(), [...indexes.values()]);
        this.#collections.set(namespace, collection);
      }
      void this.#readRest([...this.#collections.values()]);
    } catch (error) {
      this.#unlock();
      throw error;
    }
  }

  /** Documents that are still as the journal has them are read now, a few at a time, and the journal's bytes let go. */
  async #readRest(collections: readonly Collection[]): Promise<void> {
    for (const { items } of collections) {
      let read = 0;
      for (const item of items) {
        if (item.isRead) continue;
        item.read();
        if (++read % AT_A_TIME === 0) await new Promise(setImmediate);
        if (this.#isClosed) return;
      }
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#journal.close();
    this.#unlock?.();
  }

  /** Resolves once every change made so far is on disk. */
  async settled(): Promise<void> {
    await this.#journal.settled();
    this.#journal.compactIfDue(this.liveBytes, () => this.#snapshot());
  }

  /** Throws garbage out of the journal now. */
  compact(): void {
    this.#journal.compact(() => this.#snapshot());
  }

  /** The journal's size, and how often it was compacted. */
  get journal(): { bytes: number; compactionsDone: number } {
    return this.#journal;
  }

  get liveBytes(): number {
    let bytes = 0;
    for (const collection of this.#collections.values()) bytes += collection.bytes;
    return bytes;
  }

  get collections(): Iterable<Collection> {
    return this.#collections.values();
  }

  collection(namespace: string): Collection | undefined {
    return this.#collections.get(namespace);
  }

  /** The collection, made now if it is not there. */
  ensureCollection(namespace: string): Collection {
    return this.#collections.get(namespace) ?? this.createCollection(namespace);
  }

  createCollection(namespace: string): Collection {
    checkNamespace(namespace);
    const collection = new Collection(namespace, this);
    this.#journal.append('create', namespace, toBson({}));
    this.#collections.set(namespace, collection);
    return collection;
  }

  dropCollection(collection: Collection): void {
    this.#journal.append('drop', collection.namespace, toBson({}));
    this.#collections.delete(collection.namespace);
  }

  /** True if the index is new. */
  createIndex(collection: Collection, spec: IndexSpec): boolean {
    if (!collection.createIndex(spec)) return false;
    this.#journal.append('create-index', collection.namespace, toBson(spec));
    return true;
  }

  dropIndex(collection: Collection, name: string): void {
    const at = collection.indexes.findIndex((index) => index.spec.name === name);
    if (at < 0) throw new MongoError('IndexNotFound', `index not found with name [${name}]`);
    if (name === '_id_') throw new MongoError('InvalidOptions', 'cannot drop _id index');
    collection.indexes.splice(at, 1);
    this.#journal.append('drop-index', collection.namespace, toBson({ name }));
  }

  reserve(bytes: number): void {
    let used = bytes;
    for (const collection of this.#collections.values()) used += collection.memory;
    if (used <= this.#options.memoryBytes) return;
    const limit = Math.round(this.#options.memoryBytes / 1024 / 1024);
    throw new MongoError(
      'ExceededMemoryLimit',
      `The embedded MongoDB server is full: documents and indexes take ${limit} MB, its limit. Raise MONGO_MEMORY_MB or set MONGODB_URL to a real MongoDB.`,
    );
  }

  put(namespace: string, bson: Uint8Array): void {
    this.#journal.append('put', namespace, bson);
  }

  remove(namespace: string, id: unknown): void {
    this.#journal.append('remove', namespace, toBson({ _id: id }));
  }

  /** Fixes now which documents there are, and gives their entries one by one, later. */
  #snapshot(): Iterable<Buffer> {
    const parts = [...this.#collections.values()].map((collection) => ({
      namespace: collection.namespace,
      items: [...collection.items],
      specs: collection.indexes.map(({ spec }) => spec),
    }));
    return (function* () {
      for (const { namespace, items, specs } of parts) {
        yield encodeEntry('create', namespace, toBson({}));
        for (const spec of specs)
          if (spec.name !== '_id_') yield encodeEntry('create-index', namespace, toBson(spec));
        for (const { bson } of items) yield encodeEntry('put', namespace, bson);
      }
    })();
  }
}

const ID: ReadonlySet<string> = new Set(['_id']);

interface Recovered {
  docs: Map<string, Written>;
  indexes: Map<string, IndexSpec>;
}

/** Replays a journal: the last word on each document, collection and index counts. */
class Recovery {
  readonly collections = new Map<string, Recovered>();

  apply(kind: EntryKind, namespace: string, written: Written): void {
    if (kind === 'drop') {
      this.collections.delete(namespace);
      return;
    }
    let collection = this.collections.get(namespace);
    if (!collection) {
      collection = { docs: new Map(), indexes: new Map() };
      this.collections.set(namespace, collection);
    }
    if (kind === 'put' || kind === 'remove') {
      const id = orderKey(fieldsFromBson(written, ID)['_id']);
      if (kind === 'put') collection.docs.set(id, written);
      else collection.docs.delete(id);
      return;
    }
    const doc = fromBson(written);
    if (kind === 'create-index') collection.indexes.set((doc as IndexSpec).name, doc as IndexSpec);
    else if (kind === 'drop-index') collection.indexes.delete(String(doc['name']));
  }
}

function checkNamespace(namespace: string): void {
  const name = namespace.slice(namespace.indexOf('.') + 1);
  if (
    name === '' ||
    name.includes('\0') ||
    name.includes('$') ||
    name.startsWith('.') ||
    namespace.length > 255
  ) {
    throw new MongoError('InvalidNamespace', `Invalid namespace specified '${namespace}'`);
  }
}

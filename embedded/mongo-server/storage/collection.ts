import { ObjectId } from 'bson';
import { MongoError } from '../mongo-error.ts';
import { orderKey } from '../values/order.ts';
import { type Doc, field, isDoc, toBson, typeOf } from '../values/value.ts';
import type { Written } from '../values/bson-reader.ts';
import { CollectionIndex, type IndexSpec, buildIndexes } from './collection-index.ts';
import { Stored } from './stored.ts';

/** Documents may not be larger; MongoDB has the same limit. */
export const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;

/** Deeper documents could not be walked safely; MongoDB's limit is near. */
const MAX_DEPTH = 180;

/** Measured and rounded up: a document's fields as objects, what holds them together, and a key of an index. */
const MEMORY_PER_BSON_BYTE = 2;
const MEMORY_PER_DOCUMENT = 600;
const MEMORY_PER_KEY = 100;

/** What a collection asks of the store around it. */
export interface CollectionHost {
  /** Throws if so many more bytes of memory are not to be had. */
  reserve(bytes: number): void;
  /** Writes down that a document is now so. */
  put(namespace: string, bson: Uint8Array): void;
  /** Writes down that a document is gone. */
  remove(namespace: string, id: unknown): void;
}

/** The documents of one namespace with their indexes. Every change is checked in full before it touches anything. */
export class Collection {
  readonly namespace: string;
  readonly indexes: CollectionIndex[];
  readonly #host: CollectionHost;
  readonly #items = new Set<Stored>();
  #nextSeq = 1;
  #bytes = 0;

  constructor(namespace: string, host: CollectionHost) {
    this.namespace = namespace;
    this.#host = host;
    this.indexes = [new CollectionIndex({ v: 2, key: { _id: 1 }, name: '_id_' })];
  }

  get size(): number {
    return this.#items.size;
  }

  /** Bytes of BSON of all documents. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes of memory that documents and indexes take, by estimate. */
  get memory(): number {
    const keys = this.indexes.reduce((sum, index) => sum + index.memory, 0);
    return this.#bytes * MEMORY_PER_BSON_BYTE + this.size * MEMORY_PER_DOCUMENT + keys;
  }

  /** All documents, in the order in which they came. */
  get items(): ReadonlySet<Stored> {
    return this.#items;
  }

  /** Fills an empty collection with what the journal holds, checking nothing but the indexes. */
  load(docs: Iterable<Written>, specs: readonly IndexSpec[]): void {
    for (const written of docs) {
      const item = Stored.unread(this.#nextSeq++, written);
      this.#items.add(item);
      this.#bytes += item.size;
    }
    this.indexes.push(...specs.map((spec) => new CollectionIndex(spec)));
    buildIndexes(this.indexes, this.#items, this.namespace);
  }

  insert(given: Doc): Stored {
    const doc = withIdFirst(given);
    const bson = this.#checked(doc);
    const keys = this.indexes.map((index) => index.keysOf(doc));
    this.indexes.forEach((index, i) => {
      index.refuseDuplicates(keys[i] ?? [], doc, this.namespace);
    });
    this.#host.reserve(
      MEMORY_PER_DOCUMENT + bson.length * MEMORY_PER_BSON_BYTE + MEMORY_PER_KEY * keys.length,
    );
    const item = Stored.of(this.#nextSeq++, doc, bson.length);
    this.#items.add(item);
    this.#bytes += item.size;
    this.indexes.forEach((index, i) => {
      index.add(keys[i] ?? [], item);
    });
    this.#host.put(this.namespace, bson);
    return item;
  }

  /** Puts another document with the same `_id` in the place of an old one; false if they are the same to the byte. */
  replace(item: Stored, given: Doc): boolean {
    const doc = withIdFirst(given);
    const bson = this.#checked(doc);
    if (bson.length === item.size && Buffer.compare(bson, item.bson) === 0) return false;
    const changes = this.indexes
      .filter((index) => index.seesChange(item.doc, doc))
      .map((index) => ({ index, before: index.keysOf(item.doc), after: index.keysOf(doc) }));
    for (const { index, after } of changes) index.refuseDuplicates(after, doc, this.namespace, item);
    if (bson.length > item.size) this.#host.reserve((bson.length - item.size) * MEMORY_PER_BSON_BYTE);
    for (const { index, before, after } of changes) {
      if (before.length === after.length && before.every((key, i) => key === after[i])) continue;
      index.remove(before, item);
      index.add(after, item);
    }
    this.#bytes += bson.length - item.size;
    item.replace(doc, bson.length);
    this.#host.put(this.namespace, bson);
    return true;
  }

  delete(item: Stored): void {
    for (const index of this.indexes) index.remove(index.keysOf(item.doc), item);
    this.#items.delete(item);
    this.#bytes -= item.size;
    this.#host.remove(this.namespace, item.doc['_id']);
  }

  /** Adds an index over what is there; false if the very same index exists. */
  createIndex(spec: IndexSpec): boolean {
    for (const { spec: there } of this.indexes) {
      if (orderKey(there) === orderKey(spec)) return false;
      const text = `index ${there.name} exists already, with another key or other options than ${spec.name}`;
      const sameKey = orderKey(identity(there)) === orderKey(identity(spec));
      if (sameKey && there.name === '_id_') return false;
      if (sameKey) throw new MongoError('IndexOptionsConflict', text);
      if (there.name === spec.name) throw new MongoError('IndexKeySpecsConflict', text);
    }
    if (this.indexes.length >= 64) throw new MongoError('CannotCreateIndex', 'too many indexes, at most 64');
    this.#host.reserve(this.size * MEMORY_PER_KEY);
    const index = new CollectionIndex(spec);
    buildIndexes([index], this.#items, this.namespace);
    this.indexes.push(index);
    return true;
  }

  #checked(doc: Doc): Uint8Array {
    const type = typeOf(doc['_id']);
    if (type === 'array' || type === 'regex' || type === 'missing') {
      throw new MongoError('BadValue', `The '_id' value cannot be of type ${type}`);
    }
    refuseTooDeep(doc, MAX_DEPTH);
    const bson = toBson(doc);
    if (bson.length <= MAX_DOCUMENT_BYTES) return bson;
    throw new MongoError('BSONObjectTooLarge', `${bson.length} bytes are more than ${MAX_DOCUMENT_BYTES}`);
  }
}

function refuseTooDeep(value: unknown, left: number): void {
  if (left === 0) throw new MongoError('Overflow', `cannot store documents deeper than ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) for (const element of value) refuseTooDeep(element, left - 1);
  else if (isDoc(value)) for (const name of Object.keys(value)) refuseTooDeep(value[name], left - 1);
}

/** Two indexes with the same of these are one. */
function identity({ key, partialFilterExpression = {} }: IndexSpec): Doc {
  return { key, partialFilterExpression };
}

function withIdFirst(doc: Doc): Doc {
  const id = field(doc, '_id') === undefined ? new ObjectId() : doc['_id'];
  return Object.keys(doc)[0] === '_id' ? doc : { _id: id, ...doc };
}

import { MongoError } from '../mongo-error.ts';
import { type Filter, compileFilter } from '../query/filter.ts';
import { type SortField, parseSort } from '../query/sort.ts';
import { EMPTY_ARRAY_KEY, compareKeys, complement, orderKey } from '../values/order.ts';
import { allValuesAt, valueAt } from '../values/path.ts';
import { type Doc, field } from '../values/value.ts';
import { SortedKeys } from './sorted-keys.ts';
import { shellText } from '../values/shell-text.ts';
import type { Stored } from './stored.ts';

/** An index as `createIndexes` gives it and `listIndexes` shows it. */
export interface IndexSpec extends Doc {
  v: number;
  key: Doc;
  name: string;
  unique?: boolean;
  partialFilterExpression?: Doc;
  expireAfterSeconds?: number;
}

interface IndexEntry {
  key: string;
  item: Stored;
}

/** One index of a collection: keeps its keys and its uniqueness. */
export class CollectionIndex {
  readonly spec: IndexSpec;
  readonly fields: readonly SortField[];
  readonly keys = new SortedKeys<Stored>();
  /** True once a document stood under several keys, because of an array; at most one field may run into one. */
  isMultikey = false;
  readonly isUnique: boolean;
  readonly #covers: Filter | undefined;
  /** The outermost fields it looks at. */
  readonly tops: ReadonlySet<string>;
  #memory = 0;

  constructor(spec: IndexSpec) {
    this.spec = spec;
    this.isUnique = spec.unique === true || spec.name === '_id_';
    this.fields = parseSort(spec.key);
    const { partialFilterExpression: covered } = spec;
    this.#covers = covered && compileFilter(covered);
    const paths = Object.keys({ ...spec.key, ...covered });
    this.tops = new Set(paths.map((path) => path.split('.')[0] ?? ''));
  }

  /** False if nothing it looks at differs; true may be a false alarm. */
  seesChange(before: Doc, after: Doc): boolean {
    for (const name of this.tops) if (field(before, name) !== field(after, name)) return true;
    return false;
  }

  /** The keys a document stands under; none if a partial index leaves it out. */
  keysOf(doc: Doc): string[] {
    if (this.#covers && !this.#covers(doc)) return [];
    const parts: string[] = [];
    for (const { path, descending } of this.fields) {
      const value = valueAt(doc, path);
      if (Array.isArray(value)) return this.#keysOfArray(doc);
      parts.push(keyPart(value, descending));
    }
    return [parts.join('')];
  }

  #keysOfArray(doc: Doc): string[] {
    const tuples = this.#tuplesOf(doc);
    if (tuples.length > 1) this.isMultikey = true;
    return [...new Set(tuples.map((values) => this.#keyOf(values)))];
  }

  /** The values of its fields; one tuple for each element where a field runs into an array. */
  #tuplesOf(doc: Doc): unknown[][] {
    let tuples: unknown[][] = [[]];
    let arrays = 0;
    for (const { path } of this.fields) {
      const value = valueAt(doc, path);
      let values = [value];
      if (Array.isArray(value)) {
        if (++arrays > 1) throw new MongoError('CannotIndexParallelArrays', 'cannot index parallel arrays');
        values = allValuesAt(doc, path);
        if (values.length === 0) values = [EMPTY];
      }
      tuples = tuples.flatMap((tuple) => values.map((it) => [...tuple, it]));
    }
    return tuples;
  }

  #keyOf(values: readonly unknown[]): string {
    return this.fields.map(({ descending }, i) => keyPart(values[i], descending)).join('');
  }

  /** Throws MongoDB's duplicate key error if another document than `self` stands under one of the keys of `doc`. */
  refuseDuplicates(keys: readonly string[], doc: Doc, namespace: string, self?: Stored): void {
    if (!this.isUnique) return;
    for (const key of keys) {
      const holder = this.keys.first(key);
      if (holder && holder !== self) throw this.#duplicate(key, doc, namespace);
    }
  }

  add(keys: readonly string[], item: Stored): void {
    for (const key of keys) this.keys.insert(key, item);
    this.#memory += memoryOf(keys);
  }

  remove(keys: readonly string[], item: Stored): void {
    for (const key of keys) this.keys.remove(key, item);
    this.#memory -= memoryOf(keys);
  }

  /** Bytes its keys take, by estimate. */
  get memory(): number {
    return this.#memory;
  }

  /** Fills an empty index; throws if a unique one would hold a key twice. */
  load(entries: IndexEntry[], namespace: string): void {
    entries.sort((a, b) => compareKeys(a.key, b.key) || a.item.seq - b.item.seq);
    if (this.isUnique) {
      entries.forEach(({ key, item }, i) => {
        if (entries[i - 1]?.key === key) throw this.#duplicate(key, item.doc, namespace);
      });
    }
    this.keys.load(entries);
    this.#memory = memoryOf(entries.map(({ key }) => key));
  }

  #duplicate(key: string, doc: Doc, namespace: string): MongoError {
    const values = this.#tuplesOf(doc).find((tuple) => this.#keyOf(tuple) === key) ?? [];
    const keyValue: Doc = {};
    this.fields.forEach(({ name }, i) => {
      const value = values[i];
      keyValue[name] = value === undefined || value === EMPTY ? null : value;
    });
    return new MongoError(
      'DuplicateKey',
      `E11000 duplicate key error collection: ${namespace} index: ${this.spec.name} dup key: ${shellText(keyValue)}`,
      { keyPattern: this.spec.key, keyValue },
    );
  }
}

/** Fills empty indexes of a collection, looking at each document once. */
export function buildIndexes(
  indexes: readonly CollectionIndex[],
  items: Iterable<Stored>,
  namespace: string,
): void {
  const building = indexes.map((index) => ({ index, entries: [] as IndexEntry[] }));
  const tops = new Set(indexes.flatMap((index) => [...index.tops]));
  for (const item of items) {
    const doc = item.fields(tops);
    for (const { index, entries } of building) {
      for (const key of index.keysOf(doc)) entries.push({ key, item });
    }
  }
  for (const { index, entries } of building) index.load(entries, namespace);
}

function keyPart(value: unknown, descending: boolean): string {
  const part = value === EMPTY ? EMPTY_ARRAY_KEY : orderKey(value);
  return descending ? complement(part) : part;
}

/** A text, its place in a block and the pointer to its document, measured. */
function memoryOf(keys: readonly string[]): number {
  return keys.reduce((sum, key) => sum + 48 + key.length * 1.5, 0);
}

/** Stands for an empty array, which is indexed below null. */
const EMPTY = Symbol('empty array');

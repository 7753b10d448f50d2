import { MongoError } from '../mongo-error.ts';
import { type Filter, compileFilter } from '../query/filter.ts';
import { type SortField, parseSort } from '../query/sort.ts';
import { EMPTY_ARRAY_KEY, compareKeys, complement, orderKey } from '../values/order.ts';
import { allValuesAt, valueAt } from '../values/path.ts';
import { type Doc, field } from '../values/value.ts';
import { SortedKeys } from './sorted-keys.ts';
import { shellText } from '../values/shell-text.ts';

/** A stored document. Documents are never changed, only replaced, so that cursors may hold on to them. */
export interface Stored {
  readonly seq: number;
  doc: Doc;
  size: number;
}

/** An index as `createIndexes` gives it and `listIndexes` shows it. */
export interface IndexSpec extends Doc {
  v: number;
  key: Doc;
  name: string;
  unique?: boolean;
  partialFilterExpression?: Doc;
  expireAfterSeconds?: number;
}

interface IndexKey {
  key: string;
  values: readonly unknown[];
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
  readonly #tops: ReadonlySet<string>;
  #memory = 0;

  constructor(spec: IndexSpec) {
    this.spec = spec;
    this.isUnique = spec.unique === true || spec.name === '_id_';
    this.fields = parseSort(spec.key);
    const { partialFilterExpression: covered } = spec;
    this.#covers = covered && compileFilter(covered);
    const paths = Object.keys({ ...spec.key, ...covered });
    this.#tops = new Set(paths.map((path) => path.split('.')[0] ?? ''));
  }

  /** False if nothing it looks at differs; true may be a false alarm. */
  seesChange(before: Doc, after: Doc): boolean {
    for (const name of this.#tops) if (field(before, name) !== field(after, name)) return true;
    return false;
  }

  /** The keys a document stands under; none if a partial index leaves it out. */
  keysOf(doc: Doc): IndexKey[] {
    if (this.#covers && !this.#covers(doc)) return [];
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
    if (tuples.length > 1) this.isMultikey = true;
    const keys = tuples.map((values) => ({ key: this.#keyOf(values), values }));
    return keys.length < 2 ? keys : [...new Map(keys.map((it) => [it.key, it])).values()];
  }

  #keyOf(values: readonly unknown[]): string {
    const parts = values.map((value, i) => {
      const part = value === EMPTY ? EMPTY_ARRAY_KEY : orderKey(value);
      return this.fields[i]?.descending ? complement(part) : part;
    });
    return parts.join('');
  }

  /** Throws MongoDB's duplicate key error if another document than `self` stands under one of the keys. */
  refuseDuplicates(keys: readonly IndexKey[], namespace: string, self?: Stored): void {
    if (!this.isUnique) return;
    for (const { key, values } of keys) {
      const holder = this.keys.first(key);
      if (holder && holder !== self) throw this.#duplicate(values, namespace);
    }
  }

  add(keys: readonly IndexKey[], item: Stored): void {
    for (const { key } of keys) this.keys.insert(key, item);
    this.#memory += memoryOf(keys);
  }

  remove(keys: readonly IndexKey[], item: Stored): void {
    for (const { key } of keys) this.keys.remove(key, item);
    this.#memory -= memoryOf(keys);
  }

  /** Bytes its keys take, by estimate. */
  get memory(): number {
    return this.#memory;
  }

  /** Fills an empty index; throws if a unique one would hold a key twice. */
  build(items: Iterable<Stored>, namespace: string): void {
    const entries: { key: string; values: readonly unknown[]; item: Stored }[] = [];
    for (const item of items) {
      for (const { key, values } of this.keysOf(item.doc)) entries.push({ key, values, item });
    }
    entries.sort((a, b) => compareKeys(a.key, b.key) || a.item.seq - b.item.seq);
    if (this.isUnique) {
      entries.forEach((entry, i) => {
        if (i > 0 && entries[i - 1]?.key === entry.key) throw this.#duplicate(entry.values, namespace);
      });
    }
    this.keys.load(entries);
    this.#memory = memoryOf(entries);
  }

  #duplicate(values: readonly unknown[], namespace: string): MongoError {
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

/** A text, its place in a block and the pointer to its document, measured. */
function memoryOf(keys: readonly { key: string }[]): number {
  return keys.reduce((sum, { key }) => sum + 48 + key.length * 1.5, 0);
}

/** Stands for an empty array, which is indexed below null. */
const EMPTY = Symbol('empty array');

import { MongoError } from '../mongo-error.ts';
import { type Filter, compileFilter } from '../query/filter.ts';
import { type SortField, parseSort } from '../query/sort.ts';
import { EMPTY_ARRAY_KEY, compareKeys, complement, orderKey } from '../values/order.ts';
import { type Path, isPosition } from '../values/path.ts';
import { type Doc, field, isDoc } from '../values/value.ts';
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
  /** True once a document held an array in an indexed field; then one document may stand under several keys. */
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
    const slots = this.fields.map(({ path }) => ({ value: doc, rest: path, final: false }));
    const tuples = expand(slots);
    if (tuples.length > 1 || tuples[0]?.some(({ final }) => final)) this.isMultikey = true;
    const keys = tuples.map((tuple) => this.#keyOf(tuple));
    return keys.length < 2 ? keys : [...new Map(keys.map((it) => [it.key, it])).values()];
  }

  #keyOf(tuple: readonly Slot[]): IndexKey {
    const parts = tuple.map(({ value }, i) => {
      const part = value === EMPTY ? EMPTY_ARRAY_KEY : orderKey(value);
      return this.fields[i]?.descending ? complement(part) : part;
    });
    return { key: parts.join(''), values: tuple.map(({ value }) => value) };
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

/** A field of the key being worked out: `final` once an array was expanded at the end of its path. */
interface Slot {
  value: unknown;
  rest: Path;
  final: boolean;
}

/** Walks all fields down together and multiplies at the one array they may share. */
function expand(slots: readonly Slot[]): Slot[][] {
  const walked = slots.map(descend);
  const arrays = walked.filter(({ value, final }) => !final && Array.isArray(value));
  const shared = arrays[0]?.value as unknown[] | undefined;
  if (!shared) return [walked];
  if (arrays.some(({ value }) => value !== shared)) {
    throw new MongoError('CannotIndexParallelArrays', 'cannot index parallel arrays');
  }
  const elements: unknown[] = shared.length > 0 ? shared : [EMPTY];
  return elements.flatMap((element) =>
    expand(
      walked.map((slot) => {
        if (slot.final || slot.value !== shared) return slot;
        if (slot.rest.length === 0) return { value: element, rest: [], final: true };
        return isDoc(element) ? { ...slot, value: element } : { value: undefined, rest: [], final: true };
      }),
    ),
  );
}

function descend(slot: Slot): Slot {
  let { value } = slot;
  let step = 0;
  for (; step < slot.rest.length; step++) {
    const part = slot.rest[step] ?? '';
    if (isDoc(value)) value = field(value, part);
    else if (Array.isArray(value) && isPosition(part)) value = value[Number(part)];
    else break;
  }
  const rest = slot.rest.slice(step);
  if (rest.length > 0 && !Array.isArray(value)) return { value: undefined, rest: [], final: slot.final };
  return { value, rest, final: slot.final };
}

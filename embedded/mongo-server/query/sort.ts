import { MongoError } from '../mongo-error.ts';
import { wholeNumber } from '../values/numbers.ts';
import { EMPTY_ARRAY_KEY, compareKeys, complement, orderKey } from '../values/order.ts';
import { type Path, allValuesAt, parsePath } from '../values/path.ts';
import { type Doc, field } from '../values/value.ts';

/** One field of a sort or an index. */
export interface SortField {
  name: string;
  path: Path;
  descending: boolean;
}

/** Reads `{ a: 1, b: -1 }`. */
export function parseSort(spec: Doc): SortField[] {
  return Object.keys(spec).map((name) => {
    const direction = wholeNumber(field(spec, name));
    if ((direction !== 1 && direction !== -1) || name.startsWith('$')) {
      throw new MongoError(15975, '$sort key ordering must be 1 (for ascending) or -1 (for descending)');
    }
    return { name, path: parsePath(name), descending: direction === -1 };
  });
}

/** The text a document sorts by: of an array the least element counts, descending the greatest. */
export function sortKey(doc: Doc, fields: readonly SortField[]): string {
  return fields
    .map(({ path, descending }) => {
      const keys = allValuesAt(doc, path).map(orderKey).sort(compareKeys);
      return descending ? complement(keys.at(-1) ?? EMPTY_ARRAY_KEY) : (keys[0] ?? EMPTY_ARRAY_KEY);
    })
    .join('');
}

/** Sorts without changing what it is given; equal documents keep their order. */
export function sortDocs<T>(items: readonly T[], fields: readonly SortField[], docOf: (item: T) => Doc): T[] {
  return items
    .map((item) => ({ item, key: sortKey(docOf(item), fields) }))
    .sort((a, b) => compareKeys(a.key, b.key))
    .map(({ item }) => item);
}

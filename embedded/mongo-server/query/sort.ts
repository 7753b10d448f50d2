import { MongoError } from '../mongo-error.ts';
import { isNumeric, toNumber } from '../values/numbers.ts';
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
    const direction = field(spec, name);
    const value = isNumeric(direction) ? toNumber(direction) : NaN;
    if (value !== 1 && value !== -1) {
      throw new MongoError(15975, '$sort key ordering must be 1 (for ascending) or -1 (for descending)');
    }
    return { name, path: parsePath(name), descending: value === -1 };
  });
}

/** The text a document sorts by: of an array the least element counts, descending the greatest. */
export function sortKey(doc: Doc, fields: readonly SortField[]): string {
  let key = '';
  for (const { path, descending } of fields) {
    const keys = allValuesAt(doc, path).map(orderKey);
    const part = keys.reduce<string | undefined>((best, next) => {
      if (best === undefined) return next;
      return next < best === descending ? best : next;
    }, undefined);
    key += descending ? complement(part ?? EMPTY_ARRAY_KEY) : (part ?? EMPTY_ARRAY_KEY);
  }
  return key;
}

/** Sorts without changing what it is given; equal documents keep their order. */
export function sortDocs<T>(items: readonly T[], fields: readonly SortField[], docOf: (item: T) => Doc): T[] {
  return items
    .map((item) => ({ item, key: sortKey(docOf(item), fields) }))
    .sort((a, b) => compareKeys(a.key, b.key))
    .map(({ item }) => item);
}

import { MongoError } from '../mongo-error.ts';
import { shellText } from '../values/shell-text.ts';
import { type Path, isPosition, parsePath } from '../values/path.ts';
import { type Doc, field, isDoc, setField } from '../values/value.ts';
import type { ArrayFilters } from './compile-update.ts';

/** Growing an array by one assignment further than this is an error, as in MongoDB. */
const MOST_PADDING = 1_500_000;

/** Puts positions in the place of `$`, `$[]` and `$[name]`, as this document has them. */
export function concretePaths(
  doc: Doc,
  path: string,
  position: number | undefined,
  filters: ArrayFilters,
): Path[] {
  const parts = parsePath(path);
  if (!path.includes('$')) return [parts];
  let paths: string[][] = [[]];
  for (const part of parts) {
    if (part === '$') {
      if (position === undefined) {
        throw new MongoError('BadValue', 'The positional operator did not find the match needed');
      }
      paths = paths.map((soFar) => [...soFar, String(position)]);
    } else if (part.startsWith('$[')) {
      const test = part === '$[]' ? () => true : filters.get(part.slice(2, -1));
      paths = paths.flatMap((soFar) => {
        const array = getAt(doc, soFar);
        if (!Array.isArray(array)) {
          throw new MongoError('BadValue', `'${soFar.join('.')}' must be an array for '${part}' to apply`);
        }
        return array.flatMap((element, i) => (test?.(element) ? [[...soFar, String(i)]] : []));
      });
    } else if (part.startsWith('$')) {
      throw new MongoError('DollarPrefixedFieldName', `'${part}' in '${path}' is not valid for storage`);
    } else paths = paths.map((soFar) => [...soFar, part]);
  }
  return paths;
}

/** The value at exactly this path: positions reach into arrays, names do not. */
export function getAt(doc: Doc, path: Path): unknown {
  let value: unknown = doc;
  for (const part of path) {
    if (Array.isArray(value)) value = isPosition(part) ? value[Number(part)] : undefined;
    else value = isDoc(value) ? field(value, part) : undefined;
  }
  return value;
}

/** Sets the value, making documents on the way; what cannot hold it is an error. */
export function setAt(doc: Doc, path: Path, value: unknown): void {
  let target: unknown = doc;
  path.forEach((part, i) => {
    const isLast = i === path.length - 1;
    const next = isLast ? value : child(target, part);
    if (Array.isArray(target) && isPosition(part)) {
      const position = Number(part);
      if (position - target.length > MOST_PADDING)
        throw new MongoError('BadValue', `Cannot add ${position - target.length} elements to an array`);
      while (target.length < position) target.push(null);
      target[position] = isLast ? value : next === undefined ? {} : next;
      target = target[position];
    } else if (isDoc(target)) {
      setField(target, part, isLast ? value : next === undefined ? {} : next);
      target = field(target, part);
    } else {
      const at = path[i - 1] ?? '';
      const text = `Cannot create field '${part}' in element {${at}: ${shellText(target)}}`;
      throw new MongoError('PathNotViable', text);
    }
  });
}

/** Takes the field away; of an array, the element becomes null. */
export function removeAt(doc: Doc, path: Path): void {
  const target = getAt(doc, path.slice(0, -1));
  const last = path.at(-1) ?? '';
  if (Array.isArray(target)) {
    if (isPosition(last) && Number(last) < target.length) target[Number(last)] = null;
  } else if (isDoc(target)) Reflect.deleteProperty(target, last);
}

function child(target: unknown, part: string): unknown {
  if (Array.isArray(target)) return isPosition(part) ? target[Number(part)] : undefined;
  return isDoc(target) ? field(target, part) : undefined;
}

import { MongoError } from '../mongo-error.ts';
import { type Doc, field, isDoc } from './value.ts';

/** A dotted path, taken apart. */
export type Path = readonly string[];

/** Takes a dotted path apart; an empty part is an error. */
export function parsePath(path: string): Path {
  const parts = path.split('.');
  if (path.length > 2000) throw new MongoError('BadValue', 'A field path is too long');
  if (parts.some((part) => part === '')) {
    throw new MongoError('EmptyFieldName', `The path '${path}' contains an empty field name`);
  }
  return parts;
}

/** True for a part of a path that can also be a position in an array. */
export function isPosition(part: string): boolean {
  return /^(0|[1-9]\d{0,8})$/.test(part);
}

/** Where a match was found: the position in the outermost array on its path, which the positional `$` needs. */
export interface Found {
  position?: number;
}

/**
 * True if `test` holds for some value at `path`, with MongoDB's reach into arrays: each element is looked into, and
 * at the end of the path both the elements (if `leafElements`) and the array itself are tried.
 */
export function someAt(
  doc: Doc,
  path: Path,
  test: (value: unknown) => boolean,
  leafElements: boolean,
  found?: Found,
  step = 0,
): boolean {
  const value = field(doc, path[step] ?? '');
  if (step === path.length - 1) return testLeaf(value, test, leafElements, found);
  if (isDoc(value)) return someAt(value, path, test, leafElements, found, step + 1);
  if (Array.isArray(value)) return someWithin(value, path, test, leafElements, found, step + 1);
  return test(undefined);
}

function testLeaf(
  value: unknown,
  test: (value: unknown) => boolean,
  leafElements: boolean,
  found?: Found,
): boolean {
  if (leafElements && Array.isArray(value)) {
    const position = value.findIndex((element) => test(element));
    if (position >= 0) {
      if (found) found.position = position;
      return true;
    }
  }
  return test(value);
}

function someWithin(
  array: unknown[],
  path: Path,
  test: (value: unknown) => boolean,
  leafElements: boolean,
  found: Found | undefined,
  step: number,
): boolean {
  for (const [position, element] of array.entries()) {
    if (isDoc(element) && someAt(element, path, test, leafElements, found, step)) {
      if (found) found.position = position;
      return true;
    }
  }
  const part = path[step] ?? '';
  if (!isPosition(part) || Number(part) >= array.length) return false;
  const element: unknown = array[Number(part)];
  if (step === path.length - 1) return testLeaf(element, test, leafElements, found);
  if (isDoc(element)) return someAt(element, path, test, leafElements, found, step + 1);
  return Array.isArray(element) && someWithin(element, path, test, leafElements, found, step + 1);
}

/** The value at a path as expressions and `distinct` see it: an array on the way gives the array of what is in it. */
export function valueAt(value: unknown, path: Path, step = 0): unknown {
  if (step === path.length) return value;
  if (Array.isArray(value)) {
    return value.map((element) => valueAt(element, path, step)).filter((element) => element !== undefined);
  }
  return isDoc(value) ? valueAt(field(value, path[step] ?? ''), path, step + 1) : undefined;
}

/** Every value a sort or `distinct` takes into account: elements of arrays one by one, undefined where none is. */
export function allValuesAt(value: unknown, path: Path, step = 0): unknown[] {
  if (step === path.length) return Array.isArray(value) ? value : [value];
  if (Array.isArray(value)) {
    const values = value.filter(isDoc).flatMap((element) => allValuesAt(element, path, step));
    const part = path[step] ?? '';
    if (isPosition(part) && Number(part) < value.length)
      values.push(...allValuesAt(value[Number(part)], path, step + 1));
    return values;
  }
  return isDoc(value) ? allValuesAt(field(value, path[step] ?? ''), path, step + 1) : [undefined];
}

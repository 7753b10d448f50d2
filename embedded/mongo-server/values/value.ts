import { BSONRegExp, BSONValue, bsonType, serialize } from 'bson';

/** A document as the server holds it: see `fromBson` for which class stands for which BSON type. */
export type Doc = Record<string, unknown>;

/**
 * The BSON types this server keeps, by the names `$type` knows, and `missing` for what is not there. Each has a character
 * that puts it in its place in BSON's order; types that compare with each other share one, and missing sorts as null.
 */
export const RANK = {
  minKey: '\x02',
  missing: '\x04',
  null: '\x04',
  int: '\x05',
  double: '\x05',
  long: '\x05',
  string: '\x06',
  object: '\x07',
  array: '\x08',
  binData: '\x09',
  objectId: '\x0a',
  bool: '\x0b',
  date: '\x0c',
  regex: '\x0e',
  maxKey: '\x11',
} as const;
export type TypeName = keyof typeof RANK;

const CLASSES: Partial<Record<string, TypeName>> = {
  ObjectId: 'objectId',
  Binary: 'binData',
  Long: 'long',
  Double: 'double',
  BSONRegExp: 'regex',
  MinKey: 'minKey',
  MaxKey: 'maxKey',
};

/** True for a number that BSON will write as an int32: the one case in which a plain number is not a double. */
export function isInt32(value: number): boolean {
  return (value | 0) === value && !Object.is(value, -0);
}

/** The BSON type of a stored value; `missing` for undefined. */
export function typeOf(value: unknown): TypeName {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'number') return isInt32(value) ? 'int' : 'double';
  if (typeof value === 'boolean') return 'bool';
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (value instanceof Date) return 'date';
  return value instanceof BSONValue ? (CLASSES[value[bsonType]] ?? 'object') : 'object';
}

/** True for an embedded document: not an array, a date or a BSON scalar. */
export function isDoc(value: unknown): value is Doc {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    !(value instanceof BSONValue)
  );
}

/** True for a BSON regular expression. */
export function isRegex(value: unknown): value is BSONRegExp {
  return value instanceof BSONRegExp;
}

/** The field's own value: never something inherited, whatever the field is called. */
export function field(doc: Doc, name: string): unknown {
  return Object.hasOwn(doc, name) ? doc[name] : undefined;
}

/** Sets an own field, whatever it is called. */
export function setField(doc: Doc, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(doc, name, { value, enumerable: true, writable: true, configurable: true });
  } else doc[name] = value;
}

/** A copy that shares nothing that an update could change. */
export function cloneValue<T>(value: T): T {
  if (Array.isArray(value)) return value.map(cloneValue) as T;
  if (!isDoc(value)) return value;
  const copy: Doc = {};
  for (const name of Object.keys(value)) setField(copy, name, cloneValue(value[name]));
  return copy as T;
}

/** Writes what `fromBson` reads; undefined fields are left out. */
export function toBson(doc: Doc): Uint8Array {
  return serialize(doc);
}

import {
  BSONRegExp,
  BSONSymbol,
  BSONValue,
  Code,
  DBRef,
  Double,
  Int32,
  bsonType,
  calculateObjectSize,
  deserialize,
  serialize,
} from 'bson';
import { MongoError } from '../mongo-error.ts';

/** A document as the server holds it: see `fromBson` for which class stands for which BSON type. */
export type Doc = Record<string, unknown>;

/** The names `$type` knows, one for each BSON type a document can hold, and one for what is not there. */
export type TypeName =
  | 'double'
  | 'string'
  | 'object'
  | 'array'
  | 'binData'
  | 'objectId'
  | 'bool'
  | 'date'
  | 'null'
  | 'regex'
  | 'javascript'
  | 'symbol'
  | 'javascriptWithScope'
  | 'int'
  | 'timestamp'
  | 'long'
  | 'decimal'
  | 'minKey'
  | 'maxKey'
  | 'missing';

const TAGGED: Partial<Record<string, TypeName>> = {
  ObjectId: 'objectId',
  Binary: 'binData',
  Long: 'long',
  Double: 'double',
  Int32: 'int',
  Decimal128: 'decimal',
  Timestamp: 'timestamp',
  BSONRegExp: 'regex',
  BSONSymbol: 'symbol',
  MinKey: 'minKey',
  MaxKey: 'maxKey',
};

/** True for a number that BSON will write as an int32: the one case in which a plain number is not a double. */
export function isInt32(value: number): boolean {
  return (value | 0) === value && !Object.is(value, -0);
}

/** The BSON type of a stored value; `missing` for undefined. */
export function typeOf(value: unknown): TypeName {
  switch (typeof value) {
    case 'number':
      return isInt32(value) ? 'int' : 'double';
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    case 'undefined':
      return 'missing';
    default:
      break;
  }
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (value instanceof Date) return 'date';
  if (value instanceof Code) return value.scope ? 'javascriptWithScope' : 'javascript';
  return value instanceof BSONValue ? (TAGGED[value[bsonType]] ?? 'object') : 'object';
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

/** The field's own value: never something inherited, whatever the field is called. */
export function field(doc: Doc, name: string): unknown {
  return Object.hasOwn(doc, name) ? doc[name] : undefined;
}

/** A double, boxed where a plain number would be written as an int32, so that no type is lost. */
export function asDouble(value: number): number | Double {
  return isInt32(value) ? new Double(value) : value;
}

/**
 * Reads BSON without losing a type: int32 and most doubles become plain numbers, a double with a whole value stays a
 * `Double`, longs and decimals stay boxed, the rest are the classes of `bson`.
 */
export function fromBson(bytes: Uint8Array): Doc {
  return settleDoc(deserialize(bytes, { promoteValues: false, bsonRegExp: true }));
}

/** Writes what `fromBson` reads; undefined fields are left out. */
export function toBson(doc: Doc): Uint8Array {
  return serialize(doc);
}

/** The size `toBson` would give. */
export function bsonSize(doc: Doc): number {
  return calculateObjectSize(doc);
}

/** A copy that shares nothing that an update could change. */
export function cloneValue<T>(value: T): T {
  if (Array.isArray(value)) return value.map(cloneValue) as T;
  if (!isDoc(value)) return value;
  return mapDoc(value, cloneValue) as T;
}

/** A new document with every value changed; safe for a field called `__proto__`. */
export function mapDoc(doc: Doc, change: (value: unknown, name: string) => unknown): Doc {
  const copy: Doc = {};
  for (const name of Object.keys(doc)) setField(copy, name, change(field(doc, name), name));
  return copy;
}

/** Sets an own field, whatever it is called. */
export function setField(doc: Doc, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(doc, name, { value, enumerable: true, writable: true, configurable: true });
  } else doc[name] = value;
}

function settleDoc(doc: Doc): Doc {
  for (const name of Object.keys(doc)) {
    if (name === '_bsontype') throw new MongoError('BadValue', 'A field cannot be called _bsontype');
    const value = doc[name];
    if (typeof value === 'object') setField(doc, name, settle(value));
  }
  return doc;
}

function settle(value: unknown): unknown {
  if (value === null || value instanceof Date) return value;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = settle(value[i]);
    return value;
  }
  if (value instanceof Int32) return value.value;
  if (value instanceof Double) return isInt32(value.value) ? value : value.value;
  if (value instanceof DBRef) {
    const plain: Doc = { $ref: value.collection, $id: settle(value.oid) };
    if (value.db !== undefined) plain['$db'] = value.db;
    return { ...plain, ...settleDoc(value.fields) };
  }
  return value instanceof BSONValue ? value : settleDoc(value as Doc);
}

/** A regular expression the engine can run; MongoDB's `x` is not supported. */
export function toRegExp(value: BSONRegExp | { pattern: string; options: string }): RegExp {
  const flags = new Set<string>();
  for (const option of value.options) {
    if (!'imsu'.includes(option)) throw new MongoError(51108, `invalid flag in regex options: ${option}`);
    flags.add(option);
  }
  try {
    return new RegExp(value.pattern, [...flags].join(''));
  } catch (error) {
    throw new MongoError(51091, `Regular expression is invalid: ${(error as Error).message}`);
  }
}

/** The text of a string or symbol; undefined for anything else. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return value instanceof BSONSymbol ? value.value : undefined;
}

/** True for a BSON regular expression. */
export function isRegex(value: unknown): value is BSONRegExp {
  return value instanceof BSONRegExp;
}

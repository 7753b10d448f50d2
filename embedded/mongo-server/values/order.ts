import { type BSONRegExp, type Binary, Long, ObjectId } from 'bson';
import { type Numeric, toNumber } from './numbers.ts';
import { type Doc, RANK, field, typeOf } from './value.ts';

/** How an empty array sorts and is indexed: below null, as MongoDB's undefined. */
export const EMPTY_ARRAY_KEY = '\x03';

const END = '\0';

/** Values are only compared by `$gt` and its like when their ranks are equal. */
export function rankOf(value: unknown): string {
  return RANK[typeOf(value)];
}

/**
 * BSON's total order as text: `orderKey(a) < orderKey(b)` exactly when `a` sorts before `b`, and equal values of
 * different number types give equal keys. No key is the beginning of another, so keys may be joined into compound keys
 * and complemented for a descending field.
 */
export function orderKey(value: unknown): string {
  const type = typeOf(value);
  const rank = RANK[type];
  switch (type) {
    case 'int':
    case 'double':
    case 'long':
      return rank + numberKey(value as Numeric);
    case 'string':
      return rank + stringKey(value as string);
    case 'object':
      return rank + docKey(value as Doc);
    case 'array':
      return rank + (value as unknown[]).map(orderKey).join('') + END;
    case 'binData':
      return rank + binaryKey(value as Binary);
    case 'objectId':
      return rank + (value as ObjectId).toHexString();
    case 'bool':
      return rank + (value === true ? '1' : '0');
    case 'date':
      return rank + doubleKey((value as Date).getTime());
    case 'regex':
      return rank + stringKey((value as BSONRegExp).pattern) + stringKey((value as BSONRegExp).options);
    case 'missing':
    case 'null':
    case 'minKey':
    case 'maxKey':
      return rank;
  }
}

/** Below zero, zero or above zero, in BSON's order. */
export function compareValues(a: unknown, b: unknown): number {
  return compareKeys(orderKey(a), orderKey(b));
}

/** Below zero, zero or above zero, as keys order. */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Equal as MongoDB means it: across number types, and null like a missing field. */
export function equalValues(a: unknown, b: unknown): boolean {
  if (typeof a === 'string' || typeof b === 'string') return a === b;
  if (a instanceof ObjectId && b instanceof ObjectId) return a.equals(b);
  return rankOf(a) === rankOf(b) && orderKey(a) === orderKey(b);
}

/** Turns the order of a key round, for a descending field of an index or a sort. */
export function complement(key: string): string {
  let turned = '';
  for (let i = 0; i < key.length; i++) turned += String.fromCharCode(0xffff - key.charCodeAt(i));
  return turned;
}

const UNUSUAL = /[\0\ud800-\uffff]/;

/** Orders by code point, as MongoDB's UTF-8 does: JavaScript's own order puts surrogates below U+E000. */
function stringKey(text: string): string {
  if (!UNUSUAL.test(text)) return text + END + END;
  let key = '';
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === 0) key += '\0\x01';
    else if (unit < 0xd800) key += String.fromCharCode(unit);
    else key += String.fromCharCode(unit < 0xe000 ? unit + 0x2000 : unit - 0x800);
  }
  return key + END + END;
}

function docKey(doc: Doc): string {
  let key = '';
  for (const name of Object.keys(doc)) {
    const value = field(doc, name);
    key += rankOf(value) + stringKey(name) + orderKey(value);
  }
  return key + END;
}

function binaryKey(value: Binary): string {
  const bytes = Buffer.from(value.value());
  const length = Buffer.alloc(5);
  length.writeUInt32BE(bytes.length);
  length.writeUInt8(value.sub_type, 4);
  return length.toString('latin1') + bytes.toString('latin1');
}

const scratch = Buffer.alloc(8);

/** IEEE 754 bits, with the sign bit turned (and all bits of a negative), order as the numbers do. */
function doubleKey(value: number): string {
  scratch.writeDoubleBE(value === 0 ? 0 : value);
  if ((scratch[0] ?? 0) & 0x80) for (let i = 0; i < 8; i++) scratch[i] = ~(scratch[i] ?? 0);
  else scratch[0] = (scratch[0] ?? 0) | 0x80;
  return scratch.toString('latin1');
}

/** The nearest double, then by how much the exact value lies below or above it: a long has more digits than a double. */
function numberKey(value: Numeric): string {
  const near = toNumber(value);
  if (Number.isNaN(near)) return `${'\0'.repeat(8)}=`;
  const above = value instanceof Long ? Number(value.toBigInt() - BigInt(near)) : 0;
  if (above === 0) return `${doubleKey(near)}=`;
  return (
    doubleKey(near) + (above < 0 ? '<' : '>') + String(above < 0 ? 9999 + above : above).padStart(4, '0')
  );
}

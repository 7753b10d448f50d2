import type { BSONRegExp, Binary, Code } from 'bson';
import { Decimal128, Long, ObjectId, type Timestamp } from 'bson';
import { type DecimalParts, type Numeric, decimalParts, toNumber } from './numbers.ts';
import { type Doc, type TypeName, field, textOf, typeOf } from './value.ts';

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
    case 'decimal':
      return rank + numberKey(value as Numeric);
    case 'string':
    case 'symbol':
      return rank + stringKey(textOf(value) ?? '');
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
    case 'timestamp':
      return rank + (value as Timestamp).toBigInt().toString(16).padStart(16, '0');
    case 'regex':
      return rank + stringKey((value as BSONRegExp).pattern) + stringKey((value as BSONRegExp).options);
    case 'javascript':
    case 'javascriptWithScope':
      return rank + stringKey((value as Code).code) + docKey((value as Code).scope ?? {});
    case 'missing':
    case 'null':
    case 'minKey':
    case 'maxKey':
      return rank;
  }
}

/** One character for each group of types that compare with each other; a missing field sorts as null. */
const RANK: Record<TypeName, string> = {
  minKey: '\x02',
  missing: '\x04',
  null: '\x04',
  int: '\x05',
  double: '\x05',
  long: '\x05',
  decimal: '\x05',
  string: '\x06',
  symbol: '\x06',
  object: '\x07',
  array: '\x08',
  binData: '\x09',
  objectId: '\x0a',
  bool: '\x0b',
  date: '\x0c',
  timestamp: '\x0d',
  regex: '\x0e',
  javascript: '\x0f',
  javascriptWithScope: '\x10',
  maxKey: '\x11',
};

/** How an empty array sorts and is indexed: below null, as MongoDB's undefined. */
export const EMPTY_ARRAY_KEY = '\x03';

const END = '\0';

/** Values are only compared by `$gt` and its like when their ranks are equal. */
export function rankOf(value: unknown): string {
  return RANK[typeOf(value)];
}

/** Below zero, zero or above zero, in BSON's order. */
export function compareValues(a: unknown, b: unknown): number {
  const plain = typeof a === 'number' && typeof b === 'number' && !Number.isNaN(a) && !Number.isNaN(b);
  return plain ? compareKeys(a, b) : compareKeys(orderKey(a), orderKey(b));
}

/** Below zero, zero or above zero, as keys (or plain numbers) order. */
export function compareKeys<T extends string | number>(a: T, b: T): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Equality as queries mean it: 1 equals 1.0; a missing field equals null. */
export function equalValues(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a === 'string' && typeof b === 'string') return false;
  if (a instanceof ObjectId && b instanceof ObjectId) return a.equals(b);
  return rankOf(a) === rankOf(b) && orderKey(a) === orderKey(b);
}

/** Turns the order of a key round, for a descending field of an index or a sort. */
export function complement(key: string): string {
  const units = new Array<number>(key.length);
  for (let i = 0; i < key.length; i++) units[i] = 0xffff - key.charCodeAt(i);
  return units.length < 4096
    ? String.fromCharCode(...units)
    : units.map((unit) => String.fromCharCode(unit)).join('');
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

const scratch = new DataView(new ArrayBuffer(8));

/** IEEE 754 bits, with the sign bit turned (and all bits of a negative), order as the numbers do. */
function doubleKey(value: number): string {
  scratch.setFloat64(0, value === 0 ? 0 : value);
  let high = scratch.getUint32(0);
  let low = scratch.getUint32(4);
  if (high & 0x80000000) {
    high = ~high;
    low = ~low;
  } else high |= 0x80000000;
  return String.fromCharCode(
    (high >>> 24) & 255,
    (high >>> 16) & 255,
    (high >>> 8) & 255,
    high & 255,
    (low >>> 24) & 255,
    (low >>> 16) & 255,
    (low >>> 8) & 255,
    low & 255,
  );
}

const NAN = '\0'.repeat(8);
const EXACT = '=';

/** The nearest double, then whether the exact value lies below, at or above it, and if not at it, its digits. */
function numberKey(value: Numeric): string {
  const near = toNumber(value);
  if (Number.isNaN(near)) return NAN + EXACT;
  const key = doubleKey(near);
  if (value instanceof Decimal128) return key + inexactKey(value.toString(), near);
  if (value instanceof Long && !Number.isSafeInteger(near)) return key + inexactKey(value.toString(), near);
  return key + EXACT;
}

function inexactKey(text: string, near: number): string {
  const exact = decimalParts(text);
  if (!exact) return EXACT;
  const side = compareToDouble(exact, near);
  if (side === 0) return EXACT;
  const size = exact.digits < 0n ? -exact.digits : exact.digits;
  const digits = size.toString();
  const magnitude = String(exact.exponent + digits.length + 10_000).padStart(5, '0') + digits.padEnd(34, '0');
  return (side < 0 ? '<' : '>') + (exact.digits < 0n ? complement(magnitude) : magnitude);
}

function compareToDouble(exact: DecimalParts, near: number): number {
  if (near === Infinity) return -1;
  if (near === -Infinity) return 1;
  let scaled = near;
  let twos = 0;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    twos++;
  }
  const shift = 10n ** BigInt(Math.abs(exact.exponent));
  const left = exact.digits * 2n ** BigInt(twos) * (exact.exponent > 0 ? shift : 1n);
  const right = BigInt(scaled) * (exact.exponent < 0 ? shift : 1n);
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

import { Double, Long } from 'bson';
import { isInt32 } from './value.ts';

/** A BSON number as the server holds it. */
export type Numeric = number | Double | Long;

/** True for every BSON number. */
export function isNumeric(value: unknown): value is Numeric {
  return typeof value === 'number' || value instanceof Double || value instanceof Long;
}

/** The nearest double. */
export function toNumber(value: Numeric): number {
  if (typeof value === 'number') return value;
  return value instanceof Long ? value.toNumber() : value.value;
}

/** A whole number within the bounds; undefined for anything else. */
export function wholeNumber(value: unknown, least = -Infinity, most = Infinity): number | undefined {
  const number = isNumeric(value) ? toNumber(value) : NaN;
  return Number.isInteger(number) && number >= least && number <= most ? number : undefined;
}

/** A double, boxed where a plain number would be written as an int32, so that no type is lost. */
export function asDouble(value: number): number | Double {
  return isInt32(value) ? new Double(value) : value;
}

/** Adds, as MongoDB does: the widest type of the two, int32 overflows into int64, and undefined beyond 64 bits. */
export function add(a: Numeric, b: Numeric): Numeric | undefined {
  if (isDouble(a) || isDouble(b)) return asDouble(toNumber(a) + toNumber(b));
  if (typeof a === 'number' && typeof b === 'number' && isInt32(a + b)) return a + b;
  const sum = toBigInt(a) + toBigInt(b);
  if (sum !== BigInt.asIntN(64, sum)) return undefined;
  return a instanceof Long || b instanceof Long || !isInt32(Number(sum)) ? Long.fromBigInt(sum) : Number(sum);
}

/** True where BSON says double. */
function isDouble(value: Numeric): boolean {
  return typeof value === 'number' ? !isInt32(value) : value instanceof Double;
}

function toBigInt(value: Numeric): bigint {
  return value instanceof Long ? value.toBigInt() : BigInt(toNumber(value));
}

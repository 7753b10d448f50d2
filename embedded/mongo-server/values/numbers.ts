import { Decimal128, Double, Int32, Long } from 'bson';
import { asDouble, isInt32 } from './value.ts';

/** A BSON number as the server holds it. */
export type Numeric = number | Double | Int32 | Long | Decimal128;

/** True for every BSON number. */
export function isNumeric(value: unknown): value is Numeric {
  if (typeof value === 'number') return true;
  return (
    value instanceof Double ||
    (value instanceof Long && !('t' in value)) || // a Timestamp is a Long in JavaScript, and no number in BSON
    value instanceof Decimal128 ||
    value instanceof Int32
  );
}

/** The nearest double. */
export function toNumber(value: Numeric): number {
  if (typeof value === 'number') return value;
  if (value instanceof Long) return value.toNumber();
  if (value instanceof Decimal128) return Number(value.toString());
  return value.value;
}

/** A whole number as the narrowest of int32 and int64 that holds it, or undefined beyond 64 bits. */
export function fromWhole(value: bigint): number | Long | undefined {
  if (value >= -0x80000000n && value <= 0x7fffffffn) return Number(value);
  return value === BigInt.asIntN(64, value) ? Long.fromBigInt(value) : undefined;
}

/** Adds, as MongoDB does: the result has the widest type of the two, and int32 overflows into int64. */
export function add(a: Numeric, b: Numeric): Numeric | undefined {
  return combine(
    a,
    b,
    (x, y) => x + y,
    (x, y) => x + y,
    addDecimals,
  );
}

/** Multiplies, by the same rule; undefined where 64 bits do not hold the product. */
export function multiply(a: Numeric, b: Numeric): Numeric | undefined {
  return combine(
    a,
    b,
    (x, y) => x * y,
    (x, y) => x * y,
    multiplyDecimals,
  );
}

/** The negative of a number, of the same type. */
export function negate(value: Numeric): Numeric {
  return multiply(value, -1) ?? asDouble(-toNumber(value));
}

function combine(
  a: Numeric,
  b: Numeric,
  doubles: (x: number, y: number) => number,
  wholes: (x: bigint, y: bigint) => bigint,
  decimals: (x: Decimal128, y: Decimal128) => Decimal128,
): Numeric | undefined {
  if (a instanceof Decimal128 || b instanceof Decimal128) return decimals(toDecimal(a), toDecimal(b));
  if (isDouble(a) || isDouble(b)) return asDouble(doubles(toNumber(a), toNumber(b)));
  if (typeof a === 'number' && typeof b === 'number') {
    const result = doubles(a, b);
    if (isInt32(result)) return result;
  }
  return fromWhole(wholes(toBigInt(a), toBigInt(b)));
}

/** True where BSON says double. */
function isDouble(value: Numeric): boolean {
  return typeof value === 'number' ? !isInt32(value) : value instanceof Double;
}

function toBigInt(value: Numeric): bigint {
  return value instanceof Long ? value.toBigInt() : BigInt(toNumber(value));
}

function toDecimal(value: Numeric): Decimal128 {
  if (value instanceof Decimal128) return value;
  return Decimal128.fromStringWithRounding(
    value instanceof Long ? value.toString() : String(toNumber(value)),
  );
}

/** A finite decimal is `digits * 10 ** exponent`. */
export interface DecimalParts {
  digits: bigint;
  exponent: number;
}

/** Takes a decimal apart; undefined for NaN and the infinities. */
export function decimalParts(text: string): DecimalParts | undefined {
  const parts = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text);
  if (!parts) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0'] = parts;
  const digits = BigInt(whole + fraction);
  return { digits: sign === '-' ? -digits : digits, exponent: Number(exponent) - fraction.length };
}

function addDecimals(a: Decimal128, b: Decimal128): Decimal128 {
  const [x, y] = [decimalParts(a.toString()), decimalParts(b.toString())];
  if (!x || !y) return Decimal128.fromString(special(Number(a.toString()) + Number(b.toString())));
  if (Math.abs(x.exponent - y.exponent) > 100) {
    return (x.exponent > y.exponent && x.digits !== 0n) || y.digits === 0n ? a : b;
  }
  const exponent = Math.min(x.exponent, y.exponent);
  const scale = (part: DecimalParts): bigint => part.digits * 10n ** BigInt(part.exponent - exponent);
  return compose(scale(x) + scale(y), exponent);
}

function multiplyDecimals(a: Decimal128, b: Decimal128): Decimal128 {
  const [x, y] = [decimalParts(a.toString()), decimalParts(b.toString())];
  if (!x || !y) return Decimal128.fromString(special(Number(a.toString()) * Number(b.toString())));
  return compose(x.digits * y.digits, x.exponent + y.exponent);
}

function compose(digits: bigint, exponent: number): Decimal128 {
  return Decimal128.fromStringWithRounding(`${digits}E${exponent}`);
}

function special(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? 'Infinity' : '-Infinity';
}

import { Decimal128, Long, ObjectId } from 'bson';
import { MongoError } from '../mongo-error.ts';
import { type Numeric, add, fromWhole, isNumeric, multiply, negate, toNumber } from '../values/numbers.ts';
import { compareValues, equalValues } from '../values/order.ts';
import { type Doc, asDouble, field, isDoc, isInt32, textOf, typeOf } from '../values/value.ts';
import { shellText } from '../values/shell-text.ts';
import { dateToString, truncateDate } from './dates.ts';

/** An operator whose operands are worked out before it runs: how many it takes, or that it takes names. */
interface ExpressionFunction {
  arity: readonly [least: number, most: number] | 'named';
  run: (...operands: unknown[]) => unknown;
}

const ONE = [1, 1] as const;
const TWO = [2, 2] as const;
const ANY = [0, Infinity] as const;

/** Expression operators, by name. */
export const FUNCTIONS: Partial<Record<string, ExpressionFunction>> = {
  $eq: { arity: TWO, run: (a, b) => order(a, b) === 0 },
  $ne: { arity: TWO, run: (a, b) => order(a, b) !== 0 },
  $gt: { arity: TWO, run: (a, b) => order(a, b) > 0 },
  $gte: { arity: TWO, run: (a, b) => order(a, b) >= 0 },
  $lt: { arity: TWO, run: (a, b) => order(a, b) < 0 },
  $lte: { arity: TWO, run: (a, b) => order(a, b) <= 0 },
  $cmp: { arity: TWO, run: order },
  $not: {
    arity: ONE,
    run: (value) => value == null || value === false || (isNumeric(value) && toNumber(value) === 0),
  },
  $add: { arity: ANY, run: addAll },
  $subtract: { arity: TWO, run: subtract },
  $multiply: {
    arity: ANY,
    run: (...values) =>
      numbers('$multiply', values, (all) =>
        all.reduce((a, b) => multiply(a, b) ?? asDouble(toNumber(a) * toNumber(b)), 1),
      ),
  },
  $divide: { arity: TWO, run: (...values) => numbers('$divide', values, ([a = 0, b = 0]) => divide(a, b)) },
  $mod: {
    arity: TWO,
    run: (...values) => numbers('$mod', values, ([a = 0, b = 0]) => toNumber(a) % toNumber(b)),
  },
  $abs: rounding(Math.abs),
  $floor: rounding(Math.floor),
  $ceil: rounding(Math.ceil),
  $trunc: rounding(Math.trunc),
  $round: {
    arity: [1, 2],
    run: (value, places = 0) => numbers('$round', [value, places], ([a = 0, b = 0]) => round(a, toNumber(b))),
  },
  $concat: { arity: ANY, run: (...values) => texts('$concat', values, (all) => all.join('')) },
  $toLower: { arity: ONE, run: (value) => (value == null ? '' : asText(value)).toLowerCase() },
  $toUpper: { arity: ONE, run: (value) => (value == null ? '' : asText(value)).toUpperCase() },
  $substrCP: {
    arity: [3, 3],
    run: (text, from, count) =>
      Array.from(asText(text ?? ''))
        .slice(whole(from), whole(from) + Math.max(0, whole(count)))
        .join(''),
  },
  $strLenCP: { arity: ONE, run: (text) => Array.from(asText(text)).length },
  $split: { arity: TWO, run: (text, by) => (text == null ? null : asText(text).split(asText(by))) },
  $toString: { arity: ONE, run: (value) => (value == null ? null : asText(value)) },
  $toInt: { arity: ONE, run: (value) => convert(value, (number) => Math.trunc(number)) },
  $toDouble: { arity: ONE, run: (value) => convert(value, asDouble) },
  $toDate: {
    arity: ONE,
    run: (value) => {
      if (value == null || value instanceof Date) return value ?? null;
      if (value instanceof ObjectId) return value.getTimestamp();
      return new Date(isNumeric(value) ? toNumber(value) : asText(value));
    },
  },
  $type: { arity: ONE, run: typeOf },
  $isArray: { arity: ONE, run: Array.isArray },
  $isNumber: { arity: ONE, run: isNumeric },
  $size: { arity: ONE, run: (items) => array('$size', items).length },
  $in: { arity: TWO, run: (value, items) => array('$in', items).some((item) => equalValues(item, value)) },
  $arrayElemAt: {
    arity: TWO,
    run: (items, index) => (items == null ? null : array('$arrayElemAt', items).at(whole(index))),
  },
  $first: { arity: ONE, run: (items) => (items == null ? null : array('$first', items)[0]) },
  $last: { arity: ONE, run: (items) => (items == null ? null : array('$last', items).at(-1)) },
  $slice: { arity: [2, 3], run: slice },
  $concatArrays: {
    arity: ANY,
    run: (...lists) =>
      lists.some((it) => it == null) ? null : lists.flatMap((it) => array('$concatArrays', it)),
  },
  $setUnion: {
    arity: ANY,
    run: (...lists) =>
      lists.some((it) => it == null) ? null : distinct(lists.flatMap((it) => array('$setUnion', it))),
  },
  $mergeObjects: {
    arity: ANY,
    run: (...docs) => Object.assign({}, ...flat(docs).filter((doc) => doc != null && isDoc(doc))) as Doc,
  },
  $objectToArray: {
    arity: ONE,
    run: (doc) => (isDoc(doc) ? Object.keys(doc).map((k) => ({ k, v: field(doc, k) })) : null),
  },
  $sum: { arity: ANY, run: (...values) => sum(flat(values)) },
  $avg: { arity: ANY, run: (...values) => average(flat(values)) },
  $max: { arity: ANY, run: (...values) => extreme(flat(values), 1) },
  $min: { arity: ANY, run: (...values) => extreme(flat(values), -1) },
  $year: datePart((date) => date.getUTCFullYear()),
  $month: datePart((date) => date.getUTCMonth() + 1),
  $dayOfMonth: datePart((date) => date.getUTCDate()),
  $dayOfWeek: datePart((date) => date.getUTCDay() + 1),
  $hour: datePart((date) => date.getUTCHours()),
  $minute: datePart((date) => date.getUTCMinutes()),
  $second: datePart((date) => date.getUTCSeconds()),
  $dateToString: { arity: 'named', run: (options) => dateToString(options as Doc) },
  $dateTrunc: { arity: 'named', run: (options) => truncateDate(options as Doc) },
};

/** The sum of the numbers among the values, as `$sum` counts them. */
export function sum(values: readonly unknown[]): Numeric {
  return values.filter(isNumeric).reduce((a, b) => add(a, b) ?? asDouble(toNumber(a) + toNumber(b)), 0);
}

/** The mean of the numbers among the values; null where there is none. */
export function average(values: readonly unknown[]): unknown {
  const counted = values.filter(isNumeric);
  return counted.length === 0 ? null : divide(sum(counted), counted.length);
}

/** The greatest (sign 1) or least (sign -1) value that is not null; null where there is none. */
export function extreme(values: readonly unknown[], sign: 1 | -1): unknown {
  let best: unknown = null;
  for (const value of values) {
    if (value != null && (best === null || compareValues(value, best) * sign > 0)) best = value;
  }
  return best;
}

/** The values without repetitions, in order of first appearance. */
export function distinct(values: readonly unknown[]): unknown[] {
  const seen: unknown[] = [];
  for (const value of values) if (!seen.some((other) => equalValues(other, value))) seen.push(value);
  return seen;
}

function order(a: unknown, b: unknown): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1;
  return compareValues(a, b);
}

function addAll(...values: unknown[]): unknown {
  if (values.some((value) => value == null)) return null;
  const dates = values.filter((value) => value instanceof Date);
  if (dates.length > 1) throw new MongoError(16612, 'only one date allowed in an $add expression');
  const rest = values.filter((value) => !(value instanceof Date));
  const total = numbers('$add', rest, sum);
  return dates[0] && isNumeric(total) ? new Date(dates[0].getTime() + toNumber(total)) : total;
}

function subtract(a: unknown, b: unknown): unknown {
  if (a == null || b == null) return null;
  if (a instanceof Date && b instanceof Date) return Long.fromNumber(a.getTime() - b.getTime());
  if (a instanceof Date && isNumeric(b)) return new Date(a.getTime() - toNumber(b));
  return numbers('$subtract', [a, b], ([x = 0, y = 0]) => sum([x, negate(y)]));
}

function divide(a: Numeric, b: Numeric): unknown {
  if (toNumber(b) === 0) throw new MongoError('BadValue', "can't $divide by zero");
  const quotient = toNumber(a) / toNumber(b);
  if (a instanceof Decimal128 || b instanceof Decimal128)
    return Decimal128.fromStringWithRounding(String(quotient));
  return asDouble(quotient);
}

function round(value: Numeric, places: number): unknown {
  const scale = 10 ** places;
  const scaled = toNumber(value) * scale;
  const nearest = Math.round(scaled);
  const even = Math.abs(scaled % 1) === 0.5 && nearest % 2 !== 0 ? nearest - 1 : nearest;
  return sameType(value, even / scale);
}

function rounding(change: (value: number) => number): ExpressionFunction {
  return {
    arity: ONE,
    run: (value) =>
      numbers('$floor, $ceil, $abs or $trunc', [value], ([a = 0]) => sameType(a, change(toNumber(a)))),
  };
}

function sameType(like: Numeric, value: number): unknown {
  if (like instanceof Decimal128) return Decimal128.fromStringWithRounding(String(value));
  if (like instanceof Long) return Long.fromNumber(value);
  return typeof like === 'number' && isInt32(like) ? value : asDouble(value);
}

function numbers(
  name: string,
  values: readonly unknown[],
  run: (all: readonly Numeric[]) => unknown,
): unknown {
  if (values.some((value) => value == null)) return null;
  if (values.every(isNumeric)) return run(values);
  const wrong = values.find((value) => !isNumeric(value));
  throw new MongoError('TypeMismatch', `${name} only supports numeric types, not ${typeOf(wrong)}`);
}

function texts(name: string, values: readonly unknown[], run: (all: string[]) => string): unknown {
  if (values.some((value) => value == null)) return null;
  const all = values.map(textOf);
  if (all.every((text) => text !== undefined)) return run(all);
  throw new MongoError(16702, `${name} only supports strings`);
}

function asText(value: unknown): string {
  const text = textOf(value);
  if (text !== undefined) return text;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof ObjectId) return value.toHexString();
  if (isNumeric(value))
    return String(value instanceof Long || value instanceof Decimal128 ? value : toNumber(value));
  if (typeof value === 'boolean') return String(value);
  throw new MongoError(16007, `can't convert from BSON type ${typeOf(value)} to String`);
}

function convert(value: unknown, as: (value: number) => unknown): unknown {
  if (value == null) return null;
  const text = textOf(value);
  const number = isNumeric(value) ? toNumber(value) : Number(text === '' ? NaN : (text ?? value));
  if (Number.isNaN(number))
    throw new MongoError(241, `Failed to parse number ${shellText(value)} in $convert`);
  return as(number);
}

function whole(value: unknown): number {
  const number = isNumeric(value) ? toNumber(value) : NaN;
  if (Number.isInteger(number)) return number;
  throw new MongoError(28690, `a whole number is needed, found: ${typeOf(value)}`);
}

function array(name: string, value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw new MongoError(17124, `The argument to ${name} must be an array, but was of type: ${typeOf(value)}`);
}

function slice(items: unknown, first: unknown, count?: unknown): unknown {
  if (items == null) return null;
  const all = array('$slice', items);
  if (count === undefined) return whole(first) < 0 ? all.slice(whole(first)) : all.slice(0, whole(first));
  const from = whole(first) < 0 ? Math.max(0, all.length + whole(first)) : whole(first);
  return all.slice(from, from + whole(count));
}

function flat(values: readonly unknown[]): unknown[] {
  const [only] = values;
  return values.length === 1 && Array.isArray(only) ? only : [...values];
}

function datePart(part: (date: Date) => number): ExpressionFunction {
  return {
    arity: ONE,
    run: (value) => {
      if (value == null) return null;
      if (!(value instanceof Date))
        throw new MongoError(16006, `can't convert from ${typeOf(value)} to Date`);
      return fromWhole(BigInt(part(value)));
    },
  };
}

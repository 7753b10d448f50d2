import { BSONRegExp, MaxKey, MinKey } from 'bson';
import { MongoError } from '../mongo-error.ts';
import { isNumeric, toNumber } from '../values/numbers.ts';
import { compareKeys, compareValues, equalValues, orderKey, rankOf } from '../values/order.ts';
import { type TypeName, isRegex, textOf, toRegExp, typeOf } from '../values/value.ts';

/** A test of one value; undefined stands for a field that is not there. */
export type ValueTest = (value: unknown) => boolean;

/** Query operators that look at one value at a time. The others ($not, $all, $elemMatch, …) are in filter.ts. */
export const VALUE_OPERATORS: Partial<Record<string, (operand: unknown, siblings: object) => ValueTest>> = {
  $eq: (operand) => equality(operand),
  $gt: (operand) => comparison(operand, (order) => order > 0),
  $gte: (operand) => comparison(operand, (order) => order >= 0),
  $lt: (operand) => comparison(operand, (order) => order < 0),
  $lte: (operand) => comparison(operand, (order) => order <= 0),
  $in: (operand) => membership(operand, '$in'),
  $regex: (operand, siblings) => regexTest(regexOf(operand, siblings)),
  $mod: (operand) => modulo(operand),
};

/** Equality as a filter means it: a regular expression matches texts, null also a field that is not there. */
export function implicitEquality(operand: unknown): ValueTest {
  return isRegex(operand) ? regexTest(operand) : equality(operand);
}

function equality(operand: unknown): ValueTest {
  if (typeof operand === 'string') return (value) => value === operand || textOf(value) === operand;
  return (value) => equalValues(value, operand);
}

function comparison(operand: unknown, holds: (order: number) => boolean): ValueTest {
  if (isRegex(operand)) throw new MongoError('BadValue', "Can't have RegEx as arg to predicate over field");
  if (operand instanceof MinKey || operand instanceof MaxKey) {
    return (value) => value !== undefined && holds(compareValues(value, operand));
  }
  const rank = rankOf(operand);
  const key = orderKey(operand);
  const isNaNOperand = isNaNValue(operand);
  return (value) => {
    if (rankOf(value) !== rank) return false;
    if (isNaNOperand || isNaNValue(value)) return isNaNOperand && isNaNValue(value) && holds(0);
    return holds(compareKeys(orderKey(value), key));
  };
}

function isNaNValue(value: unknown): boolean {
  return isNumeric(value) && Number.isNaN(toNumber(value));
}

/** Used by `$in` and, turned round, by `$nin`. */
export function membership(operand: unknown, name: string): ValueTest {
  if (!Array.isArray(operand)) throw new MongoError('BadValue', `${name} needs an array`);
  const regexes = operand.filter(isRegex).map(regexTest);
  const keys = new Set(operand.map(orderKey));
  return (value) => keys.has(orderKey(value)) || regexes.some((test) => test(value));
}

function regexOf(operand: unknown, siblings: object): BSONRegExp {
  const given = (siblings as { $options?: unknown }).$options;
  const options = textOf(given ?? '');
  if (options === undefined) throw new MongoError('BadValue', '$options has to be a string');
  if (isRegex(operand)) {
    if (given !== undefined && operand.options !== '')
      throw new MongoError(51075, 'options set in both $regex and $options');
    return new BSONRegExp(operand.pattern, operand.options || options);
  }
  const pattern = textOf(operand);
  if (pattern === undefined) throw new MongoError('BadValue', '$regex has to be a string');
  return new BSONRegExp(pattern, options);
}

function regexTest(regex: BSONRegExp): ValueTest {
  const compiled = toRegExp(regex);
  return (value) => {
    const text = textOf(value);
    return text === undefined ? isRegex(value) && equalValues(value, regex) : compiled.test(text);
  };
}

function modulo(operand: unknown): ValueTest {
  if (!Array.isArray(operand)) throw new MongoError('BadValue', 'malformed mod, needs to be an array');
  if (operand.length !== 2) {
    throw new MongoError(
      'BadValue',
      `malformed mod, ${operand.length < 2 ? 'not enough' : 'too many'} elements`,
    );
  }
  const [divisor, rest] = operand.map((part: unknown) =>
    isNumeric(part) ? Math.trunc(toNumber(part)) : NaN,
  );
  if (divisor === undefined || Number.isNaN(divisor))
    throw new MongoError('BadValue', 'malformed mod, divisor not a number');
  if (rest === undefined || Number.isNaN(rest))
    throw new MongoError('BadValue', 'malformed mod, remainder not a number');
  if (divisor === 0) throw new MongoError('BadValue', 'divisor cannot be 0');
  return (value) => isNumeric(value) && Math.trunc(toNumber(value)) % divisor === rest;
}

const TYPE_NUMBERS: Partial<Record<number, TypeName>> = {
  [-1]: 'minKey',
  1: 'double',
  2: 'string',
  3: 'object',
  4: 'array',
  5: 'binData',
  7: 'objectId',
  8: 'bool',
  9: 'date',
  10: 'null',
  11: 'regex',
  13: 'javascript',
  14: 'symbol',
  15: 'javascriptWithScope',
  16: 'int',
  17: 'timestamp',
  18: 'long',
  19: 'decimal',
  127: 'maxKey',
};
const TYPE_NAMES = new Set<string | undefined>(Object.values(TYPE_NUMBERS));

/** `$type`: names and numbers, one or several. */
export function typeTest(operand: unknown): ValueTest {
  const wanted = new Set<TypeName>(
    (Array.isArray(operand) ? (operand as unknown[]) : [operand]).flatMap(typeNames),
  );
  return (value) => wanted.has(typeOf(value));
}

function typeNames(operand: unknown): TypeName[] {
  if (operand === 'number') return ['int', 'long', 'double', 'decimal'];
  if (typeof operand === 'string') {
    if (TYPE_NAMES.has(operand)) return [operand as TypeName];
    throw new MongoError('BadValue', `Unknown type name alias: ${operand}`);
  }
  const name = isNumeric(operand) ? TYPE_NUMBERS[toNumber(operand)] : undefined;
  if (!name) throw new MongoError('BadValue', `Invalid numerical type code: ${String(operand)}`);
  return [name];
}

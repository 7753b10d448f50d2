import { BSONRegExp, MaxKey, MinKey } from 'bson';
import { MongoError } from '../mongo-error.ts';
import { isNumeric, toNumber } from '../values/numbers.ts';
import { compareKeys, compareValues, equalValues, orderKey, rankOf } from '../values/order.ts';
import { type Found, parsePath, someAt } from '../values/path.ts';
import { shellText } from '../values/shell-text.ts';
import { type Doc, RANK, field, isDoc, isRegex, typeOf } from '../values/value.ts';
import { regexTest } from './regex.ts';

/** A compiled filter: true if the document matches; `found` then tells where in an array. */
export type Filter = (doc: Doc, found?: Found) => boolean;

/** A test of one value; undefined stands for a field that is not there. */
export type ValueTest = (value: unknown) => boolean;

/** Operators that stand where a field name would. */
export const TOP_OPERATORS: Partial<Record<string, (operand: unknown) => Filter>> = {
  $and: (operand) => all(clauses(operand, '$and')),
  $or: (operand) => {
    const parts = clauses(operand, '$or');
    return (doc, found) => parts.some((part) => part(doc, found));
  },
  $nor: (operand) => {
    const parts = clauses(operand, '$nor');
    return (doc) => !parts.some((part) => part(doc));
  },
};

/** Operators on a field; the siblings are those that stand beside it. */
export const FIELD_OPERATORS: Partial<
  Record<string, (path: string, operand: unknown, siblings: Doc) => Filter>
> = {
  $eq: (path, operand) => at(path, equality(operand)),
  $ne: (path, operand) => not(at(path, equality(operand))),
  $gt: ordered((order) => order > 0),
  $gte: ordered((order) => order >= 0),
  $lt: ordered((order) => order < 0),
  $lte: ordered((order) => order <= 0),
  $in: (path, operand) => at(path, membership(operand, '$in')),
  $nin: (path, operand) => not(at(path, membership(operand, '$nin'))),
  $exists: (path, operand) => {
    const exists = at(path, (value) => value !== undefined, false);
    const isWanted = isNumeric(operand) ? toNumber(operand) !== 0 : operand != null && operand !== false;
    return isWanted ? exists : not(exists);
  },
  $type: (path, operand) => {
    const names = Array.isArray(operand) ? (operand as unknown[]) : [operand];
    const wanted = names.flatMap((name) => (name === 'number' ? ['int', 'long', 'double'] : [name]));
    const unknown = wanted.find((name) => name === 'missing' || !Object.hasOwn(RANK, String(name)));
    if (unknown !== undefined)
      throw new MongoError('BadValue', `Unknown type name alias: ${shellText(unknown)}`);
    return at(path, (value) => wanted.includes(typeOf(value)));
  },
  $not: (path, operand) => {
    if (isOperators(operand) || isRegex(operand)) return not(compileField(path, operand));
    throw new MongoError('BadValue', '$not needs a regex or a document');
  },
  $regex: (path, operand, siblings) => {
    const options = field(siblings, '$options') ?? '';
    const [pattern, own] = isRegex(operand) ? [operand.pattern, operand.options] : [operand, ''];
    if (typeof pattern !== 'string') throw new MongoError('BadValue', '$regex has to be a string');
    if (typeof options !== 'string') throw new MongoError('BadValue', '$options has to be a string');
    return at(path, regexTest(new BSONRegExp(pattern, own || options)));
  },
  $options: (_path, _operand, siblings) => {
    if (field(siblings, '$regex') !== undefined) return () => true;
    throw new MongoError('BadValue', '$options needs a $regex');
  },
  $elemMatch: (path, operand) => {
    if (!isDoc(operand)) throw new MongoError('BadValue', '$elemMatch needs an Object');
    const element = elementTest(operand);
    return (doc, found) => {
      let position = -1;
      const find: ValueTest = (value) =>
        Array.isArray(value) && (position = value.findIndex((it) => element(it))) >= 0;
      const matches = at(path, find, false)(doc, found);
      if (matches && found) found.position = position;
      return matches;
    };
  },
};

/** Compiles a filter; an operator nobody knows is an error. */
export function compileFilter(filter: Doc): Filter {
  return all(
    Object.keys(filter).map((key) => {
      const operand = field(filter, key);
      if (!key.startsWith('$')) return compileField(key, operand);
      const operator = Object.hasOwn(TOP_OPERATORS, key) ? TOP_OPERATORS[key] : undefined;
      if (operator) return operator(operand);
      throw new MongoError('BadValue', `unknown top level operator: ${key}`);
    }),
  );
}

function compileField(path: string, operand: unknown): Filter {
  if (isRegex(operand)) return at(path, regexTest(operand));
  if (!isOperators(operand)) return at(path, equality(operand));
  return all(
    Object.keys(operand).map((name) => {
      const operator = Object.hasOwn(FIELD_OPERATORS, name) ? FIELD_OPERATORS[name] : undefined;
      if (operator) return operator(path, field(operand, name), operand);
      throw new MongoError('BadValue', `unknown operator: ${name}`);
    }),
  );
}

/** A test of one element of an array, as `$elemMatch` and `$pull` mean it. */
export function elementTest(condition: Doc): ValueTest {
  if (isOperators(condition) && !TOP_OPERATORS[Object.keys(condition)[0] ?? '']) {
    const test = compileField('value', condition);
    return (element) => test({ value: Array.isArray(element) ? [element] : element });
  }
  const test = compileFilter(condition);
  return (element) => {
    if (isDoc(element)) return test(element);
    return Array.isArray(element) && test(Object.fromEntries(element.entries()));
  };
}

/** True for a document whose first field is an operator. */
export function isOperators(value: unknown): value is Doc {
  return isDoc(value) && Object.keys(value)[0]?.startsWith('$') === true;
}

function equality(operand: unknown): ValueTest {
  if (isOperators(operand)) throw new MongoError('BadValue', 'operators cannot stand in $eq or $ne');
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

function ordered(holds: (order: number) => boolean) {
  return (path: string, operand: unknown): Filter => at(path, comparison(operand, holds));
}

function isNaNValue(value: unknown): boolean {
  return isNumeric(value) && Number.isNaN(toNumber(value));
}

function membership(operand: unknown, name: string): ValueTest {
  if (!Array.isArray(operand)) throw new MongoError('BadValue', `${name} needs an array`);
  const regexes = operand.filter(isRegex).map(regexTest);
  const keys = new Set(operand.map(orderKey));
  return (value) => keys.has(orderKey(value)) || regexes.some((test) => test(value));
}

function clauses(operand: unknown, name: string): Filter[] {
  if (!Array.isArray(operand) || operand.length === 0 || !operand.every(isDoc)) {
    throw new MongoError('BadValue', `${name} must be a nonempty array of objects`);
  }
  return operand.map(compileFilter);
}

function at(path: string, test: ValueTest, leafElements = true): Filter {
  const parts = parsePath(path);
  return (doc, found) => someAt(doc, parts, test, leafElements, found);
}

function all(parts: readonly Filter[]): Filter {
  const [only] = parts;
  if (parts.length === 1 && only) return only;
  return (doc, found) => parts.every((part) => part(doc, found));
}

function not(test: Filter): Filter {
  return (doc) => !test(doc);
}

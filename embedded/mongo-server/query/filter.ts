import { MongoError } from '../mongo-error.ts';

import { compileExpression, truthy } from '../aggregation/expression.ts';
import { isNumeric, toNumber } from '../values/numbers.ts';
import { type Found, parsePath, someAt } from '../values/path.ts';
import { type Doc, field, isDoc } from '../values/value.ts';
import { VALUE_OPERATORS, type ValueTest, implicitEquality, membership, typeTest } from './operators.ts';

/** A compiled filter: true if the document matches; `found` then tells where in an array. */
export type Filter = (doc: Doc, found?: Found) => boolean;

/** Operators that stand where a field name would. */
export const TOP_OPERATORS: Partial<Record<string, (operand: unknown) => Filter>> = {
  $and: (operand) => {
    const parts = clauses(operand, '$and');
    return (doc, found) => parts.every((part) => part(doc, found));
  },
  $or: (operand) => {
    const parts = clauses(operand, '$or');
    return (doc, found) => parts.some((part) => part(doc, found));
  },
  $nor: (operand) => {
    const parts = clauses(operand, '$nor');
    return (doc) => !parts.some((part) => part(doc));
  },
  $expr: (operand) => {
    const expression = compileExpression(operand);
    return (doc) => truthy(expression({ root: doc, vars: {} }));
  },
  $comment: () => () => true,
};

/** Operators on a field that look at more than one value at a time, or at whether there is one. */
export const FIELD_OPERATORS: Partial<Record<string, (path: string, operand: unknown) => Filter>> = {
  $ne: (path, operand) => {
    if (isOperators(operand)) throw new MongoError('BadValue', "Can't have operators in $ne");
    return not(at(path, VALUE_OPERATORS['$eq']?.(operand, {}) ?? implicitEquality(operand)));
  },
  $nin: (path, operand) => not(at(path, membership(operand, '$nin'))),
  $exists: (path, operand) => {
    const exists = at(path, (value) => value !== undefined, false);
    return truthy(operand) ? exists : not(exists);
  },
  $type: (path, operand) => at(path, typeTest(operand)),
  $not: (path, operand) => {
    if (!isOperators(operand) && !isRegexLike(operand)) {
      throw new MongoError('BadValue', '$not needs a regex or a document');
    }
    return not(compileField(path, operand));
  },
  $all: (path, operand) => {
    if (!Array.isArray(operand)) throw new MongoError('BadValue', '$all needs an array');
    const parts = operand.map((part: unknown) =>
      isDoc(part) && field(part, '$elemMatch') !== undefined
        ? compileField(path, part)
        : at(path, implicitEquality(part)),
    );
    return (doc, found) => parts.length > 0 && parts.every((part) => part(doc, found));
  },
  $elemMatch: (path, operand) => {
    if (!isDoc(operand)) throw new MongoError('BadValue', '$elemMatch needs an Object');
    const element = elementTest(operand);
    return (doc, found) => {
      let position: number | undefined;
      const matches = at(
        path,
        (value) => {
          const index = Array.isArray(value) ? value.findIndex(element) : -1;
          if (index >= 0) position = index;
          return index >= 0;
        },
        false,
      )(doc, found);
      if (matches && found && position !== undefined) found.position = position;
      return matches;
    };
  },
  $size: (path, operand) => {
    const size = isNumeric(operand) ? toNumber(operand) : NaN;
    if (!Number.isInteger(size) || size < 0) {
      throw new MongoError('BadValue', 'Failed to parse $size. Expected a non-negative whole number');
    }
    return at(path, (value) => Array.isArray(value) && value.length === size, false);
  },
};

/** Compiles a filter; an operator nobody knows is an error. */
export function compileFilter(filter: Doc): Filter {
  const parts = Object.keys(filter).map((key) => compileClause(key, field(filter, key)));
  const [only] = parts;
  if (parts.length === 1 && only) return only;
  return (doc, found) => {
    for (const part of parts) if (!part(doc, found)) return false;
    return true;
  };
}

function compileClause(key: string, operand: unknown): Filter {
  if (!key.startsWith('$')) return compileField(key, operand);
  const operator = TOP_OPERATORS[key];
  if (operator) return operator(operand);
  throw new MongoError(
    'BadValue',
    `unknown top level operator: ${key}. If you have a field name that starts with a '$' symbol, consider using $getField or $setField.`,
  );
}

function compileField(path: string, operand: unknown): Filter {
  if (!isOperators(operand)) return at(path, implicitEquality(operand));
  const parts: Filter[] = [];
  for (const name of Object.keys(operand)) {
    const value = field(operand, name);
    const valueOperator = VALUE_OPERATORS[name];
    const fieldOperator = FIELD_OPERATORS[name];
    if (valueOperator) parts.push(at(path, valueOperator(value, operand)));
    else if (fieldOperator) parts.push(fieldOperator(path, value));
    else if (name === '$options') {
      if (field(operand, '$regex') === undefined) throw new MongoError('BadValue', '$options needs a $regex');
    } else throw new MongoError('BadValue', `unknown operator: ${name}`);
  }
  return (doc, found) => parts.every((part) => part(doc, found));
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

/** True for a document whose first field is an operator (a DBRef is not). */
export function isOperators(value: unknown): value is Doc {
  if (!isDoc(value)) return false;
  const [first] = Object.keys(value);
  return first?.startsWith('$') === true && first !== '$ref' && first !== '$id' && first !== '$db';
}

function isRegexLike(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !isDoc(value) && !Array.isArray(value);
}

function clauses(operand: unknown, name: string): Filter[] {
  if (!Array.isArray(operand)) throw new MongoError('BadValue', `${name} must be an array`);
  if (operand.length === 0) throw new MongoError('BadValue', '$and/$or/$nor must be a nonempty array');
  return operand.map((clause: unknown) => {
    if (isDoc(clause)) return compileFilter(clause);
    throw new MongoError('BadValue', '$or/$and/$nor entries need to be full objects');
  });
}

function at(path: string, test: ValueTest, leafElements = true): Filter {
  const parts = parsePath(path);
  const [only] = parts;
  if (parts.length > 1 || only === undefined)
    return (doc, found) => someAt(doc, parts, test, leafElements, found);
  return (doc, found) => {
    const value = field(doc, only);
    return Array.isArray(value) ? someAt(doc, parts, test, leafElements, found) : test(value);
  };
}

function not(test: Filter): Filter {
  return (doc) => !test(doc);
}

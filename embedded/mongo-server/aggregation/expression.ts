import { MongoError } from '../mongo-error.ts';
import { isNumeric, toNumber } from '../values/numbers.ts';
import { parsePath, valueAt } from '../values/path.ts';
import { type Doc, field, isDoc, mapDoc } from '../values/value.ts';
import { FUNCTIONS } from './functions.ts';

/** What an expression is worked out over. */
interface Scope {
  root: Doc;
  vars: Record<string, unknown>;
}

/** A compiled aggregation expression; undefined stands for a missing value. */
export type Expression = (scope: Scope) => unknown;

/** Operators that bind variables or do not work out all of their operands. */
export const SPECIAL: Partial<Record<string, (operand: unknown) => Expression>> = {
  $literal: (operand) => () => operand,
  $and: (operand) => {
    const parts = list(operand);
    return (scope) => parts.every((part) => truthy(part(scope)));
  },
  $or: (operand) => {
    const parts = list(operand);
    return (scope) => parts.some((part) => truthy(part(scope)));
  },
  $cond: (operand) => {
    const given: unknown[] = Array.isArray(operand)
      ? operand
      : named(operand, ['if', 'then', 'else'], '$cond');
    if (given.length !== 3)
      throw new MongoError(
        16020,
        `Expression $cond takes exactly 3 arguments. ${given.length} were passed in.`,
      );
    const parts = given.map(compileExpression) as [Expression, Expression, Expression];
    return (scope) => (truthy(parts[0](scope)) ? parts[1](scope) : parts[2](scope));
  },
  $ifNull: (operand) => {
    const parts = list(operand);
    if (parts.length < 2) throw new MongoError(1257300, '$ifNull needs at least two arguments');
    return (scope) => {
      let value: unknown;
      for (const part of parts) if ((value = part(scope)) != null) break;
      return value;
    };
  },
  $switch: (operand) => {
    const [branches, otherwise] = named(operand, ['branches', 'default'], '$switch', 1);
    if (!Array.isArray(branches)) throw new MongoError(40061, "$switch expected an array for 'branches'");
    const cases = branches.map((branch) => named(branch, ['case', 'then'], '$switch').map(compileExpression));
    const last = otherwise === undefined ? undefined : compileExpression(otherwise);
    return (scope) => {
      for (const [test, then] of cases) if (test && truthy(test(scope))) return then?.(scope);
      if (last) return last(scope);
      throw new MongoError(
        40066,
        '$switch could not find a matching branch for an input, and no default was specified.',
      );
    };
  },
  $filter: (operand) => {
    const [input, cond, as] = named(operand, ['input', 'cond', 'as'], '$filter', 2);
    const test = compileExpression(cond);
    return overArray(input, as, (scope, items) => items.filter((item) => truthy(test(scope(item)))));
  },
  $map: (operand) => {
    const [input, into, as] = named(operand, ['input', 'in', 'as'], '$map', 2);
    const change = compileExpression(into);
    return overArray(input, as, (scope, items) => items.map((item) => change(scope(item)) ?? null));
  },
  $reduce: (operand) => {
    const [input, initial, into] = named(operand, ['input', 'initialValue', 'in'], '$reduce');
    const [start, step] = [compileExpression(initial), compileExpression(into)];
    return overArray(input, undefined, (scope, items, outer) =>
      items.reduce((value, item) => {
        const inner = scope(item);
        return step({ ...inner, vars: { ...inner.vars, value } });
      }, start(outer)),
    );
  },
  $let: (operand) => {
    const [vars, into] = named(operand, ['vars', 'in'], '$let');
    if (!isDoc(vars)) throw new MongoError(16876, 'invalid parameter: expected an object (vars)');
    const bindings = Object.entries(vars).map(([name, value]) => [name, compileExpression(value)] as const);
    const body = compileExpression(into);
    return (scope) => {
      const bound = Object.fromEntries(bindings.map(([name, value]) => [name, value(scope)]));
      return body({ ...scope, vars: { ...scope.vars, ...bound } });
    };
  },
};

/** Compiles an expression; an operator or variable nobody knows is an error. */
export function compileExpression(expression: unknown): Expression {
  if (typeof expression === 'string' && expression.startsWith('$')) return reference(expression);
  if (Array.isArray(expression)) {
    const parts = expression.map(compileExpression);
    return (scope) => parts.map((part) => part(scope) ?? null);
  }
  if (!isDoc(expression)) return () => expression;
  const names = Object.keys(expression);
  const [first] = names;
  if (first?.startsWith('$')) {
    if (names.length > 1) {
      throw new MongoError(15983, `Object expression must have exactly one field; found ${names.join(', ')}`);
    }
    return operation(first, field(expression, first));
  }
  const fields = names.map((name) => [name, compileExpression(field(expression, name))] as const);
  return (scope) => {
    const result: Doc = {};
    for (const [name, part] of fields) {
      const value = part(scope);
      if (value !== undefined) result[name] = value;
    }
    return result;
  };
}

function operation(name: string, operand: unknown): Expression {
  const special = Object.hasOwn(SPECIAL, name) ? SPECIAL[name] : undefined;
  if (special) return special(operand);
  const known = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (!known) throw new MongoError(168, `Unrecognized expression '${name}'`);
  const { arity, run } = known;
  if (arity === 'named') {
    if (!isDoc(operand))
      throw new MongoError('FailedToParse', `${name} only supports an object as its argument`);
    const parts = compileExpression(mapDoc(operand, (value) => value));
    return (scope) => run(parts(scope));
  }
  const parts = list(operand);
  const [least, most] = arity;
  if (parts.length < least || parts.length > most) {
    const wanted = least === most ? `exactly ${least}` : `between ${least} and ${most}`;
    throw new MongoError(
      16020,
      `Expression ${name} takes ${wanted} arguments. ${parts.length} were passed in.`,
    );
  }
  return (scope) => run(...parts.map((part) => part(scope)));
}

function reference(text: string): Expression {
  if (!text.startsWith('$$')) {
    const path = parsePath(text.slice(1));
    return ({ root }) => valueAt(root, path);
  }
  const [name = '', ...path] = parsePath(text.slice(2));
  if (name === 'REMOVE') return () => undefined;
  if (name === 'NOW') {
    const now = new Date();
    return () => now;
  }
  if (/^[A-Z]/.test(name) && name !== 'ROOT' && name !== 'CURRENT') {
    throw new MongoError(17276, `Use of undefined variable: ${name}`);
  }
  return ({ root, vars }) => {
    if (name === 'ROOT' || name === 'CURRENT') return valueAt(root, path);
    if (!Object.hasOwn(vars, name)) throw new MongoError(17276, `Use of undefined variable: ${name}`);
    return valueAt(vars[name], path);
  };
}

/** What counts as true: everything but false, null, a missing value and zero. */
export function truthy(value: unknown): boolean {
  if (isNumeric(value)) return toNumber(value) !== 0;
  return value != null && value !== false;
}

function list(operand: unknown): Expression[] {
  return (Array.isArray(operand) ? operand : [operand]).map(compileExpression);
}

function named(
  operand: unknown,
  names: readonly string[],
  operator: string,
  required = names.length,
): unknown[] {
  if (!isDoc(operand)) throw new MongoError(28646, `${operator} only supports an object as its argument`);
  for (const name of Object.keys(operand)) {
    if (!names.includes(name)) throw new MongoError(28647, `Unrecognized parameter to ${operator}: ${name}`);
  }
  return names.map((name, index) => {
    const value = field(operand, name);
    if (value === undefined && index < required) {
      throw new MongoError(28648, `Missing '${name}' parameter to ${operator}`);
    }
    return value;
  });
}

type InScope = (item: unknown) => Scope;

function overArray(
  input: unknown,
  as: unknown,
  run: (scope: InScope, items: unknown[], outer: Scope) => unknown,
): Expression {
  const source = compileExpression(input);
  const name = typeof as === 'string' ? as : 'this';
  return (outer) => {
    const items = source(outer);
    if (items == null) return null;
    if (!Array.isArray(items)) throw new MongoError(28651, 'input to this operator must be an array');
    return run((item) => ({ ...outer, vars: { ...outer.vars, [name]: item } }), items, outer);
  };
}

import { MongoError } from '../mongo-error.ts';
import { orderKey } from '../values/order.ts';
import { type Doc, field, isDoc } from '../values/value.ts';
import { type Expression, compileExpression } from './expression.ts';
import { FUNCTIONS, average, distinct, extreme, sum } from './functions.ts';

/** What `$group` makes of all values of a group, in the order of its documents. */
export const ACCUMULATORS: Partial<Record<string, (values: readonly unknown[]) => unknown>> = {
  $sum: sum,
  $avg: average,
  $min: (values) => extreme(values, -1),
  $max: (values) => extreme(values, 1),
  $first: (values) => values[0] ?? null,
  $last: (values) => values.at(-1) ?? null,
  $push: (values) => values.filter((value) => value !== undefined),
  $addToSet: (values) => distinct(values.filter((value) => value !== undefined)),
  $count: (values) => values.length,
  $mergeObjects: (values) => FUNCTIONS['$mergeObjects']?.run(...values),
};

interface Column {
  name: string;
  expression: Expression;
  accumulate: (values: readonly unknown[]) => unknown;
}

/** Compiles `$group`. */
export function compileGroup(spec: unknown): (docs: readonly Doc[]) => Doc[] {
  if (!isDoc(spec)) throw new MongoError(15947, "a group's fields must be specified in an object");
  if (!Object.hasOwn(spec, '_id')) throw new MongoError(15955, 'a group specification must include an _id');
  const id = compileExpression(spec['_id']);
  const columns = Object.keys(spec)
    .filter((name) => name !== '_id')
    .map((name) => compileColumn(name, field(spec, name)));
  return (docs) => {
    const groups = new Map<string, { id: unknown; values: unknown[][] }>();
    for (const root of docs) {
      const groupId = id({ root, vars: {} }) ?? null;
      const key = orderKey(groupId);
      let group = groups.get(key);
      if (!group) groups.set(key, (group = { id: groupId, values: columns.map(() => []) }));
      for (const [i, { expression }] of columns.entries())
        group.values[i]?.push(expression({ root, vars: {} }));
    }
    return [...groups.values()].map((group) => {
      const result: Doc = { _id: group.id };
      for (const [i, { name, accumulate }] of columns.entries())
        result[name] = accumulate(group.values[i] ?? []);
      return result;
    });
  };
}

function compileColumn(name: string, spec: unknown): Column {
  const [operator, ...more] = isDoc(spec) ? Object.keys(spec) : [];
  if (!isDoc(spec) || !operator?.startsWith('$') || name.includes('.')) {
    throw new MongoError(40234, `The field '${name}' must be an accumulator object`);
  }
  if (more.length > 0) throw new MongoError(40238, `The field '${name}' must specify one accumulator`);
  const accumulate = Object.hasOwn(ACCUMULATORS, operator) ? ACCUMULATORS[operator] : undefined;
  if (!accumulate) throw new MongoError(15952, `unknown group operator '${operator}'`);
  const operand = operator === '$count' ? 1 : field(spec, operator);
  return { name, expression: compileExpression(operand), accumulate };
}

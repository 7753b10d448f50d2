import { MongoError } from '../mongo-error.ts';
import { type Numeric, add, asDouble, isNumeric, toNumber } from '../values/numbers.ts';
import { compareValues, orderKey } from '../values/order.ts';
import { parsePath, valueAt } from '../values/path.ts';
import { type Doc, field, isDoc, setField } from '../values/value.ts';

/** Works out a value over a document; undefined stands for a missing one. */
type Expression = (doc: Doc) => unknown;

/** What `$group` makes of all values of a group. */
export const ACCUMULATORS: Partial<Record<string, (values: readonly unknown[]) => unknown>> = {
  $sum: sum,
  $avg: (values) => {
    const numbers = values.filter(isNumeric);
    return numbers.length === 0 ? null : asDouble(toNumber(sum(numbers)) / numbers.length);
  },
  $min: (values) => extreme(values, -1),
  $max: (values) => extreme(values, 1),
};

/** Compiles `$group`. Its expressions are constants, paths, and objects of them. */
export function compileGroup(spec: Doc): (docs: readonly Doc[]) => Doc[] {
  if (!Object.hasOwn(spec, '_id')) throw new MongoError(15955, 'a group specification must include an _id');
  const id = compileExpression(spec['_id']);
  const columns = Object.keys(spec)
    .filter((name) => name !== '_id')
    .map((name) => ({ name, ...compileColumn(name, field(spec, name)) }));
  return (docs) => {
    const groups = new Map<string, { id: unknown; docs: Doc[] }>();
    for (const doc of docs) {
      const groupId = id(doc) ?? null;
      const key = orderKey(groupId);
      const group = groups.get(key);
      if (group) group.docs.push(doc);
      else groups.set(key, { id: groupId, docs: [doc] });
    }
    return [...groups.values()].map((group) => {
      const result: Doc = { _id: group.id };
      for (const { name, value, accumulate } of columns)
        setField(result, name, accumulate(group.docs.map(value)));
      return result;
    });
  };
}

function compileColumn(name: string, spec: unknown) {
  const [operator = '', ...more] = isDoc(spec) ? Object.keys(spec) : [];
  const accumulate = Object.hasOwn(ACCUMULATORS, operator) ? ACCUMULATORS[operator] : undefined;
  if (accumulate && isDoc(spec) && more.length === 0 && !name.includes('.')) {
    return { value: compileExpression(field(spec, operator)), accumulate };
  }
  throw new MongoError(15952, `The field '${name}' must be one accumulator, and '${operator}' is not known`);
}

function compileExpression(expression: unknown): Expression {
  if (typeof expression === 'string' && expression.startsWith('$')) {
    const path = parsePath(expression.slice(1));
    if (!expression.startsWith('$$')) return (doc) => valueAt(doc, path);
  } else if (!isDoc(expression) && !Array.isArray(expression)) return () => expression;
  const names = isDoc(expression) ? Object.keys(expression) : ['$'];
  if (!isDoc(expression) || names.some((name) => name.startsWith('$'))) {
    throw new MongoError('InvalidPipelineOperator', `Unrecognized expression '${names[0] ?? ''}'`);
  }
  const fields = names.map((name) => [name, compileExpression(field(expression, name))] as const);
  return (doc) => {
    const result: Doc = {};
    for (const [name, value] of fields) {
      const worked = value(doc);
      if (worked !== undefined) setField(result, name, worked);
    }
    return result;
  };
}

function sum(values: readonly unknown[]): Numeric {
  return values
    .filter(isNumeric)
    .reduce<Numeric>((a, b) => add(a, b) ?? asDouble(toNumber(a) + toNumber(b)), 0);
}

/** The greatest (sign 1) or least (sign -1) value that is not null; null where there is none. */
function extreme(values: readonly unknown[], sign: 1 | -1): unknown {
  let best: unknown = null;
  for (const value of values) {
    if (value != null && (best === null || compareValues(value, best) * sign > 0)) best = value;
  }
  return best;
}

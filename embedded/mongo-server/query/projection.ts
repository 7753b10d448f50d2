import { type Expression, compileExpression, truthy } from '../aggregation/expression.ts';
import { MongoError } from '../mongo-error.ts';
import { isNumeric, toNumber } from '../values/numbers.ts';
import { type Found, parsePath } from '../values/path.ts';
import { type Doc, field, isDoc, setField } from '../values/value.ts';
import { elementTest, isOperators } from './filter.ts';

/** Gives what a projection leaves of a document; never changes the document. */
export type Projection = (doc: Doc, found?: Found) => Doc;

/** What one field of a projection does with the value it finds; undefined takes the field away. */
type Shape = (value: unknown, root: Doc, found: Found) => unknown;
type Rule = { keep: boolean } | { shape: Shape } | { compute: Expression } | { fields: Rules };
type Rules = Map<string, Rule>;

/** Compiles the projection of `find`, or with `isStage` that of `$project`. */
export function compileProjection(spec: Doc, isStage = false): Projection {
  const rules: Rules = new Map();
  let mode: 'inclusion' | 'exclusion' | undefined;
  let idRule: boolean | undefined;
  let slices = false;

  const settle = (wanted: 'inclusion' | 'exclusion', name: string): void => {
    if (mode && mode !== wanted) {
      const [code, verb] = wanted === 'exclusion' ? [31254, 'exclusion'] : [31253, 'inclusion'];
      throw new MongoError(code, `Cannot do ${verb} on field ${name} in ${mode} projection`);
    }
    mode = wanted;
  };
  const read = (value: unknown, name: string, parent: string): Rule | undefined => {
    if (typeof value === 'boolean' || isNumeric(value)) {
      const keep = truthy(value);
      if (parent + name === '_id') {
        idRule = keep;
        return undefined;
      }
      settle(keep ? 'inclusion' : 'exclusion', parent + name);
      return { keep };
    }
    if (isDoc(value) && !isOperators(value)) {
      if (Object.keys(value).length === 0)
        throw new MongoError(51270, 'An empty sub-projection is not a valid value.');
      const fields: Rules = new Map();
      for (const inner of Object.keys(value)) {
        const rule = read(field(value, inner), inner, `${parent}${name}.`);
        if (rule) place(fields, inner, rule);
      }
      return { fields };
    }
    const shape = isStage ? undefined : findOperator(value);
    if (shape) {
      if (shape.including) settle('inclusion', parent + name);
      else slices = true;
      return { shape: shape.run };
    }
    settle('inclusion', parent + name);
    return { compute: compileExpression(value) };
  };

  for (const name of Object.keys(spec)) {
    const value = field(spec, name);
    if (!isStage && name.endsWith('.$')) {
      settle('inclusion', name);
      place(rules, name.slice(0, -2), { shape: positional });
      continue;
    }
    const rule = read(value, name, '');
    if (rule) place(rules, name, rule);
  }
  const isInclusion = mode === 'inclusion' || (mode === undefined && idRule === true && !slices);
  if (idRule !== false && isInclusion) rules.set('_id', { keep: true });
  if (idRule === false && !isInclusion) rules.set('_id', { keep: false });
  return (doc, found = {}) => project(doc, rules, isInclusion, doc, found) as Doc;
}

/** Puts a rule at a dotted path; two rules for one place contradict each other. */
function place(rules: Rules, name: string, rule: Rule): void {
  const path = parsePath(name);
  let level = rules;
  for (const part of path.slice(0, -1)) {
    const next = level.get(part) ?? { fields: new Map() as Rules };
    if (!('fields' in next)) throw new MongoError(31249, `Path collision at ${name}`);
    level.set(part, next);
    level = next.fields;
  }
  const last = path.at(-1) ?? '';
  const there = level.get(last);
  if (there && 'fields' in there && 'fields' in rule) {
    for (const [inner, innerRule] of rule.fields) place(there.fields, inner, innerRule);
  } else if (there) throw new MongoError(31250, `Path collision at ${name}`);
  else level.set(last, rule);
}

function project(value: unknown, rules: Rules, isInclusion: boolean, root: Doc, found: Found): unknown {
  if (Array.isArray(value)) {
    const elements = value.map((element) => project(element, rules, isInclusion, root, found));
    return isInclusion ? elements.filter((element) => element !== undefined) : elements;
  }
  if (!isDoc(value)) {
    if (!isInclusion) return value;
    return hasComputed(rules) ? project({}, rules, isInclusion, root, found) : undefined;
  }
  const result: Doc = {};
  for (const name of Object.keys(value)) {
    const rule = rules.get(name);
    const kept = rule ? applied(rule, field(value, name), isInclusion, root, found) : field(value, name);
    if (kept !== undefined && (rule || !isInclusion)) setField(result, name, kept);
  }
  for (const [name, rule] of rules) {
    if ('compute' in rule) {
      const computed = rule.compute({ root, vars: {} });
      if (computed !== undefined) setField(result, name, computed);
      else Reflect.deleteProperty(result, name);
    } else if ('fields' in rule && !Object.hasOwn(value, name) && hasComputed(rule.fields)) {
      setField(result, name, project({}, rule.fields, isInclusion, root, found));
    }
  }
  return result;
}

function applied(rule: Rule, value: unknown, isInclusion: boolean, root: Doc, found: Found): unknown {
  if ('keep' in rule) return rule.keep ? value : undefined;
  if ('shape' in rule) return rule.shape(value, root, found);
  if ('fields' in rule) return project(value, rule.fields, isInclusion, root, found);
  return undefined; // computed afterwards
}

function hasComputed(rules: Rules): boolean {
  return [...rules.values()].some(
    (rule) => 'compute' in rule || ('fields' in rule && hasComputed(rule.fields)),
  );
}

/** `$slice` and `$elemMatch` mean something else in `find` than in an expression. */
function findOperator(value: unknown): { run: Shape; including: boolean } | undefined {
  if (!isDoc(value)) return undefined;
  const slice = field(value, '$slice');
  if (slice !== undefined) return { run: sliceOf(slice), including: false };
  const condition = field(value, '$elemMatch');
  if (condition === undefined) return undefined;
  if (!isDoc(condition)) throw new MongoError('BadValue', '$elemMatch needs an Object');
  const test = elementTest(condition);
  const run: Shape = (array) => {
    const element: unknown = Array.isArray(array) ? array.find(test) : undefined;
    return element === undefined ? undefined : [element];
  };
  return { run, including: true };
}

function sliceOf(operand: unknown): Shape {
  const [first, second] = (Array.isArray(operand) ? operand : [operand]).map((part: unknown) =>
    isNumeric(part) ? toNumber(part) : NaN,
  );
  if (first === undefined || Number.isNaN(first) || (second !== undefined && !(second > 0))) {
    throw new MongoError(28667, 'Invalid $slice syntax. The given syntax did not match the find() syntax');
  }
  return (value) => {
    if (!Array.isArray(value)) return value;
    const array: unknown[] = value;
    if (second === undefined) return first < 0 ? array.slice(first) : array.slice(0, first);
    const from = first < 0 ? Math.max(0, array.length + first) : first;
    return array.slice(from, from + second);
  };
}

const positional: Shape = (value, _root, found) => {
  if (!Array.isArray(value)) return value;
  const array: unknown[] = value;
  if (found.position === undefined) {
    throw new MongoError(
      51246,
      "Executor error during find command :: caused by :: positional operator '.$' couldn't find a matching element in the array",
    );
  }
  return array.slice(found.position, found.position + 1);
};

/** Sets computed fields (`$addFields`, `$set`) at dotted paths, into each element of an array on the way. */
export function compileAddFields(spec: Doc): Projection {
  const fields = Object.keys(spec).map(
    (name) => [parsePath(name), compileExpression(field(spec, name))] as const,
  );
  return (doc) => {
    let result = doc;
    for (const [path, expression] of fields) {
      const value = expression({ root: doc, vars: {} });
      result = withField(result, path, 0, value) as Doc;
    }
    return result;
  };
}

function withField(target: unknown, path: readonly string[], step: number, value: unknown): unknown {
  if (step === path.length) return value;
  if (Array.isArray(target)) return target.map((element) => withField(element, path, step, value));
  const part = path[step] ?? '';
  const copy: Doc = isDoc(target) ? { ...target } : {};
  const inner = withField(field(copy, part), path, step + 1, value);
  if (inner === undefined) Reflect.deleteProperty(copy, part);
  else setField(copy, part, inner);
  return copy;
}

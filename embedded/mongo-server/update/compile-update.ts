import { MongoError } from '../mongo-error.ts';
import { compileAddFields, compileProjection } from '../query/projection.ts';
import { compileExpression } from '../aggregation/expression.ts';
import { type ValueTest } from '../query/operators.ts';
import { compileFilter } from '../query/filter.ts';
import { shellText } from '../values/shell-text.ts';
import { compareKeys, equalValues } from '../values/order.ts';
import { parsePath } from '../values/path.ts';
import { type Doc, cloneValue, field, isDoc, mapDoc, textOf, typeOf } from '../values/value.ts';
import { MODIFIERS, type Modifier } from './modifiers.ts';
import { concretePaths, getAt, removeAt, setAt } from './update-path.ts';

/** What the match that led to the document knows. */
interface UpdateContext {
  isInsert: boolean;
  /** Where the filter matched in an array, for the positional `$`. */
  position?: number | undefined;
}

/** An update, ready for any document: gives a new document and leaves the old one alone. */
export interface Update {
  /** True for a whole document; such an update may change one document only. */
  isReplacement: boolean;
  apply: (doc: Doc, context: UpdateContext) => Doc;
}

/** Where arrays are filtered: `$[name]` stands for the elements that pass the test of that name. */
export type ArrayFilters = ReadonlyMap<string, ValueTest>;

/** Compiles operators, a replacement document or a pipeline. */
export function compileUpdate(update: unknown, arrayFilters: unknown = []): Update {
  if (Array.isArray(update)) return keepingId(false, compilePipeline(update as unknown[]));
  if (!isDoc(update))
    throw new MongoError('TypeMismatch', 'Update argument must be either an object or an array');
  const names = Object.keys(update);
  if (!names[0]?.startsWith('$')) {
    const wrong = names.find((name) => name.startsWith('$'));
    if (wrong) {
      throw new MongoError(
        'DollarPrefixedFieldName',
        `The dollar ($) prefixed field '${wrong}' in '${wrong}' is not allowed in the context of an update's replacement document. Consider using an aggregation pipeline with $replaceWith.`,
      );
    }
    return keepingId(true, (doc) => {
      const id = field(update, '_id') ?? field(doc, '_id');
      return { ...(id === undefined ? {} : { _id: id }), ...cloneValue(update) };
    });
  }
  const filters = compileArrayFilters(arrayFilters);
  const steps = names.flatMap((name) => compileOperator(name, field(update, name)));
  steps.sort((a, b) => compareKeys(a.path, b.path));
  refuseConflicts(steps.flatMap(({ path, alsoAt }) => (alsoAt ? [path, alsoAt] : [path])));
  checkFilterNames(steps, filters);
  return keepingId(false, (doc, context) => {
    const copy = mapDoc(doc, cloneValue);
    for (const { path, run } of steps) run(copy, path, context, filters);
    return copy;
  });
}

interface Step {
  path: string;
  /** A second place the step changes. */
  alsoAt?: string;
  run: (doc: Doc, path: string, context: UpdateContext, filters: ArrayFilters) => void;
}

function compileOperator(name: string, operand: unknown): Step[] {
  const known = Object.hasOwn(MODIFIERS, name) ? MODIFIERS[name] : undefined;
  if (!known && name !== '$unset' && name !== '$rename') {
    throw new MongoError(
      'FailedToParse',
      `Unknown modifier: ${name}. Expected a valid update modifier or pipeline-style update specified as an array`,
    );
  }
  if (!isDoc(operand)) {
    throw new MongoError(
      'FailedToParse',
      `Modifiers operate on fields but we found type ${typeOf(operand)} instead. For example: {$mod: {<field>: ...}} not {${name}: ${shellText(operand)}}`,
    );
  }
  return Object.keys(operand).map((path) => {
    parsePath(path);
    const value = field(operand, path);
    if (name === '$rename') return renaming(path, value);
    return { path, run: name === '$unset' ? unset : modifying(known?.(value, path)) };
  });
}

function modifying(modifier: Modifier | undefined): Step['run'] {
  return (doc, path, context, filters) => {
    for (const place of concretePaths(doc, path, context.position, filters)) {
      const changed = modifier?.(getAt(doc, place), { path, doc, isInsert: context.isInsert });
      if (changed !== undefined) setAt(doc, place, changed);
    }
  };
}

const unset: Step['run'] = (doc, path, context, filters) => {
  for (const place of concretePaths(doc, path, context.position, filters)) removeAt(doc, place);
};

function renaming(from: string, to: unknown): Step {
  const target = textOf(to);
  if (target === undefined)
    throw new MongoError(
      'BadValue',
      `The 'to' field for $rename must be a string: ${from}: ${shellText(to)}`,
    );
  parsePath(target);
  if ([from, target].some((path) => path.split('.').some((part) => part.startsWith('$')))) {
    throw new MongoError('BadValue', `The source and target field for $rename may not be dynamic: ${from}`);
  }
  return {
    path: from,
    alsoAt: target,
    run: (doc) => {
      const value = getAt(doc, parsePath(from));
      if (value === undefined) return;
      removeAt(doc, parsePath(from));
      removeAt(doc, parsePath(target));
      setAt(doc, parsePath(target), value);
    },
  };
}

function refuseConflicts(paths: readonly string[]): void {
  const sorted = [...paths].sort();
  const all = new Set<string>();
  for (const path of sorted) {
    const parts = path.split('.');
    for (let length = 1; length <= parts.length; length++) {
      const prefix = parts.slice(0, length).join('.');
      if (all.has(prefix)) {
        throw new MongoError(
          'ConflictingUpdateOperators',
          `Updating the path '${path}' would create a conflict at '${prefix}'`,
        );
      }
    }
    all.add(path);
  }
}

function compileArrayFilters(given: unknown): ArrayFilters {
  if (!Array.isArray(given)) throw new MongoError('TypeMismatch', 'arrayFilters must be an array');
  const filters = new Map<string, ValueTest>();
  for (const filter of given as unknown[]) {
    const first = isDoc(filter) ? firstField(filter) : undefined;
    const name = first?.split('.')[0];
    if (!isDoc(filter) || name === undefined || !/^[a-z][a-zA-Z0-9]*$/.test(name)) {
      throw new MongoError(
        'BadValue',
        'Error parsing array filter: each must be a document whose fields begin with one name, e.g. {"x.a": 1}',
      );
    }
    if (filters.has(name))
      throw new MongoError(
        'FailedToParse',
        `Found multiple array filters with the same top-level field name ${name}`,
      );
    const test = compileFilter(filter);
    filters.set(name, (element) => test({ [name]: element }));
  }
  return filters;
}

function firstField(filter: Doc): string | undefined {
  const [first] = Object.keys(filter);
  if (!first?.startsWith('$')) return first;
  const [part] = Array.isArray(filter[first]) ? (filter[first] as unknown[]) : [];
  return isDoc(part) ? firstField(part) : undefined;
}

function checkFilterNames(steps: readonly Step[], filters: ArrayFilters): void {
  const used = new Set(
    steps.flatMap(({ path }) => [...path.matchAll(/\$\[([^\]]+)\]/g)].map(([, name]) => name ?? '')),
  );
  for (const name of used) {
    if (!filters.has(name))
      throw new MongoError('BadValue', `No array filter found for identifier '${name}'`);
  }
  for (const name of filters.keys()) {
    if (!used.has(name))
      throw new MongoError(
        'FailedToParse',
        `The array filter for identifier '${name}' was not used in the update`,
      );
  }
}

/** The stages an update pipeline may hold. */
export const PIPELINE_STAGES: Partial<Record<string, (operand: unknown) => (doc: Doc) => Doc>> = {
  $set: (operand) => compileAddFields(operand as Doc),
  $addFields: (operand) => compileAddFields(operand as Doc),
  $project: (operand) => compileProjection(operand as Doc, true),
  $unset: (operand) => {
    const names = (Array.isArray(operand) ? operand : [operand]).map(String);
    return compileProjection(Object.fromEntries(names.map((name) => [name, 0])), true);
  },
  $replaceWith: (operand) => {
    const expression = compileExpression(operand);
    return (doc) => {
      const result = expression({ root: doc, vars: {} });
      if (isDoc(result)) return result;
      throw new MongoError(40228, "'replacement document' must evaluate to an object");
    };
  },
};

function compilePipeline(pipeline: readonly unknown[]): (doc: Doc) => Doc {
  const stages = pipeline.map((stage) => {
    const [name = ''] = isDoc(stage) ? Object.keys(stage) : [];
    const known = Object.hasOwn(PIPELINE_STAGES, name) ? PIPELINE_STAGES[name] : undefined;
    if (!known || !isDoc(stage))
      throw new MongoError('InvalidOptions', `${name} is not allowed to be used within an update`);
    return known(stage[name]);
  });
  return (doc) => stages.reduce((value, stage) => stage(value), doc);
}

function keepingId(isReplacement: boolean, apply: Update['apply']): Update {
  return {
    isReplacement,
    apply: (doc, context) => {
      const result = apply(doc, context);
      const before = field(doc, '_id');
      if (before === undefined || equalValues(before, field(result, '_id'))) return result;
      throw new MongoError(
        'ImmutableField',
        isReplacement
          ? `After applying the update, the (immutable) field '_id' was found to have been altered to _id: ${shellText(result['_id'])}`
          : "Performing an update on the path '_id' would modify the immutable field '_id'",
      );
    },
  };
}

import { MongoError, unsupported } from '../mongo-error.ts';
import { type ValueTest, compileFilter } from '../query/filter.ts';
import { equalValues } from '../values/order.ts';
import { parsePath } from '../values/path.ts';
import { type Doc, cloneValue, field, isDoc, typeOf } from '../values/value.ts';
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

/** Compiles operators or a replacement document. */
export function compileUpdate(update: unknown, arrayFilters: unknown = []): Update {
  if (Array.isArray(update)) throw unsupported('an update that is a pipeline');
  if (!isDoc(update)) throw new MongoError('TypeMismatch', 'Update argument must be an object');
  const names = Object.keys(update);
  if (!names[0]?.startsWith('$')) return replacement(update);
  const filters = compileArrayFilters(arrayFilters);
  const steps = names.flatMap((name) => compileOperator(name, field(update, name)));
  steps.sort((a, b) => (a.path < b.path ? -1 : 1));
  refuseConflicts(steps.map(({ path }) => path));
  checkFilterNames(steps, filters);
  return keepingId(false, (doc, { isInsert, position }) => {
    const copy = cloneValue(doc);
    for (const { path, modifier } of steps) {
      for (const place of concretePaths(doc, path, position, filters)) {
        if (modifier === 'unset') removeAt(copy, place);
        else {
          const changed = modifier(getAt(copy, place), { path, doc, isInsert });
          if (changed !== undefined) setAt(copy, place, changed);
        }
      }
    }
    return copy;
  });
}

function replacement(update: Doc): Update {
  const wrong = Object.keys(update).find((name) => name.startsWith('$'));
  if (wrong) {
    throw new MongoError('DollarPrefixedFieldName', `'${wrong}' is not allowed in a replacement document`);
  }
  return keepingId(true, (doc) => {
    const id = field(update, '_id') ?? field(doc, '_id');
    return { ...(id === undefined ? {} : { _id: id }), ...cloneValue(update) };
  });
}

interface Step {
  path: string;
  modifier: Modifier | 'unset';
}

function compileOperator(name: string, operand: unknown): Step[] {
  const known = Object.hasOwn(MODIFIERS, name) ? MODIFIERS[name] : undefined;
  if (!known && name !== '$unset') {
    throw new MongoError('FailedToParse', `Unknown modifier: ${name}. Expected a valid update modifier`);
  }
  if (!isDoc(operand)) {
    throw new MongoError('FailedToParse', `${name} takes an object of fields, not ${typeOf(operand)}`);
  }
  return Object.keys(operand).map((path) => {
    parsePath(path);
    return { path, modifier: known ? known(field(operand, path), path) : 'unset' };
  });
}

function refuseConflicts(sorted: readonly string[]): void {
  const all = new Set<string>();
  for (const path of sorted) {
    const parts = path.split('.');
    for (let length = 1; length <= parts.length; length++) {
      const prefix = parts.slice(0, length).join('.');
      if (all.has(prefix)) {
        const text = `Updating the path '${path}' would create a conflict at '${prefix}'`;
        throw new MongoError('ConflictingUpdateOperators', text);
      }
    }
    all.add(path);
  }
}

/** Each filter is a document all of whose fields begin with the name it is for. */
function compileArrayFilters(given: unknown): ArrayFilters {
  if (!Array.isArray(given)) throw new MongoError('TypeMismatch', 'arrayFilters must be an array');
  const filters = new Map<string, ValueTest>();
  for (const filter of given as unknown[]) {
    const names = isDoc(filter) ? Object.keys(filter).map((key) => key.split('.')[0] ?? '') : [];
    const [name = ''] = names;
    if (!isDoc(filter) || !/^[a-z][a-zA-Z0-9]*$/.test(name) || names.some((other) => other !== name)) {
      throw new MongoError('FailedToParse', 'The fields of an array filter must begin with one name');
    }
    if (filters.has(name)) throw new MongoError('FailedToParse', `Found two array filters for ${name}`);
    const test = compileFilter(filter);
    filters.set(name, (element) => test({ [name]: element }));
  }
  return filters;
}

function checkFilterNames(steps: readonly Step[], filters: ArrayFilters): void {
  const used = new Set(
    steps.flatMap(({ path }) => [...path.matchAll(/\$\[([^\]]+)\]/g)].map(([, name]) => name ?? '')),
  );
  const missing = [...used].find((name) => !filters.has(name));
  if (missing) throw new MongoError('BadValue', `No array filter found for identifier '${missing}'`);
  const spare = [...filters.keys()].find((name) => !used.has(name));
  if (spare)
    throw new MongoError('FailedToParse', `The array filter for '${spare}' was not used in the update`);
}

function keepingId(isReplacement: boolean, apply: Update['apply']): Update {
  return {
    isReplacement,
    apply: (doc, context) => {
      const result = apply(doc, context);
      const before = field(doc, '_id');
      if (before === undefined || equalValues(before, field(result, '_id'))) return result;
      const text = `Performing an update on the path '_id' would modify the immutable field '_id'`;
      throw new MongoError('ImmutableField', text);
    },
  };
}

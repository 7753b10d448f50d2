import { MongoError, unsupported } from '../mongo-error.ts';
import { compileFilter, isOperators } from '../query/filter.ts';
import { parseSort } from '../query/sort.ts';
import type { Collection } from '../storage/collection.ts';
import type { IndexSpec } from '../storage/collection-index.ts';
import { wholeNumber } from '../values/numbers.ts';
import { equalValues } from '../values/order.ts';
import { shellText } from '../values/shell-text.ts';
import { type Doc, field, isDoc, isRegex } from '../values/value.ts';
import {
  type Command,
  type CommandContext,
  countField,
  docField,
  docsField,
  namespaceOf,
  words,
} from './command.ts';

/** Commands for indexes. */
export const INDEX_COMMANDS: Record<string, Command> = {
  createIndexes: {
    fields: words('indexes commitQuorum'),
    writes: true,
    run: (context) => {
      const { store } = context;
      const specs = docsField(context.command, 'indexes').map(readSpec);
      const createdCollectionAutomatically = !store.collection(namespaceOf(context));
      const collection = store.ensureCollection(namespaceOf(context));
      const numIndexesBefore = collection.indexes.length;
      for (const spec of specs) store.createIndex(collection, spec);
      return { numIndexesBefore, numIndexesAfter: collection.indexes.length, createdCollectionAutomatically };
    },
  },
  listIndexes: {
    fields: words('cursor'),
    run: (context) =>
      context.cursors.start({
        namespace: namespaceOf(context),
        docs: collectionOf(context).indexes.map(({ spec }) => spec),
        batchSize: countField(docField(context.command, 'cursor'), 'batchSize'),
      }),
  },
  dropIndexes: {
    fields: words('index'),
    writes: true,
    run: (context) => {
      const collection = collectionOf(context);
      const nIndexesWas = collection.indexes.length;
      for (const name of namesOf(collection, context.command['index']))
        context.store.dropIndex(collection, name);
      return { nIndexesWas };
    },
  },
};

function collectionOf(context: CommandContext): Collection {
  const collection = context.store.collection(namespaceOf(context));
  if (collection) return collection;
  throw new MongoError('NamespaceNotFound', `ns does not exist: ${namespaceOf(context)}`);
}

function namesOf({ indexes }: Collection, index: unknown): string[] {
  if (index === '*') return indexes.map(({ spec }) => spec.name).filter((name) => name !== '_id_');
  if (typeof index === 'string') return [index];
  const found = indexes.find(({ spec }) => equalValues(spec.key, index));
  if (found) return [found.spec.name];
  throw new MongoError('IndexNotFound', `can't find index with key: ${shellText(index)}`);
}

/** `background` means nothing to MongoDB either, since 4.2. */
const KNOWN = words('v key name unique partialFilterExpression expireAfterSeconds background ns');
const NOT_HERE = words('sparse collation hidden weights wildcardProjection storageEngine');

function readSpec(given: Doc): IndexSpec {
  for (const name of Object.keys(given)) {
    if (KNOWN.has(name) || (NOT_HERE.has(name) && given[name] === false)) continue;
    if (NOT_HERE.has(name)) throw unsupported(`an index with ${name}`);
    throw new MongoError('InvalidOptions', `The field '${name}' is not valid for an index specification`);
  }
  const key = docField(given, 'key');
  const { name, expireAfterSeconds: seconds, partialFilterExpression: partial } = given;
  if (typeof name !== 'string' || name === '')
    throw new MongoError('FailedToParse', "An index needs a 'name'");
  const paths = Object.keys(key);
  if (paths.length === 0 || paths.some((path) => path.includes('$') || typeof key[path] === 'string')) {
    throw new MongoError('CannotCreateIndex', `an index over ${shellText(key)} is not supported`);
  }
  parseSort(key);
  const spec: IndexSpec = { v: 2, key, name };
  if (given['unique'] === true) spec.unique = true;
  if (partial !== undefined) spec.partialFilterExpression = checkPartial(partial);
  if (seconds != null) {
    const number = wholeNumber(seconds, 0, 0x7fffffff);
    if (paths.length > 1 || number === undefined) {
      const text = 'TTL indexes have one field, and expireAfterSeconds from 0 to 2147483647';
      throw new MongoError('CannotCreateIndex', text);
    }
    spec.expireAfterSeconds = number;
  }
  return spec;
}

/** Few conditions are allowed here, so that the planner can tell what a partial index holds. */
function checkPartial(filter: unknown): Doc {
  const isAllowed = (condition: unknown): boolean =>
    isOperators(condition)
      ? Object.keys(condition).length === 1 && field(condition, '$exists') === true
      : !isRegex(condition) && !Array.isArray(condition);
  const paths = isDoc(filter) ? Object.keys(filter) : [];
  if (!isDoc(filter) || paths.some((path) => path.startsWith('$') || !isAllowed(field(filter, path)))) {
    const text = 'partialFilterExpression: of each field only a value or { $exists: true } is supported';
    throw new MongoError('CannotCreateIndex', text);
  }
  compileFilter(filter);
  return filter;
}

import { MongoError } from '../mongo-error.ts';
import { compileFilter } from '../query/filter.ts';
import { parseSort } from '../query/sort.ts';
import type { Collection } from '../storage/collection.ts';
import type { IndexSpec } from '../storage/collection-index.ts';
import { isNumeric, toNumber } from '../values/numbers.ts';
import { equalValues } from '../values/order.ts';
import { type Doc, field, isDoc, textOf } from '../values/value.ts';
import {
  type Command,
  type CommandContext,
  countField,
  docField,
  docsField,
  namespaceOf,
} from './command.ts';
import { refuseCollation } from './write-commands.ts';

/** Commands for indexes. */
export const INDEX_COMMANDS: Record<string, Command> = {
  createIndexes: {
    fields: ['indexes', 'commitQuorum'],
    writes: true,
    run: (context) => {
      const specs = docsField(context.command, 'indexes').map(readSpec);
      const isNew = !context.store.collection(namespaceOf(context));
      const collection = context.store.ensureCollection(namespaceOf(context));
      const before = collection.indexes.length;
      for (const spec of specs) context.store.createIndex(collection, spec);
      const after = collection.indexes.length;
      return {
        numIndexesBefore: before,
        numIndexesAfter: after,
        createdCollectionAutomatically: isNew,
        ...(before === after ? { note: 'all indexes already exist' } : {}),
      };
    },
  },
  listIndexes: {
    fields: ['cursor'],
    run: (context) =>
      context.cursors.start({
        namespace: namespaceOf(context),
        docs: collectionOf(context).indexes.map(({ spec }) => spec),
        batchSize: countField(docField(context.command, 'cursor'), 'batchSize'),
      }),
  },
  dropIndexes: {
    fields: ['index'],
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

function namesOf(collection: Collection, index: unknown): string[] {
  if (index === '*') return collection.indexes.map(({ spec }) => spec.name).filter((name) => name !== '_id_');
  if (Array.isArray(index)) return index.map(String);
  if (!isDoc(index)) return [textOf(index) ?? ''];
  const found = collection.indexes.find(({ spec }) => equalValues(spec.key, index));
  if (found) return [found.spec.name];
  throw new MongoError('IndexNotFound', `can't find index with key: ${JSON.stringify(index)}`);
}

const KNOWN = new Set([
  'v',
  'key',
  'name',
  'unique',
  'sparse',
  'partialFilterExpression',
  'expireAfterSeconds',
  'background',
  'collation',
  'hidden',
  'ns',
]);
const IN_PARTIAL_FILTERS = new Set(['$eq', '$gt', '$gte', '$lt', '$lte', '$exists', '$type', '$in']);

function readSpec(given: Doc): IndexSpec {
  for (const name of Object.keys(given)) {
    if (!KNOWN.has(name))
      throw new MongoError('InvalidOptions', `The field '${name}' is not valid for an index specification`);
  }
  refuseCollation(given);
  if (given['hidden'] === true)
    throw new MongoError('NotImplemented', 'hidden indexes are not supported by the embedded server');
  const key = docField(given, 'key');
  const name = textOf(given['name']);
  if (!name)
    throw new MongoError(
      'FailedToParse',
      "The 'name' field is a required property of an index specification",
    );
  const kinds = Object.values(key).filter((kind) => typeof kind === 'string');
  if (kinds.length > 0 || Object.keys(key).some((path) => path.includes('$**'))) {
    throw new MongoError(
      'CannotCreateIndex',
      `an index of kind ${kinds[0] ?? 'wildcard'} is not supported by the embedded server`,
    );
  }
  if (Object.keys(key).length === 0) throw new MongoError('CannotCreateIndex', 'Index keys cannot be empty.');
  parseSort(key);
  const spec: IndexSpec = { v: 2, key, name };
  if (given['unique'] === true) spec.unique = true;
  if (given['sparse'] === true) spec.sparse = true;
  const partial = given['partialFilterExpression'];
  if (partial !== undefined) spec.partialFilterExpression = checkPartial(partial);
  if (partial !== undefined && spec.sparse)
    throw new MongoError('CannotCreateIndex', 'cannot mix "partialFilterExpression" and "sparse" options');
  const seconds = given['expireAfterSeconds'];
  if (seconds != null) {
    if (Object.keys(key).length > 1)
      throw new MongoError(
        'CannotCreateIndex',
        'TTL indexes are single-field indexes, compound indexes do not support TTL.',
      );
    if (!isNumeric(seconds) || !(toNumber(seconds) >= 0 && toNumber(seconds) <= 0x7fffffff)) {
      throw new MongoError(
        'CannotCreateIndex',
        'TTL index expireAfterSeconds must be within the range 0 to 2147483647',
      );
    }
    spec.expireAfterSeconds = toNumber(seconds);
  }
  return spec;
}

/** MongoDB allows few operators here, so that the planner can tell what a partial index holds. */
function checkPartial(filter: unknown): Doc {
  if (!isDoc(filter))
    throw new MongoError('CannotCreateIndex', '"partialFilterExpression" for an index must be a document');
  for (const path of Object.keys(filter)) {
    const condition = field(filter, path);
    if (path === '$and' && Array.isArray(condition)) condition.forEach(checkPartial);
    else if (path.startsWith('$')) throw unsupported(path);
    else if (isDoc(condition)) {
      for (const operator of Object.keys(condition)) {
        if (operator.startsWith('$') && !IN_PARTIAL_FILTERS.has(operator)) throw unsupported(operator);
        if (operator === '$exists' && condition[operator] !== true) throw unsupported('$exists: false');
      }
    }
  }
  compileFilter(filter);
  return filter;
}

function unsupported(what: string): MongoError {
  return new MongoError('CannotCreateIndex', `Expression not supported in partial index: ${what}`);
}

import { Long } from 'bson';
import { compileStages } from '../aggregation/stages.ts';
import { MongoError } from '../mongo-error.ts';
import { type Hit, search } from '../query/find.ts';
import { compileProjection } from '../query/projection.ts';
import { isNumeric, toNumber } from '../values/numbers.ts';
import { orderKey } from '../values/order.ts';
import { allValuesAt, parsePath } from '../values/path.ts';
import { type Doc, field, isDoc, textOf } from '../values/value.ts';
import {
  type Command,
  type CommandContext,
  count,
  countField,
  docField,
  docsField,
  namespaceOf,
} from './command.ts';

/** Commands that change nothing. */
export const READ_COMMANDS: Record<string, Command> = {
  find: {
    fields: [
      'filter',
      'sort',
      'projection',
      'skip',
      'limit',
      'batchSize',
      'singleBatch',
      'hint',
      'noCursorTimeout',
      'allowDiskUse',
      'allowPartialResults',
      'returnKey',
      'showRecordId',
      'tailable',
      'awaitData',
      'oplogReplay',
    ],
    run: find,
  },
  getMore: {
    fields: ['collection', 'batchSize'],
    run: ({ command, cursors, db }) =>
      cursors.more(
        cursorId(command['getMore']),
        `${db}.${String(command['collection'])}`,
        orAll(countField(command, 'batchSize')),
      ),
  },
  killCursors: {
    fields: ['cursors'],
    run: ({ command, cursors }) => {
      const ids = (Array.isArray(command['cursors']) ? command['cursors'] : []).map(cursorId);
      const killed = ids.filter((id) => cursors.kill(id));
      return {
        cursorsKilled: killed,
        cursorsNotFound: ids.filter((id) => !killed.includes(id)),
        cursorsAlive: [],
        cursorsUnknown: [],
      };
    },
  },
  count: {
    fields: ['query', 'limit', 'skip', 'hint', 'fields'],
    run: (context) => ({ n: count(hits(context, 'query').length) }),
  },
  distinct: {
    fields: ['key', 'query', 'hint'],
    run: (context) => {
      const path = parsePath(textOf(context.command['key']) ?? '');
      const values = new Map<string, unknown>();
      for (const { item } of hits(context, 'query')) {
        for (const value of allValuesAt(item.doc, path))
          if (value !== undefined) values.set(orderKey(value), value);
      }
      return { values: [...values].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value) };
    },
  },
  aggregate: {
    fields: ['pipeline', 'cursor', 'allowDiskUse', 'hint', 'bypassDocumentValidation'],
    run: aggregate,
  },
};

function hits(context: CommandContext, filterName: string): Hit[] {
  const { command, store } = context;
  return search(store.collection(namespaceOf(context)), {
    filter: docField(command, filterName),
    sort: docField(command, 'sort'),
    skip: countField(command, 'skip'),
    limit: countField(command, 'limit'),
    hint: command['hint'] ?? undefined,
    maxTimeMs: countField(command, 'maxTimeMS'),
  });
}

function find(context: CommandContext): Doc {
  const { command, cursors } = context;
  for (const name of ['returnKey', 'showRecordId', 'tailable', 'awaitData', 'oplogReplay']) {
    if (command[name])
      throw new MongoError('NotImplemented', `find with ${name} is not supported by the embedded server`);
  }
  const project = isDoc(command['projection']) ? compileProjection(command['projection']) : undefined;
  const all = hits(context, 'filter');
  return cursors.start({
    namespace: namespaceOf(context),
    docs: all.map(({ item }) => item.doc),
    ...(project ? { present: (doc, i) => project(doc, all[i]?.found) } : {}),
    batchSize: countField(command, 'batchSize'),
    singleBatch: command['singleBatch'] === true,
    neverTimesOut: command['noCursorTimeout'] === true,
  });
}

/** Leading `$match`, `$sort` and `$limit` are answered by the planner; the rest runs over what it finds. */
function aggregate(context: CommandContext): Doc {
  const { command, store, cursors, db } = context;
  const pipeline = docsField(command, 'pipeline');
  if (!isDoc(command['cursor']))
    throw new MongoError(
      'FailedToParse',
      "The 'cursor' option is required, except for aggregate with the explain argument",
    );
  if (typeof command['aggregate'] !== 'string') {
    throw new MongoError(
      'NotImplemented',
      'aggregate without a collection is not supported by the embedded server',
    );
  }
  const namespace = namespaceOf(context);
  const lookup = (from: string): Doc[] => docsOf(search(store.collection(`${db}.${from}`), { filter: {} }));
  compileStages(pipeline, lookup); // all of it is checked before any of it is run
  const rest = [...pipeline];
  const take = (stage: string): unknown => {
    const operand = rest[0] && field(rest[0], stage);
    if (operand !== undefined) rest.shift();
    return operand;
  };
  const filter = (take('$match') ?? {}) as Doc;
  const sort = take('$sort') as Doc | undefined;
  const limit = take('$limit');
  const found = search(store.collection(namespace), {
    filter,
    sort,
    limit: isNumeric(limit) ? toNumber(limit) : undefined,
    hint: command['hint'] ?? undefined,
    maxTimeMs: countField(command, 'maxTimeMS'),
  });
  const run = compileStages(rest, lookup);
  return cursors.start({
    namespace,
    docs: run(docsOf(found)),
    batchSize: countField(command['cursor'], 'batchSize'),
  });
}

function docsOf(found: readonly Hit[]): Doc[] {
  return found.map(({ item }) => item.doc);
}

function cursorId(value: unknown): Long {
  if (value instanceof Long) return value;
  if (typeof value === 'number') return Long.fromNumber(value);
  throw new MongoError('TypeMismatch', 'a cursor id must be a long');
}

/** A batch size of zero means as many as fit, in `getMore`. */
function orAll(batchSize: number | undefined): number | undefined {
  return batchSize === 0 ? undefined : batchSize;
}

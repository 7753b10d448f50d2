import { Long } from 'bson';
import { compileStages, type Elsewhere } from '../aggregation/stages.ts';
import { MongoError, unsupported } from '../mongo-error.ts';
import { type Hit, search } from '../query/find.ts';
import { compileProjection } from '../query/projection.ts';
import { wholeNumber } from '../values/numbers.ts';
import { type Doc, field, isDoc } from '../values/value.ts';
import {
  type Command,
  type CommandContext,
  count,
  countField,
  docField,
  docsField,
  namespaceOf,
  words,
} from './command.ts';

/** Commands that change nothing. */
export const READ_COMMANDS: Record<string, Command> = {
  find: {
    fields: words('filter sort projection skip limit batchSize singleBatch allowDiskUse allowPartialResults'),
    run: (context) => {
      const { command, cursors } = context;
      const project = compileProjection(docField(command, 'projection'));
      return cursors.start({
        namespace: namespaceOf(context),
        docs: hits(context, 'filter').map(({ item }) => item.doc),
        present: project,
        batchSize: countField(command, 'batchSize'),
        singleBatch: command['singleBatch'] === true,
      });
    },
  },
  getMore: {
    fields: words('collection batchSize'),
    run: ({ command, cursors, db }) => {
      const batchSize = countField(command, 'batchSize') ?? 0;
      const namespace = `${db}.${String(command['collection'])}`;
      return cursors.more(cursorId(command['getMore']), namespace, batchSize === 0 ? Infinity : batchSize);
    },
  },
  killCursors: {
    fields: words('cursors'),
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
    fields: words('query limit skip fields'),
    run: (context) => ({ n: count(hits(context, 'query').length) }),
  },
  aggregate: {
    fields: words('pipeline cursor allowDiskUse bypassDocumentValidation'),
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
    maxTimeMs: countField(command, 'maxTimeMS'),
  });
}

function aggregate(context: CommandContext): Doc {
  const { command, db, store, cursors } = context;
  const pipeline = docsField(command, 'pipeline');
  if (!isDoc(command['cursor'])) throw new MongoError('FailedToParse', "The 'cursor' option is required");
  const { aggregate: over } = command;
  if (typeof over !== 'string') throw unsupported('aggregate without a collection');
  const maxTimeMs = countField(command, 'maxTimeMS');
  const run = (collection: string, stages: readonly Doc[]): readonly Doc[] =>
    runPipeline(store.collection(`${db}.${collection}`), stages, maxTimeMs, run);
  compileStages(pipeline, run); // all of it is checked before any of it is run
  return cursors.start({
    namespace: namespaceOf(context),
    docs: run(over, pipeline),
    batchSize: countField(command['cursor'], 'batchSize'),
  });
}

/** Leading `$match`, `$sort` and `$limit` are answered by the planner; the rest runs over what it finds. */
function runPipeline(
  collection: Parameters<typeof search>[0],
  pipeline: readonly Doc[],
  maxTimeMs: number | undefined,
  elsewhere: Elsewhere,
): readonly Doc[] {
  const rest = [...pipeline];
  const take = (stage: string): unknown => {
    const operand = rest[0] && field(rest[0], stage);
    if (operand !== undefined) rest.shift();
    return operand;
  };
  const found = search(collection, {
    filter: (take('$match') ?? {}) as Doc,
    sort: take('$sort') as Doc | undefined,
    limit: wholeNumber(take('$limit')),
    maxTimeMs,
  });
  return compileStages(rest, elsewhere)(found.map(({ item }) => item.doc));
}

function cursorId(value: unknown): Long {
  if (value instanceof Long) return value;
  if (typeof value === 'number') return Long.fromNumber(value);
  throw new MongoError('TypeMismatch', 'a cursor id must be a long');
}

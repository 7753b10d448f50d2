import { MongoError } from '../mongo-error.ts';
import { compileFilter, isOperators } from '../query/filter.ts';
import { type Hit, search } from '../query/find.ts';
import { compileProjection } from '../query/projection.ts';
import type { Stored } from '../storage/stored.ts';
import { type Update, compileUpdate } from '../update/compile-update.ts';
import { setAt } from '../update/update-path.ts';
import { parsePath } from '../values/path.ts';
import { type Doc, cloneValue, field, isRegex } from '../values/value.ts';
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
import { onlyFields } from './only-fields.ts';

/** Commands that change documents; their answers wait for the disk. */
export const WRITE_COMMANDS: Record<string, Command> = {
  insert: {
    fields: words('documents ordered bypassDocumentValidation'),
    writes: true,
    run: (context) => {
      const docs = docsField(context.command, 'documents');
      const collection = context.store.ensureCollection(namespaceOf(context));
      return inTurn(context, docs, (doc) => {
        collection.insert(doc);
        return { n: 1 };
      });
    },
  },
  update: {
    fields: words('updates ordered bypassDocumentValidation'),
    writes: true,
    run: (context) => {
      const result = inTurn(context, docsField(context.command, 'updates'), (one) => updateOne(context, one));
      return { nModified: 0, ...result };
    },
  },
  delete: {
    fields: words('deletes ordered'),
    writes: true,
    run: (context) =>
      inTurn(context, docsField(context.command, 'deletes'), (one) => {
        onlyFields(one, 'deletes', DELETE);
        const limit = countField(one, 'limit');
        if (limit === undefined || limit > 1)
          throw new MongoError('FailedToParse', 'The limit field in delete objects must be 0 or 1');
        const collection = context.store.collection(namespaceOf(context));
        const found = search(collection, { filter: docField(one, 'q'), limit });
        for (const { item } of found) collection?.delete(item);
        return { n: found.length };
      }),
  },
  findAndModify: {
    fields: words('query sort remove update new fields upsert arrayFilters bypassDocumentValidation'),
    writes: true,
    run: findAndModify,
  },
};

const UPDATE = words('q u multi upsert arrayFilters');
const DELETE = words('q limit');
const MOST_STATEMENTS = 100_000;

interface Outcome {
  n: number;
  nModified?: number;
  upserted?: unknown;
}

/** Carries out statements one after the other; ordered, the first failure ends it. */
function inTurn(context: CommandContext, statements: readonly Doc[], run: (statement: Doc) => Outcome): Doc {
  if (statements.length === 0 || statements.length > MOST_STATEMENTS) {
    throw new MongoError('InvalidLength', `Write batch sizes must be between 1 and ${MOST_STATEMENTS}.`);
  }
  let n = 0;
  let nModified: number | undefined;
  const upserted: Doc[] = [];
  const writeErrors: Doc[] = [];
  for (const [index, statement] of statements.entries()) {
    try {
      const outcome = run(statement);
      n += outcome.n;
      if (outcome.nModified !== undefined) nModified = (nModified ?? 0) + outcome.nModified;
      if (outcome.upserted !== undefined) upserted.push({ index, _id: outcome.upserted });
    } catch (error) {
      if (!(error instanceof MongoError)) throw error;
      writeErrors.push({ index, code: error.code, ...error.details, errmsg: error.message });
      if (context.command['ordered'] !== false) break;
    }
  }
  return {
    n: count(n),
    ...(nModified === undefined ? {} : { nModified: count(nModified) }),
    ...(upserted.length > 0 ? { upserted } : {}),
    ...(writeErrors.length > 0 ? { writeErrors } : {}),
  };
}

function updateOne(context: CommandContext, one: Doc): Outcome {
  onlyFields(one, 'updates', UPDATE);
  const filter = docField(one, 'q');
  const update = compileUpdate(one['u'], one['arrayFilters'] ?? []);
  const multi = one['multi'] === true;
  if (multi && update.isReplacement)
    throw new MongoError('FailedToParse', 'multi update is not supported for replacement-style update');
  const found = search(context.store.collection(namespaceOf(context)), { filter, limit: multi ? 0 : 1 });
  if (found.length === 0 && one['upsert'] === true) {
    return { n: 1, nModified: 0, upserted: upsert(context, filter, update).doc['_id'] };
  }
  const nModified = found.filter((hit) => modify(context, hit, update)).length;
  return { n: found.length, nModified };
}

function modify(context: CommandContext, { item, found }: Hit, update: Update): boolean {
  const changed = update.apply(item.doc, { isInsert: false, position: found.position });
  return context.store.collection(namespaceOf(context))?.replace(item, changed) ?? false;
}

/** A new document begins with what the filter says its fields equal. */
function upsert(context: CommandContext, filter: Doc, update: Update): Stored {
  const doc: Doc = {};
  takeEqualities(filter, doc);
  const base = update.isReplacement && Object.hasOwn(doc, '_id') ? { _id: doc['_id'] } : doc;
  const made = update.apply(base, { isInsert: true });
  return context.store.ensureCollection(namespaceOf(context)).insert(made);
}

function takeEqualities(filter: Doc, doc: Doc): void {
  for (const key of Object.keys(filter)) {
    const operand = field(filter, key);
    const isAlternative = key === '$or' && Array.isArray(operand) && operand.length === 1;
    if ((key === '$and' || isAlternative) && Array.isArray(operand)) {
      for (const part of operand) takeEqualities(part as Doc, doc);
    }
    if (key.startsWith('$') || isRegex(operand)) continue;
    const value = isOperators(operand) ? equality(operand) : operand;
    if (value !== undefined) setAt(doc, parsePath(key), cloneValue(value));
  }
}

function equality(operand: Doc): unknown {
  const list = field(operand, '$in');
  return Array.isArray(list) && list.length === 1 ? list[0] : field(operand, '$eq');
}

function findAndModify(context: CommandContext): Doc {
  const { command, store } = context;
  const filter = docField(command, 'query');
  const isRemoval = command['remove'] === true;
  const wantsNew = command['new'] === true;
  if (isRemoval === (command['update'] !== undefined)) {
    throw new MongoError('FailedToParse', 'Either an update or remove=true must be specified, and not both');
  }
  if (isRemoval && (command['upsert'] === true || wantsNew)) {
    throw new MongoError('FailedToParse', 'Cannot specify both new=true or upsert=true and remove=true');
  }
  const update = isRemoval ? undefined : compileUpdate(command['update'], command['arrayFilters'] ?? []);
  const project = compileProjection(docField(command, 'fields'));
  compileFilter(filter);
  const collection = store.collection(namespaceOf(context));
  const [hit] = search(collection, {
    filter,
    sort: docField(command, 'sort'),
    limit: 1,
    maxTimeMs: countField(command, 'maxTimeMS'),
  });
  if (!hit) {
    if (!update || command['upsert'] !== true) {
      return { lastErrorObject: { n: 0, ...(update ? { updatedExisting: false } : {}) }, value: null };
    }
    const { doc } = upsert(context, filter, update);
    return {
      lastErrorObject: { n: 1, updatedExisting: false, upserted: doc['_id'] },
      value: wantsNew ? project(doc) : null,
    };
  }
  const before = hit.item.doc;
  if (!update) {
    collection?.delete(hit.item);
    return { lastErrorObject: { n: 1 }, value: project(before) };
  }
  modify(context, hit, update);
  const value = project(wantsNew ? hit.item.doc : before);
  return { lastErrorObject: { n: 1, updatedExisting: true }, value };
}

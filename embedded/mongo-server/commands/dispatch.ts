import { MongoError } from '../mongo-error.ts';
import { isNumeric, toNumber } from '../values/numbers.ts';
import { type Doc, isDoc, textOf } from '../values/value.ts';
import { ADMIN_COMMANDS } from './admin-commands.ts';
import { type Command, type CommandContext, OK } from './command.ts';
import { INDEX_COMMANDS } from './index-commands.ts';
import { READ_COMMANDS } from './read-commands.ts';
import { WRITE_COMMANDS, refuseCollation } from './write-commands.ts';

/** Every command, by name. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map(
  [ADMIN_COMMANDS, READ_COMMANDS, WRITE_COMMANDS, INDEX_COMMANDS].flatMap((group) => Object.entries(group)),
);

/** What every command may carry. */
const COMMON = new Set([
  '$db',
  '$readPreference',
  '$clusterTime',
  'lsid',
  'readConcern',
  'writeConcern',
  'comment',
  'maxTimeMS',
  'apiVersion',
  'apiStrict',
  'apiDeprecationErrors',
  'collation',
]);
const TRANSACTION = new Set(['txnNumber', 'startTransaction', 'autocommit']);
/** Fields of MongoDB's that mean something this server does not do. */
const UNSUPPORTED = new Set([
  'let',
  'explain',
  'max',
  'min',
  'validator',
  'timeseries',
  'viewOn',
  'encryptionInformation',
  'clusteredIndex',
  'expireAfterSeconds',
  'size',
  'pipeline',
  'validationLevel',
  'validationAction',
  'changeStreamPreAndPostImages',
  'storageEngine',
  'indexOptionDefaults',
]);

/** Runs one command; the answer is ready when what it wrote, or was asked to have seen, is on disk. */
export async function dispatch(context: CommandContext): Promise<Doc> {
  try {
    const command = COMMANDS.get(context.name);
    if (!command) throw new MongoError('CommandNotFound', `no such command: '${context.name}'`);
    if (context.secret && !context.client.isAuthenticated && !command.beforeLogin) {
      throw new MongoError('Unauthorized', `Command ${context.name} requires authentication`);
    }
    if (!/^[^\0 "$./\\]{1,63}$/.test(context.db)) {
      throw new MongoError('InvalidNamespace', `Invalid database name: '${context.db}'`);
    }
    checkFields(context, command);
    checkConcern(context.command);
    refuseCollation(context.command);
    let reply: Doc;
    try {
      reply = command.run(context);
    } finally {
      if (command.writes || wantsDurable(context.command)) await context.store.settled();
    }
    return { ...reply, ok: OK };
  } catch (error) {
    return failure(error);
  }
}

/** The answer that tells of a failure. */
export function failure(error: unknown): Doc {
  if (error instanceof MongoError) {
    const { message, code, codeName, details } = error;
    return { ok: 0, errmsg: message, code, codeName, ...details };
  }
  return {
    ok: 0,
    errmsg: error instanceof Error ? error.message : String(error),
    code: 1,
    codeName: 'InternalError',
  };
}

function checkFields({ name, command }: CommandContext, { fields }: Command): void {
  for (const key of Object.keys(command)) {
    if (key === name || COMMON.has(key) || fields === 'any' || fields.includes(key)) continue;
    if (TRANSACTION.has(key)) {
      throw new MongoError(
        'IllegalOperation',
        'Transaction numbers are only allowed on a replica set member or mongos',
      );
    }
    if (UNSUPPORTED.has(key)) {
      throw new MongoError('NotImplemented', `${name} with ${key} is not supported by the embedded server`);
    }
    throw new MongoError(40415, `BSON field '${name}.${key}' is an unknown field.`);
  }
}

function checkConcern(command: Doc): void {
  if (levelOf(command) === 'snapshot') {
    throw new MongoError('NotImplemented', 'readConcern snapshot is not supported by the embedded server');
  }
  const concern = command['writeConcern'];
  const w = isDoc(concern) ? concern['w'] : undefined;
  if (isNumeric(w) && toNumber(w) > 1) {
    throw new MongoError('BadValue', "cannot use 'w' > 1 when a host is not replicated");
  }
  const text = textOf(w);
  if (text !== undefined && text !== 'majority') {
    throw new MongoError(
      'BadValue',
      `cannot use non-majority 'w' mode ${text} when a host is not a member of a replica set`,
    );
  }
}

/** A majority read must not show what a power cut could take back. */
function wantsDurable(command: Doc): boolean {
  const level = levelOf(command);
  return level === 'majority' || level === 'linearizable';
}

function levelOf(command: Doc): unknown {
  const concern = command['readConcern'];
  return isDoc(concern) ? concern['level'] : undefined;
}

import { MongoError, unsupported } from '../mongo-error.ts';
import { isNumeric, toNumber } from '../values/numbers.ts';
import { type Doc, isDoc } from '../values/value.ts';
import { ADMIN_COMMANDS } from './admin-commands.ts';
import { type Command, type CommandContext, OK } from './command.ts';
import { INDEX_COMMANDS } from './index-commands.ts';
import { onlyFields } from './only-fields.ts';
import { READ_COMMANDS } from './read-commands.ts';
import { WRITE_COMMANDS } from './write-commands.ts';

/** Every command, by name. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map(
  [ADMIN_COMMANDS, READ_COMMANDS, WRITE_COMMANDS, INDEX_COMMANDS].flatMap((group) => Object.entries(group)),
);

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
    if (command.fields !== 'any') onlyFields(context.command, context.name, command.fields);
    checkConcern(context.command);
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
  return { ok: 0, errmsg: (error as Error).message, code: 1, codeName: 'InternalError' };
}

function checkConcern(command: Doc): void {
  if (levelOf(command) === 'snapshot') throw unsupported('readConcern snapshot');
  const concern = command['writeConcern'];
  const w = isDoc(concern) ? concern['w'] : undefined;
  if (isNumeric(w) ? toNumber(w) > 1 : w !== undefined && w !== 'majority') {
    throw new MongoError('BadValue', `cannot use 'w' ${JSON.stringify(w)} when a host is not replicated`);
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

import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import type { Client, CommandContext } from '../commands/command.ts';
import { dispatch, failure } from '../commands/dispatch.ts';
import { MongoError } from '../mongo-error.ts';
import type { Doc } from '../values/value.ts';
import { MAX_MESSAGE_BYTES, MessageReader, type Request, encodeReply, parseRequest } from './message.ts';

export type Surroundings = Pick<CommandContext, 'store' | 'cursors' | 'secret'>;

/** More than this waiting to be sent, and no further message of this client is read. */
const MOST_UNSENT_BYTES = 64 * 1024 * 1024;
/** What a log-in needs; a stranger is listened to no longer. */
const MOST_BEFORE_LOGIN_BYTES = 16 * 1024;

/** Serves one client: messages are answered in the order in which they come. */
export function serve(socket: Socket, id: number, around: Surroundings, log: Logger): void {
  const client: Client = { id, isAuthenticated: false };
  const reader = new MessageReader(() =>
    around.secret && !client.isAuthenticated ? MOST_BEFORE_LOGIN_BYTES : MAX_MESSAGE_BYTES,
  );
  const waiting: Buffer[] = [];
  let isAnswering = false;

  const close = (err: unknown): void => {
    log.warn({ err, connection: id }, 'connection closed: not a message this server understands');
    socket.destroy();
  };
  const run = async (request: Request): Promise<Doc> => {
    let command: Doc;
    try {
      command = request.command();
    } catch (error) {
      if (error instanceof MongoError) return failure(error);
      throw error;
    }
    const [name = ''] = Object.keys(command);
    const reply = await dispatch({ ...around, client, command, name, db: String(command['$db']) });
    if (reply['code'] === 1) log.error({ command: name, errmsg: reply['errmsg'] }, 'command failed');
    return reply;
  };
  const answer = async (message: Buffer): Promise<void> => {
    if (socket.destroyed) return;
    const request = parseRequest(message);
    const reply = await run(request);
    if (!request.wantsReply) return;
    let bytes: Buffer;
    try {
      bytes = encodeReply(request, reply);
    } catch (error) {
      bytes = encodeReply(request, failure(error));
    }
    socket.write(bytes);
  };

  /** Nothing more is read while there is more to answer, or too much to send. */
  const answerAll = async (): Promise<void> => {
    isAnswering = true;
    try {
      for (let message = waiting.shift(); message; message = waiting.shift()) await answer(message);
    } catch (error) {
      close(error);
    }
    isAnswering = false;
    if (socket.writableLength < MOST_UNSENT_BYTES) socket.resume();
    else socket.pause();
  };

  socket.setNoDelay(true);
  socket.on('drain', () => {
    if (!isAnswering) socket.resume();
  });
  socket.on('error', (err) => log.debug({ err, connection: id }, 'connection lost'));
  socket.on('data', (chunk) => {
    try {
      waiting.push(...reader.push(chunk));
    } catch (error) {
      close(error);
    }
    if (isAnswering) socket.pause();
    else if (waiting.length > 0) void answerAll();
  });
}

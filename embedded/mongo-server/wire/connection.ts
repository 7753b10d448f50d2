import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import type { Client, CommandContext } from '../commands/command.ts';
import { dispatch, failure } from '../commands/dispatch.ts';
import { textOf } from '../values/value.ts';
import { MessageReader, type Request, encodeReply, parseRequest } from './message.ts';

export type Surroundings = Pick<CommandContext, 'store' | 'cursors' | 'secret' | 'startedAt'>;

/** More than this waiting to be sent, and no further message of this client is read. */
const MOST_UNSENT_BYTES = 64 * 1024 * 1024;

/** Serves one client: messages are answered in the order in which they come. */
export function serve(socket: Socket, id: number, around: Surroundings, log: Logger): void {
  const client: Client = { id, isAuthenticated: false };
  const reader = new MessageReader();
  let last: Promise<void> = Promise.resolve();
  let waiting = 0;

  const close = (err: unknown): void => {
    log.warn({ err, connection: id }, 'connection closed: not a message this server understands');
    socket.destroy();
  };
  const answer = async (request: Request): Promise<void> => {
    if (socket.destroyed) return;
    const { command } = request;
    const [name = ''] = Object.keys(command);
    const db = textOf(command['$db']) ?? '';
    const reply = await dispatch({ ...around, client, name, command, db });
    if (reply['code'] === 1) log.error({ command: name, errmsg: reply['errmsg'] }, 'command failed');
    if (!request.wantsReply) return;
    let bytes: Buffer;
    try {
      bytes = encodeReply(request, reply);
    } catch (error) {
      bytes = encodeReply(request, failure(error));
    }
    socket.write(bytes);
  };
  const resumeIfCalm = (): void => {
    if (waiting === 0 && socket.writableLength < MOST_UNSENT_BYTES) socket.resume();
  };

  socket.setNoDelay(true);
  socket.on('drain', resumeIfCalm);
  socket.on('error', (err) => log.debug({ err, connection: id }, 'connection lost'));
  socket.on('data', (chunk) => {
    try {
      for (const message of reader.push(chunk)) {
        const request = parseRequest(message);
        waiting++;
        socket.pause();
        last = last
          .then(() => answer(request))
          .catch(close)
          .finally(() => {
            waiting--;
            resumeIfCalm();
          });
      }
    } catch (error) {
      close(error);
    }
  });
}

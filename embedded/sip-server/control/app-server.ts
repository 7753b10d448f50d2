import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Logger } from 'pino';
import type { AppCommand, AppLink, Apps, CdrKind, Source } from '../agent/app-link.ts';
import { newId } from '../ids.ts';
import type { SipMessage } from '../sip/message.ts';
import { after, type Timing } from '../timing.ts';
import type { Endpoint } from '../transport/flow.ts';
import { AppConnection } from './app-connection.ts';
import { stackTime } from './stack-time.ts';

/** Said at authentication; drachtio-srf pings servers from v0.8.2 on. */
const VERSION = 'v0.9.10-embedded';
const MOST_ROUTES = 64;

/** What is done for authenticated applications. */
export interface AppServerUser {
  fromApp(command: AppCommand): void;
  proxy(command: AppCommand, fields: readonly string[]): void;
  linkClosed(link: AppLink): void;
}

export interface AppServerOptions {
  readonly secret: string;
  readonly maxConnections: number;
  readonly timing: Timing;
  readonly log: Logger;
  /** Told to each application: the addresses that SIP listens on. */
  readonly hostPorts: () => { advertised: string; bound: string };
}

/** The control port: lets applications in, hands out new requests in turn, and passes their frames on. */
export class AppServer implements Apps {
  readonly #server: Server;
  readonly #options: AppServerOptions;
  readonly #user: AppServerUser;
  readonly #secret: Buffer;
  readonly #connections = new Map<AppConnection, Socket>();
  #turn = 0;

  constructor(options: AppServerOptions, user: AppServerUser) {
    this.#options = options;
    this.#user = user;
    this.#secret = digest(Buffer.from(options.secret, 'utf8').toString('latin1'));
    this.#server = createServer({ noDelay: true, keepAlive: true }, (socket) => this.#accept(socket));
    this.#server.maxConnections = options.maxConnections;
  }

  async listen(at: Endpoint): Promise<void> {
    this.#server.listen(at.port, at.address);
    await once(this.#server, 'listening');
  }

  get port(): number {
    const bound = this.#server.address();
    return typeof bound === 'object' && bound ? bound.port : 0;
  }

  /** Connections, authenticated or not yet. */
  get size(): number {
    return this.#connections.size;
  }

  pick(method: string): AppLink | undefined {
    const verb = method.toLowerCase();
    const willing = [...this.#connections.keys()].filter(({ open, routes }) => open && routes.has(verb));
    return willing[this.#turn++ % Math.max(willing.length, 1)];
  }

  cdr(kind: CdrKind, source: Source, message: SipMessage, detail?: string): void {
    let payload = '';
    for (const connection of this.#connections.keys()) {
      if (!connection.routes.has(`cdr:${kind}`)) continue;
      payload ||= `|cdr:${kind}|${source}|${stackTime()}${detail === undefined ? '' : `|${detail}`}\r\n${message.toString()}`;
      connection.send(`${newId()}${payload}`);
    }
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#connections.values()) socket.destroy();
    await closed;
  }

  #accept(socket: Socket): void {
    const { timing, log } = this.#options;
    const connection: AppConnection = new AppConnection(socket, (payload) =>
      this.#onPayload(connection, payload),
    );
    this.#connections.set(connection, socket);
    const patience = after(timing.authenticateMs, () => {
      if (!connection.authenticated) socket.destroy();
    });
    socket.on('error', (error) => log.debug({ err: error }, 'control connection failed'));
    socket.once('close', () => {
      clearTimeout(patience);
      this.#connections.delete(connection);
      if (!connection.authenticated) return;
      log.info({ applications: this.#connections.size }, 'application disconnected');
      this.#user.linkClosed(connection);
    });
  }

  #onPayload(connection: AppConnection, payload: string): void {
    const lineEnd = payload.indexOf('\r\n');
    const [id = '', type = '', ...fields] = payload.slice(0, lineEnd === -1 ? undefined : lineEnd).split('|');
    if (type === 'authenticate') {
      this.#authenticate(connection, id, fields);
      return;
    }
    if (type === 'ping') {
      connection.reply(id, 'OK', 'pong');
      return;
    }
    if (!connection.authenticated) {
      connection.reply(id, 'NO', 'not authenticated');
      connection.end();
      return;
    }
    const text = lineEnd === -1 ? '' : payload.slice(lineEnd + 2);
    if (type === 'route') {
      this.#route(connection, id, fields[0] ?? '');
      return;
    }
    if (type === 'remove_route') {
      connection.routes.delete((fields[0] ?? '').toLowerCase());
      connection.reply(id, 'OK');
      return;
    }
    const [txnId = '', ...more] = fields;
    const [dialogId = '', routeUri = ''] = type === 'sip' ? more : [];
    const answer = connection.answerTo(id);
    const command = { link: connection, txnId, dialogId, routeUri, text, answer };
    if (type === 'sip') {
      this.#user.fromApp(command);
      return;
    }
    if (type === 'proxy') {
      this.#user.proxy(command, more);
      return;
    }
    connection.reply(id, 'NO', 'Unknown message type');
    connection.end();
  }

  #authenticate(connection: AppConnection, id: string, [secret = '', tags = '']: string[]): void {
    const { log, hostPorts } = this.#options;
    if (!timingSafeEqual(digest(secret), this.#secret)) {
      log.warn('an application came with the wrong secret');
      connection.reply(id, 'NO', 'incorrect secret');
      connection.end();
      return;
    }
    connection.authenticated = true;
    connection.tags = tags === '' ? [] : tags.split(',').slice(0, 20);
    const { advertised, bound } = hostPorts();
    connection.reply(id, 'OK', advertised, VERSION, bound);
    log.info({ applications: this.#connections.size }, 'application connected');
  }

  /** drachtio-srf sends every route again whenever it adds one: a set takes no harm. */
  #route(connection: AppConnection, id: string, verb: string): void {
    if (!/^[a-z:]{1,32}$/i.test(verb) || connection.routes.size >= MOST_ROUTES) {
      connection.reply(id, 'NO', 'invalid route');
      return;
    }
    connection.routes.add(verb.toLowerCase());
    connection.reply(id, 'OK');
  }
}

/** Digests have one length, which comparing in constant time needs. */
function digest(secret: string): Buffer {
  return createHash('sha256').update(secret, 'latin1').digest();
}

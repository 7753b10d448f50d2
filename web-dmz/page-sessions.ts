import type { IncomingMessage } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { WebSocketServer } from 'ws';
import type { Clock } from '../server-kit/clock.ts';
import { ProblemError, problemOf } from '../server-kit/problem.ts';
import type { Gate } from './gate.ts';
import { unavailable } from './link-hub.ts';
import type { LinkHub } from './link-hub.ts';
import { PageSocket } from './page-socket.ts';

const PATH = '/api/v1/session';

/** Takes the WebSockets of the widget; a refusal is an HTTP answer before the upgrade. */
export class PageSessions {
  readonly #hub: LinkHub;
  readonly #gate: Gate;
  readonly #clock: Clock;
  readonly #log: Logger;
  /** No permessage-deflate: it costs more time and memory than these short messages are worth. */
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: 64 * 1024,
    perMessageDeflate: false,
  });

  constructor(hub: LinkHub, gate: Gate, clock: Clock, log: Logger) {
    this.#hub = hub;
    this.#gate = gate;
    this.#clock = clock;
    this.#log = log;
  }

  /** Answers an upgrade request, whatever it asks for. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => {}); // a reset needs no answer
    try {
      this.#take(request, socket, head);
    } catch (error) {
      if (!(error instanceof ProblemError)) this.#log.error({ err: error }, 'upgrade failed');
      refuse(socket, error);
    }
  }

  /** Says good-bye to all. */
  close(): void {
    for (const socket of this.#sockets.clients) socket.close(1001, 'web-dmz closes');
  }

  /** Waits for nobody's answer to it. */
  terminate(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  #take(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const visitor = this.#gate.admit(request);
    if (request.url?.split('?')[0] !== PATH) throw new ProblemError('not-found');
    // Only pages speak here, and a browser always says which (RFC 6455 10.2).
    if (!this.#hub.origins.has(request.headers.origin ?? '')) throw new ProblemError('wrong-origin');
    if (this.#hub.connections === 0) throw unavailable();
    const leave = this.#gate.takePlace(visitor);
    socket.once('close', leave);
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const page = new PageSocket(webSocket, this.#clock);
      try {
        page.join(this.#hub.open({ op: 'page.session', visitor }, page));
      } catch {
        page.onClosed('unavailable', true);
      }
    });
  }
}

function refuse(socket: Duplex, error: unknown): void {
  const problem = problemOf(error);
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    ...(problem.retryAfterS === undefined ? [] : [`Retry-After: ${problem.retryAfterS}`]),
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

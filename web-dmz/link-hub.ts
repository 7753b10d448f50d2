import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import type { FromDmz, ToDmz } from '../contracts/link.schema.ts';
import { LINK_VERSION, fromDmzSchema, toDmzSchema } from '../contracts/link.schema.ts';
import type { Clock } from '../server-kit/clock.ts';
import { LinkChannel } from '../server-kit/link/link-channel.ts';
import type { LinkLimits } from '../server-kit/link/link-limits.ts';
import { ProblemError } from '../server-kit/problem.ts';
import type { LinkOpen, LinkReply, LinkRequest, OpenStream, StreamEnd } from './link-connection.ts';
import { LinkConnection } from './link-connection.ts';

interface HubOptions {
  /** Our name in our certificate. */
  readonly name: string;
  readonly limits: LinkLimits;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A visitor does not wait longer than this for an answer. */
const DEADLINE_MS = 10_000;
const MAX_WAITING = 2_000;

/** All connections from the inside, as one: asks, asks again where a connection breaks, and opens streams. */
export class LinkHub {
  readonly #options: HubOptions;
  readonly #connections = new Set<LinkConnection>();
  /** Requests whose connection broke, until the next connection or their deadline. */
  readonly #stranded = new Set<() => void>();
  #origins: ReadonlySet<string> = new Set();
  #waiting = 0;

  constructor(options: HubOptions) {
    this.#options = options;
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** The site origins as the inside last told them; they outlive a lost link, so that pages can read our 503. */
  get origins(): ReadonlySet<string> {
    return this.#origins;
  }

  /** Takes over a connection whose certificate has been checked. */
  attach(socket: WebSocket, peer: string): void {
    const { name, limits, clock, log } = this.#options;
    const channel = new LinkChannel<ToDmz, FromDmz>(
      { socket, peer, incoming: toDmzSchema, outgoing: fromDmzSchema, limits, clock, log },
      {
        onHello: (hello) => this.#joined(connection, hello.site.origins),
        onFrame: (frame) => connection.take(frame),
        onFault: () => {},
        onClose: (reason) => this.#left(connection, reason),
      },
    );
    const connection = new LinkConnection(peer, channel);
    channel.send({ t: 'hello', version: LINK_VERSION, node: name });
  }

  /** The inside's answer. Where a connection breaks it is asked again on another under the same id, until the deadline. */
  ask(question: Omit<LinkRequest, 'id'>): Promise<LinkReply> {
    if (this.#pick() === undefined || this.#waiting >= MAX_WAITING) return Promise.reject(unavailable());
    const request: LinkRequest = { id: randomUUID(), ...question };
    this.#waiting += 1;
    return new Promise<LinkReply>((resolve, reject) => {
      let forget = (): void => {};
      let peer: string | undefined;
      const send = (): void => {
        const connection = this.#pick(peer);
        if (connection?.request(request, { onReply, onLost: send })) {
          peer = connection.peer;
          forget = () => connection.forget(request.id);
        } else {
          this.#stranded.add(send);
          forget = () => this.#stranded.delete(send);
        }
      };
      const stopClock = this.#options.clock.after(DEADLINE_MS, () => {
        forget();
        this.#waiting -= 1;
        reject(unavailable());
      });
      const onReply = (reply: LinkReply): void => {
        stopClock();
        this.#waiting -= 1;
        resolve(reply);
      };
      send();
    });
  }

  /** Opens a stream for a visitor; throws `unavailable` if there is no link. */
  open(open: Omit<LinkOpen, 'stream'>, end: StreamEnd): OpenStream {
    const stream = this.#pick()?.open({ stream: randomUUID(), ...open }, end);
    if (!stream) throw unavailable();
    return stream;
  }

  close(): void {
    for (const connection of [...this.#connections]) connection.close('web-dmz closes');
  }

  /** Where there is least to do; a request that comes again goes to the same inside if it can, which knows its id. */
  #pick(peer?: string): LinkConnection | undefined {
    const able = [...this.#connections].filter((connection) => connection.takesNew);
    const same = able.filter((connection) => connection.peer === peer);
    return (same.length > 0 ? same : able).sort((a, b) => a.load - b.load)[0];
  }

  #joined(connection: LinkConnection, origins: readonly string[]): void {
    connection.origins = origins;
    this.#connections.add(connection);
    this.#origins = new Set([...this.#connections].flatMap((one) => one.origins));
    this.#options.log.info(
      { peer: connection.peer, connections: this.#connections.size },
      'link connection up',
    );
    const stranded = [...this.#stranded];
    this.#stranded.clear();
    for (const send of stranded) send();
  }

  #left(connection: LinkConnection, reason: string): void {
    const { log } = this.#options;
    if (this.#connections.delete(connection)) {
      log.warn(
        { peer: connection.peer, reason, connections: this.#connections.size },
        'link connection down',
      );
    }
    connection.end();
  }
}

/** Nothing can be taken at the moment: the visitor's page keeps the request and comes again. */
export function unavailable(): ProblemError {
  return new ProblemError('unavailable', { retryAfterS: 2 });
}

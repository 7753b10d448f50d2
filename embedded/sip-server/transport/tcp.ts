import { once } from 'node:events';
import { createServer, connect, type Server, type Socket } from 'node:net';
import { StreamReader } from '../sip/stream-reader.ts';
import { hostPort } from '../sip/uri.ts';
import { plainAddress, type Endpoint, type Flow, type FlowUser } from './flow.ts';

const CONNECT_MS = 10_000;
const FIRST_MESSAGE_MS = 32_000;
const IDLE_MS = 60 * 60_000;
const LONGEST_QUEUE = 1024 * 1024;

/** How many TCP connections may stand at once, in all and from one address. */
export interface TcpLimits {
  readonly connections: number;
  readonly connectionsPerSource: number;
}

/** The TCP side of the server: accepted and opened connections, found again by the peer's address. */
export class TcpTransport {
  readonly #connections = new Map<string, TcpFlow>();
  readonly #perSource = new Map<string, number>();
  readonly #server: Server;
  readonly #limits: TcpLimits;
  readonly #localFor: (peer: string) => Endpoint;
  readonly #onMessage: (text: string, flow: Flow) => void;

  private constructor(
    limits: TcpLimits,
    localFor: (peer: string) => Endpoint,
    onMessage: (text: string, flow: Flow) => void,
  ) {
    this.#limits = limits;
    this.#localFor = localFor;
    this.#onMessage = onMessage;
    this.#server = createServer({ noDelay: true, keepAlive: true }, (socket) => this.#accept(socket));
  }

  /** Binds, or rejects with the system's error. */
  static async open(
    at: Endpoint,
    limits: TcpLimits,
    localFor: (peer: string) => Endpoint,
    onMessage: (text: string, flow: Flow) => void,
  ): Promise<TcpTransport> {
    const transport = new TcpTransport(limits, localFor, onMessage);
    transport.#server.listen(at.port, at.address);
    await once(transport.#server, 'listening');
    return transport;
  }

  get port(): number {
    const bound = this.#server.address();
    return typeof bound === 'object' && bound ? bound.port : 0;
  }

  /** The open connection to this peer, or a new one that is being opened. */
  flowTo(address: string, port: number): Flow {
    const known = this.#connections.get(hostPort(address, port));
    if (known?.open) return known;
    const socket = connect({ host: address, port, noDelay: true, keepAlive: true, timeout: CONNECT_MS });
    return this.#keep(socket, address, port);
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const flow of this.#connections.values()) flow.destroy();
    await closed;
  }

  #accept(socket: Socket): void {
    const address = plainAddress(socket.remoteAddress ?? '');
    const fromThere = this.#perSource.get(address) ?? 0;
    if (
      this.#connections.size >= this.#limits.connections ||
      fromThere >= this.#limits.connectionsPerSource
    ) {
      socket.destroy();
      return;
    }
    this.#perSource.set(address, fromThere + 1);
    socket.once('close', () => {
      const left = (this.#perSource.get(address) ?? 1) - 1;
      if (left > 0) this.#perSource.set(address, left);
      else this.#perSource.delete(address);
    });
    socket.setTimeout(FIRST_MESSAGE_MS);
    this.#keep(socket, address, socket.remotePort ?? 0);
  }

  #keep(socket: Socket, address: string, port: number): TcpFlow {
    const flow = new TcpFlow(socket, address, port, this.#localFor(address));
    const key = hostPort(address, port);
    this.#connections.set(key, flow);
    const reader = new StreamReader(
      (text) => {
        socket.setTimeout(IDLE_MS);
        this.#onMessage(text, flow);
      },
      () => flow.send('\r\n'),
    );
    socket.once('connect', () => socket.setTimeout(IDLE_MS));
    socket.on('data', (chunk: Buffer) => {
      if (!reader.push(chunk)) socket.destroy();
    });
    socket.on('timeout', () => socket.destroy());
    socket.on('error', () => {}); // 'close' follows and tells the users of the flow
    socket.once('close', () => {
      if (this.#connections.get(key) === flow) this.#connections.delete(key);
      flow.fail();
    });
    return flow;
  }
}

class TcpFlow implements Flow {
  readonly protocol = 'tcp';
  readonly reliable = true;
  readonly address: string;
  readonly port: number;
  readonly local: Endpoint;
  readonly #socket: Socket;
  readonly #users = new Set<FlowUser>();

  constructor(socket: Socket, address: string, port: number, local: Endpoint) {
    this.#socket = socket;
    this.address = address;
    this.port = port;
    this.local = local;
  }

  get open(): boolean {
    return !this.#socket.destroyed && this.#socket.writable;
  }

  /** Queues the text; a peer that does not read loses its connection. */
  send(text: string, user?: FlowUser): void {
    if (user) this.#users.add(user);
    if (!this.open) return void setImmediate(() => this.fail());
    this.#socket.write(text, 'latin1');
    if (this.#socket.writableLength > LONGEST_QUEUE) this.#socket.destroy();
  }

  leave(user: FlowUser): void {
    this.#users.delete(user);
  }

  /** Tells each user once. */
  fail(): void {
    const users = [...this.#users];
    this.#users.clear();
    for (const user of users) user.onFlowFailed();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { plainAddress, type Endpoint, type Flow, type FlowUser } from './flow.ts';

const RECEIVE_BUFFER = 4 * 1024 * 1024;

/** The UDP socket of the server: every datagram comes with the flow that leads back to its sender. */
export class UdpTransport {
  readonly #socket: Socket;
  readonly #localFor: (peer: string) => Endpoint;

  private constructor(socket: Socket, localFor: (peer: string) => Endpoint) {
    this.#socket = socket;
    this.#localFor = localFor;
  }

  /** Binds, or rejects with the system's error. */
  static async open(
    at: Endpoint,
    localFor: (peer: string) => Endpoint,
    onMessage: (text: string, flow: Flow) => void,
  ): Promise<UdpTransport> {
    const type = isIPv6(at.address) ? 'udp6' : 'udp4';
    // Peers are addresses already: without this, every send would go through the resolver.
    const socket = createSocket({
      type,
      lookup: (host, _options, done) => done(null, host, type === 'udp6' ? 6 : 4),
    });
    const listening = once(socket, 'listening');
    socket.bind(at.port, at.address);
    await listening;
    try {
      socket.setRecvBufferSize(RECEIVE_BUFFER);
    } catch {
      // The system's limit is lower: bursts may lose datagrams, which SIP repeats.
    }
    const transport = new UdpTransport(socket, localFor);
    socket.on('error', () => {}); // a failed send tells its own flow
    socket.on('message', (data, from) =>
      onMessage(data.toString('latin1'), transport.flowTo(plainAddress(from.address), from.port)),
    );
    return transport;
  }

  /** The flow to a peer; nothing is sent or remembered by asking for it. */
  flowTo(address: string, port: number): Flow {
    return new UdpFlow(this.#socket, address, port, this.#localFor(address));
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }
}

class UdpFlow implements Flow {
  readonly protocol = 'udp';
  readonly reliable = false;
  readonly open = true;
  readonly address: string;
  readonly port: number;
  readonly local: Endpoint;
  readonly #socket: Socket;

  constructor(socket: Socket, address: string, port: number, local: Endpoint) {
    this.#socket = socket;
    this.address = address;
    this.port = port;
    this.local = local;
  }

  send(text: string, user?: FlowUser): void {
    const done = (error: Error | null): void => {
      if (error) user?.onFlowFailed();
    };
    try {
      this.#socket.send(Buffer.from(text, 'latin1'), this.port, this.address, user && done);
    } catch {
      user?.onFlowFailed(); // the socket is closed, or the port is 0
    }
  }
}

import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { formatMessage, parseMessage } from './sip-message.ts';
import type { SipMessage } from './sip-message.ts';
import type { Address } from './sip-uri.ts';

/** Says of each datagram whether the line loses it; tests make bad lines with it. */
export type Loss = (way: 'sent' | 'received', message: SipMessage) => boolean;

/** Where to listen, and how bad the line is. */
export interface SipSocketOptions {
  host: string;
  port: number;
  loses?: Loss | undefined;
}

/** One UDP port that speaks SIP: what is no SIP message, or the line loses, never arrives. */
export class SipSocket {
  /** Where this socket is bound; still known after it is closed. */
  readonly address: Address;
  readonly #socket: Socket;
  readonly #loses: Loss;
  #receive: (message: SipMessage, from: Address) => void = () => {};
  #closed = false;

  static async open(options: SipSocketOptions): Promise<SipSocket> {
    const socket = createSocket('udp4');
    socket.bind(options.port, options.host);
    await once(socket, 'listening');
    return new SipSocket(socket, options.loses ?? (() => false));
  }

  private constructor(socket: Socket, loses: Loss) {
    this.#socket = socket;
    this.#loses = loses;
    const { address, port } = socket.address();
    this.address = { host: address, port };
    socket.on('error', () => {}); // an unreachable peer shows as a transaction that times out
    socket.on('message', (data, from) => {
      const message = parseMessage(data);
      if (!message || this.#loses('received', message)) return;
      this.#receive(message, { host: from.address, port: from.port });
    });
  }

  /** Names the one who is given every message from now on. */
  deliverTo(receive: (message: SipMessage, from: Address) => void): void {
    this.#receive = receive;
  }

  /** Sends without a promise that it arrives; safe after closing. */
  send(message: SipMessage, to: Address): void {
    if (this.#closed || to.port < 1 || to.port > 65_535 || this.#loses('sent', message)) return;
    this.#socket.send(formatMessage(message), to.port, to.host, () => {});
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }
}

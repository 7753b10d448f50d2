import { constants } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { SecureContextOptions } from 'node:tls';
import { TLSSocket } from 'node:tls';
import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import type { AddressList } from '../server-kit/address.ts';
import { normalAddress } from '../server-kit/address.ts';
import { identityOf } from '../server-kit/link/link-identity.ts';
import type { LinkKeys } from '../server-kit/link/link-keys.ts';
import { toDmzFrameLimit } from '../server-kit/link/link-limits.ts';

interface ListenerOptions {
  readonly keys: LinkKeys;
  readonly sources: AddressList;
  readonly onLink: (socket: WebSocket, peer: string) => void;
  readonly log: Logger;
}

/** Far more than any number of insides needs. */
const MAX_SOCKETS = 128;
const HANDSHAKE_MS = 5_000;

/**
 * Where the inside connects. A socket passes three doors: its address, before a byte of it is read; TLS 1.3 with a
 * certificate of our own authority; and that certificate's role.
 */
export class LinkListener {
  readonly #options: ListenerOptions;
  readonly #tcp: Server;
  readonly #https: HttpsServer;
  readonly #sockets = new Set<Socket>();
  readonly #upgrades = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: toDmzFrameLimit,
    clientTracking: false,
  });

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#tcp = createServer((socket) => this.#admit(socket));
    this.#https = createHttpsServer({
      ...securityOf(options.keys),
      requestCert: true,
      rejectUnauthorized: true,
      handshakeTimeout: HANDSHAKE_MS,
      headersTimeout: HANDSHAKE_MS,
    });
    this.#https.on('tlsClientError', (error, socket) => {
      this.#refuse(socket, error.message);
    });
    this.#https.on('request', (_request, response) => response.writeHead(404).end());
    this.#https.on('upgrade', (request, socket, head) => {
      if (socket instanceof TLSSocket) this.#upgrade(request, socket, head);
    });
  }

  async listen(host: string, port: number): Promise<AddressInfo> {
    this.#tcp.listen(port, host);
    await once(this.#tcp, 'listening');
    return this.#tcp.address() as AddressInfo;
  }

  /** Shows a renewed certificate from the next connection on; those that stand are not disturbed. */
  renew(keys: LinkKeys): void {
    this.#https.setSecureContext(securityOf(keys));
  }

  async close(): Promise<void> {
    const closed = once(this.#tcp, 'close');
    this.#tcp.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #admit(socket: Socket): void {
    const { sources } = this.#options;
    if (!sources.has(socket.remoteAddress ?? '')) {
      this.#refuse(socket, 'this address may not link');
    } else if (this.#sockets.size >= MAX_SOCKETS) {
      this.#refuse(socket, 'too many connections');
    } else {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      socket.on('error', () => {}); // a reset is followed by 'close'
      this.#https.emit('connection', socket);
    }
  }

  #upgrade(request: IncomingMessage, socket: TLSSocket, head: Buffer): void {
    const identity = identityOf(socket.getPeerCertificate(), 'contact-server');
    if ('refused' in identity) {
      this.#refuse(socket, identity.refused);
      return;
    }
    socket.setNoDelay(true);
    this.#upgrades.handleUpgrade(request, socket, head, (link) => {
      this.#options.onLink(link, identity.peer.name);
    });
  }

  #refuse(socket: Socket, reason: string): void {
    const peer = normalAddress(socket.remoteAddress ?? '');
    this.#options.log.warn({ peer, reason }, 'link refused');
    socket.destroy();
  }
}

function securityOf(keys: LinkKeys): SecureContextOptions {
  // No resumption: each connection shows its certificate anew.
  return { ...keys, minVersion: 'TLSv1.3', secureOptions: constants.SSL_OP_NO_TICKET };
}

import { checkServerIdentity } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import type { Logger } from 'pino';

import { WebSocket } from 'ws';
import type { Clock } from '../../server-kit/clock.ts';
import { identityOf } from '../../server-kit/link/link-identity.ts';
import type { LinkKeys } from '../../server-kit/link/link-keys.ts';
import { fromDmzFrameLimit } from '../../server-kit/link/link-limits.ts';

interface DialerOptions {
  readonly url: string;
  /** Asked at each dial. */
  readonly keys: () => LinkKeys;
  readonly clock: Clock;
  readonly log: Logger;
  /** A connection stands and the other end is a web-dmz of ours, by its certificate. */
  readonly onConnected: (socket: WebSocket, peer: string) => void;
  readonly onFailed: (reason: string) => void;
}

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 5_000;
/** A connection that has stood this long was no accident: the next loss is tried again at once. */
const STEADY_MS = 10_000;
const HANDSHAKE_MS = 5_000;

/** Keeps one connection to one web-dmz: dials, and dials again with growing, jittered waits until it is closed. */
export class LinkDialer {
  readonly #options: DialerOptions;
  #socket: WebSocket | undefined;
  #tries = 0;
  #cancelWait: () => void = () => {};
  #isClosed = false;

  constructor(options: DialerOptions) {
    this.#options = options;
  }

  /** Begins; call once. */
  dial(): void {
    try {
      this.#connect();
    } catch (error) {
      // Keys that cannot be read, or are being renewed this moment.
      this.#options.onFailed(error instanceof Error ? error.message : 'cannot dial');
      this.#wait();
    }
  }

  /** Ends the connection and dials no more. */
  close(): void {
    this.#isClosed = true;
    this.#cancelWait();
    this.#socket?.terminate();
  }

  #connect(): void {
    const { url, keys, clock, onConnected, onFailed } = this.#options;
    let connectedAt: number | undefined;
    let failure = 'the connection was lost';
    let peer = '';
    const security: ConnectionOptions = {
      ...keys(),
      minVersion: 'TLSv1.3',
      checkServerIdentity: (host, certificate) => {
        const identity = identityOf(certificate, 'web-dmz');
        if ('refused' in identity) return new Error(identity.refused);
        peer = identity.peer.name;
        return checkServerIdentity(host, certificate);
      },
    };
    const socket = new WebSocket(url, {
      ...(security as object), // handed on to tls.connect; the types of ws misdeclare checkServerIdentity
      perMessageDeflate: false,
      maxPayload: fromDmzFrameLimit,
      handshakeTimeout: HANDSHAKE_MS,
      followRedirects: false,
    });
    this.#socket = socket;
    socket.on('error', (error) => (failure = error.message));
    socket.on('open', () => {
      connectedAt = clock.now();
      onConnected(socket, peer);
    });
    socket.on('close', () => {
      if (connectedAt === undefined) onFailed(failure);
      else if (clock.now() - connectedAt > STEADY_MS) this.#tries = 0;
      this.#wait();
    });
  }

  #wait(): void {
    if (this.#isClosed) return;
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#tries);
    this.#tries += 1;
    // At least half of it, so that many insides do not come back to a restarted web-dmz in one burst.
    this.#cancelWait = this.#options.clock.after(longest * (0.5 + Math.random() / 2), () => this.dial());
  }
}

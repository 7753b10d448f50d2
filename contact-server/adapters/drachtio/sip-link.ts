import Srf from 'drachtio-srf';
import type { Logger } from 'pino';
import type {
  Outgoing,
  OutgoingEvents,
  SipReply,
  SipRequest,
  SipResponse,
  Acknowledge,
} from './sip-messages.ts';
import { LinkLost, NoSuchDialog } from './sip-messages.ts';

export interface SipLinkOptions {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  /** The longest wait between two attempts to connect. */
  readonly retryMaxDelayMs?: number;
}

type Handler = (request: SipRequest, reply: SipReply) => void;

/** The part of drachtio-srf 5.0.29 we rely on, as its JavaScript has it: the type file leaves it out or misstates it. */
interface RealSrf {
  connect(options: object): void;
  disconnect(): void;
  use(handle: Handler): void;
  use(method: string, handle: Handler): void;
  on(event: string, listener: (...args: never[]) => void): void;
  request(uri: string, options: object, sent: (error: unknown, request?: RealRequest) => void): void;
  readonly _app: { readonly client?: { readonly wp?: RealWire } };
}
interface RealRequest extends SipRequest {
  on(event: 'response', listener: (response: SipResponse, acknowledge: Acknowledge) => void): void;
  on(event: 'update', listener: (request: SipRequest, reply: SipReply) => void): void;
}
interface RealWire {
  closing?: boolean;
  readonly reconnectVars?: { retryTimer?: NodeJS.Timeout | null };
}

/**
 * The control connection to the SIP server: sends requests, hands out what comes in, and says when it is up.
 * Dialogs are known here by their ids alone, not by srf's Dialog objects: those cannot be made for a call that an
 * earlier process set up, `modify()` hangs after one refusal, and `destroy` is told for the far end's BYE only.
 */
export class SipLink {
  readonly #options: SipLinkOptions;
  readonly #log: Logger;
  readonly #srf = new Srf() as unknown as RealSrf; // see RealSrf
  readonly #dialogs = new Map<string, Handler>();
  readonly #waiting = new Set<(error: Error) => void>();
  readonly #listeners = new Set<() => void>();
  readonly #onceUp = new Set<() => void>();
  #addresses = '';
  #up = false;
  #detail: string | undefined = 'not connected yet';
  #closed = false;

  constructor(options: SipLinkOptions, log: Logger) {
    this.#options = options;
    this.#log = log;
  }

  /** Starts connecting, and goes on for as long as it takes. Register `on` handlers before. */
  connect(): void {
    this.#srf.use((request, reply) => this.#take(request, reply, undefined));
    this.#srf.on('connect', (error: unknown, addresses?: string) => this.#connected(error, addresses ?? ''));
    this.#srf.on('error', (error: Error) => this.#lost(error.message));
    this.#srf.on('close', () => this.#lost(undefined));
    this.#srf.connect({
      host: this.#options.host,
      port: this.#options.port,
      secret: this.#options.secret,
      enablePing: true,
      reconnect: { retryMaxDelay: this.#options.retryMaxDelayMs ?? 2_000 },
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const wire = this.#srf._app.client?.wp;
    if (this.#up) this.#srf.disconnect();
    else if (wire) {
      // srf cannot stop while it waits to try again, and would keep the process alive
      wire.closing = true;
      clearTimeout(wire.reconnectVars?.retryTimer ?? undefined);
    }
    this.#lost('closed');
  }

  get up(): boolean {
    return this.#up;
  }

  get detail(): string | undefined {
    return this.#detail;
  }

  /** Which SIP server this is, for records. */
  get server(): string {
    return `${this.#options.host}:${this.#options.port}`;
  }

  /** The address our SIP server shows for UDP, without the port. */
  get localAddress(): string {
    const all = this.#addresses.split(',').map((one) => one.replace(/^\w+\//, ''));
    const udp = this.#addresses.split(',').findIndex((one) => one.startsWith('udp/'));
    return (all[Math.max(udp, 0)] ?? '').replace(/:\d+$/, '').replace(/^\[|\]$/g, '') || '127.0.0.1';
  }

  onStatus(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls `then` now if the link is up, else once when it is. */
  whenUp(then: () => void): () => void {
    if (this.#up) {
      then();
      return () => {};
    }
    this.#onceUp.add(then);
    return () => this.#onceUp.delete(then);
  }

  /** Takes new requests of one method: calls for it are routed to us by the SIP server. */
  on(method: 'invite' | 'register' | 'options', handle: Handler): void {
    this.#srf.use(method, (request, reply) => this.#take(request, reply, handle));
  }

  /** Takes what comes within one dialog, until the returned function is called. */
  follow(dialogId: string, handle: Handler): () => void {
    this.#dialogs.set(dialogId, handle);
    return () => {
      if (this.#dialogs.get(dialogId) === handle) this.#dialogs.delete(dialogId);
    };
  }

  send(outgoing: Outgoing, events: OutgoingEvents): void {
    let over = false;
    const end = (): boolean => {
      const first = !over;
      over = true;
      this.#waiting.delete(fail);
      return first;
    };
    const fail = (error: Error): void => {
      if (end()) this.#safely(() => events.failed(error));
    };
    if (!this.#up) {
      queueMicrotask(() => fail(new LinkLost()));
      return;
    }
    this.#waiting.add(fail);
    const { uri, dialogId, route, headers, body, method } = outgoing;
    const options = {
      method,
      headers: { ...headers },
      ...(body !== undefined && { body }),
      ...(route !== undefined && { proxy: route }),
      ...(dialogId !== undefined && { stackDialogId: dialogId }),
    };
    try {
      this.#srf.request(uri ?? 'sip:placeholder', options, (error, request) => {
        if (!request) {
          fail(asError(error));
          return;
        }
        if (over) return;
        request.on('update', (_, reply) => reply.send(500, { headers: { 'Retry-After': '5' } }));
        request.on('response', (response, acknowledge) => {
          if (over) return;
          if (response.status >= 200) end();
          this.#safely(() => events.response(response, acknowledge));
        });
        this.#safely(() => events.sent?.(request));
      });
    } catch (error) {
      fail(asError(error)); // srf asserts where it has no socket
    }
  }

  /** Sends one request and gives its final response. */
  ask(outgoing: Outgoing): Promise<SipResponse> {
    return new Promise((resolve, reject) => {
      this.send(outgoing, {
        response: (response) => {
          if (response.status >= 200) resolve(response);
        },
        failed: reject,
      });
    });
  }

  /** Cancels an INVITE by its transaction, whichever connection sent it. The INVITE's own end tells what came of it. */
  cancel(uri: string, transactionId: string): void {
    if (!this.#up) return;
    try {
      this.#srf.request(uri, { method: 'CANCEL', stackTxnId: transactionId }, (error) => {
        if (error) this.#log.debug({ reason: asError(error).message }, 'a CANCEL came too late');
      });
    } catch (error) {
      this.#log.debug({ err: asError(error) }, 'a CANCEL could not be sent');
    }
  }

  #take(request: SipRequest, reply: SipReply, handle: Handler | undefined): void {
    const within = request.stackDialogId ? this.#dialogs.get(request.stackDialogId) : undefined;
    const then = within ?? (request.stackDialogId ? undefined : handle);
    if (then) this.#safely(() => then(request, reply));
    else if (request.method !== 'ACK') reply.send(request.stackDialogId ? 481 : 405);
  }

  #connected(error: unknown, addresses: string): void {
    if (this.#closed) return;
    if (error) {
      this.#detail = asError(error).message;
      this.#log.error({ server: this.server }, 'the SIP server refuses us');
      return;
    }
    this.#addresses = addresses;
    this.#up = true;
    this.#detail = undefined;
    this.#log.info({ server: this.server, addresses }, 'the SIP server is there');
    this.#tellStatus();
    const waiting = [...this.#onceUp];
    this.#onceUp.clear();
    for (const then of waiting) this.#safely(then);
  }

  #lost(detail: string | undefined): void {
    if (detail !== undefined) this.#detail = detail;
    if (!this.#up) return;
    this.#up = false;
    this.#detail ??= 'the connection was lost';
    if (!this.#closed)
      this.#log.error({ server: this.server, reason: this.#detail }, 'the SIP server is gone');
    for (const fail of [...this.#waiting]) fail(new LinkLost());
    this.#tellStatus();
  }

  #tellStatus(): void {
    for (const listener of [...this.#listeners]) this.#safely(listener);
  }

  /** A failing handler must not break srf's read loop, on which all other calls depend. */
  #safely(run: () => void): void {
    try {
      run();
    } catch (err) {
      this.#log.error({ err }, 'a SIP handler failed');
    }
  }
}

function asError(error: unknown): Error {
  const it = error instanceof Error ? error : new Error(String(error));
  return /unable to find dialog/i.test(it.message) ? new NoSuchDialog(it.message) : it;
}

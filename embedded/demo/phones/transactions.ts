import { randomBytes } from 'node:crypto';
import { ClientTransaction } from './client-transaction.ts';
import type { ResponseHandler } from './client-transaction.ts';
import { ServerTransaction } from './server-transaction.ts';
import { SipHeaders, cseqOf, tagOf } from './sip-message.ts';
import type { SipMessage, SipRequest, SipResponse } from './sip-message.ts';
import type { SipSocket } from './sip-socket.ts';
import { parseVia } from './sip-uri.ts';
import type { Address } from './sip-uri.ts';
import type { Timers } from './timers.ts';

/** What every transaction needs: a way out, and time (RFC 3261 table 4). */
export interface TransactionContext {
  send(message: SipMessage, to: Address): void;
  timers: Timers;
  t1Ms: number;
  t2Ms: number;
  t4Ms: number;
}

/** Gets each new request once; an ACK to a 2xx comes without a transaction. */
export type RequestHandler = (request: SipRequest, transaction: ServerTransaction | undefined) => void;

/** Matches datagrams to the transactions they belong to (RFC 3261 sections 17.1.3, 17.2.3). */
export class Transactions {
  readonly #socket: SipSocket;
  readonly #context: TransactionContext;
  readonly #handler: RequestHandler;
  readonly #clients = new Map<string, ClientTransaction>();
  #isClosed = false;
  readonly #servers = new Map<string, ServerTransaction>();

  constructor(socket: SipSocket, timers: Timers, t1Ms: number, handler: RequestHandler) {
    this.#socket = socket;
    this.#handler = handler;
    const send = (message: SipMessage, to: Address) => {
      socket.send(message, to);
    };
    this.#context = { send, timers, t1Ms, t2Ms: 8 * t1Ms, t4Ms: 10 * t1Ms };
    socket.deliverTo((message, from) => {
      if ('method' in message) this.#request(message, from);
      else this.#response(message);
    });
  }

  /** Sends a request that wants an answer; it gets its Via here. */
  send(request: SipRequest, to: Address, handler: ResponseHandler): ClientTransaction {
    const branch = this.#stamp(request);
    const key = `${branch} ${request.method}`;
    const client = new ClientTransaction(this.#context, request, to, handler, () =>
      this.#clients.delete(key),
    );
    this.#clients.set(key, client);
    if (this.#isClosed) client.abandon();
    return client;
  }

  /** Sends an ACK to a 2xx: a request of its own that wants no answer (RFC 3261 section 13.2.2.4). */
  acknowledge(ack: SipRequest, to: Address): void {
    this.#stamp(ack);
    this.#socket.send(ack, to);
  }

  /** Cancels a pending INVITE; its own final answer still comes, within 64*T1 (RFC 3261 section 9.1). */
  cancel(invite: ClientTransaction): void {
    const { uri, headers } = invite.request;
    const copied = new SipHeaders([['Via', headers.get('Via') ?? '']]).add('Max-Forwards', '70');
    for (const route of headers.all('Route')) copied.add('Route', route);
    for (const name of ['From', 'To', 'Call-ID']) copied.add(name, headers.get(name) ?? '');
    copied.add('CSeq', `${cseqOf(invite.request).number} CANCEL`);
    const request = { method: 'CANCEL', uri, headers: copied, body: '' };
    const key = `${branchOf(request)} CANCEL`;
    const client = new ClientTransaction(
      this.#context,
      request,
      invite.to,
      () => {},
      () => this.#clients.delete(key),
    );
    this.#clients.set(key, client);
    invite.expectFinal();
  }

  /** The INVITE that a CANCEL means, if we have it. */
  inviteOf(cancel: SipRequest): ServerTransaction | undefined {
    return this.#servers.get(serverKey(cancel, 'INVITE'));
  }

  /** Tells everybody who waits for an answer, or will, that none comes. */
  close(): void {
    this.#isClosed = true;
    for (const client of [...this.#clients.values()]) client.abandon();
  }

  #stamp(request: SipRequest): string {
    const branch = `z9hG4bK${randomBytes(8).toString('hex')}`;
    const { host, port } = this.#socket.address;
    request.headers.set('Via', `SIP/2.0/UDP ${host}:${port};branch=${branch};rport`);
    return branch;
  }

  #response(response: SipResponse): void {
    this.#clients.get(`${branchOf(response)} ${cseqOf(response).method}`)?.receive(response);
  }

  #request(request: SipRequest, source: Address): void {
    const key = serverKey(request, request.method === 'ACK' ? 'INVITE' : request.method);
    const known = this.#servers.get(key);
    if (request.method === 'ACK') {
      if (known) known.acknowledged();
      this.#handler(request, undefined);
    } else if (known) known.repeated();
    else {
      markSource(request, source);
      const server = new ServerTransaction(this.#context, request, source, () => this.#servers.delete(key));
      this.#servers.set(key, server);
      this.#handler(request, server);
    }
  }
}

function branchOf(message: SipMessage): string {
  return parseVia(message.headers.list('Via')[0] ?? '').params.get('branch') ?? '';
}

function serverKey(request: SipRequest, method: string): string {
  const via = parseVia(request.headers.list('Via')[0] ?? '');
  const branch = via.params.get('branch') ?? '';
  if (branch.startsWith('z9hG4bK')) return `${branch} ${via.sentBy} ${method}`;
  // RFC 2543 peers: no branch to trust, so the call and its sequence number stand for it
  const callId = request.headers.get('Call-ID') ?? '';
  return `${callId} ${tagOf(request, 'From') ?? ''} ${cseqOf(request).number} ${method}`;
}

/** Notes in the top Via where the request really came from (RFC 3261 section 18.2.1, RFC 3581 section 4). */
function markSource(request: SipRequest, source: Address): void {
  const [top = '', ...others] = request.headers.list('Via');
  const marked = top
    .replace(/;\s*rport(?=;|$)/i, `;rport=${source.port}`)
    .concat(parseVia(top).params.has('received') ? '' : `;received=${source.host}`);
  request.headers.set('Via', [marked, ...others].join(', '));
}

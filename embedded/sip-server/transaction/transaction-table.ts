import type { Counters } from '../counters.ts';
import { newTag } from '../ids.ts';
import { splitList } from '../sip/header-values.ts';
import type { SipMessage } from '../sip/message.ts';
import { parseMessage, type Flaw } from '../sip/parse-message.ts';
import { refusable } from '../sip/refusable.ts';
import { responseTo } from '../sip/respond.ts';
import { hostPort, paramOf } from '../sip/uri.ts';
import type { Timing } from '../timing.ts';
import type { Flow } from '../transport/flow.ts';
import { ClientTransaction, type ClientUser } from './client-transaction.ts';
import { ServerTransaction } from './server-transaction.ts';
import { SourceLimit } from './source-limit.ts';

/** What the layer above makes of requests that are new to the transaction layer. */
export interface TransactionUser {
  onRequest(transaction: ServerTransaction): void;
  /** An ACK for a 2xx. */
  onAck(ack: SipMessage, flow: Flow): void;
  onCancel(cancel: ServerTransaction, invite: ServerTransaction | undefined): void;
}

/** Bounds on what peers can make us remember. */
export interface TransactionLimits {
  readonly transactions: number;
  /** New requests a second from one address; 0 sets no limit. */
  readonly requestsPerSourceSecond: number;
  /** Requests whose User-Agent holds one of these words (in lower case) are passed over in silence. */
  readonly scanners: readonly string[];
}

/** All transactions, and the way of each received message to the one it belongs to (RFC 3261 sections 17.1.3, 17.2.3). */
export class TransactionTable {
  readonly #clients = new Map<string, ClientTransaction>();
  readonly #servers = new Map<string, ServerTransaction>();
  /** New requests by From tag, Call-ID and CSeq, to find those that reach us twice (RFC 3261 section 8.2.2.2). */
  readonly #seen = new Map<string, string>();
  readonly #timing: Timing;
  readonly #limits: TransactionLimits;
  readonly #sources: SourceLimit;
  readonly #counters: Counters;
  readonly #backTo: (request: SipMessage, flow: Flow) => Flow;
  readonly #user: TransactionUser;

  constructor(
    timing: Timing,
    limits: TransactionLimits,
    counters: Counters,
    backTo: (request: SipMessage, flow: Flow) => Flow,
    user: TransactionUser,
  ) {
    this.#timing = timing;
    this.#limits = limits;
    this.#sources = new SourceLimit(limits.requestsPerSourceSecond);
    this.#counters = counters;
    this.#backTo = backTo;
    this.#user = user;
  }

  readonly #serverEnded = ({ key, merge }: ServerTransaction): void => {
    this.#servers.delete(key);
    if (this.#seen.get(merge) === key) this.#seen.delete(merge);
  };
  readonly #clientEnded = ({ key }: ClientTransaction): void => void this.#clients.delete(key);

  get size(): number {
    return this.#clients.size + this.#servers.size;
  }

  /** Takes one message off the wire. */
  receive(text: string, flow: Flow): void {
    const message = parseMessage(text);
    if (typeof message === 'string') {
      if (message !== 'keep-alive') this.#receiveBroken(text, message, flow);
    } else if (message.method === '') this.#receiveResponse(message, flow);
    else this.#receiveRequest(message, flow);
  }

  /** Prepares to send a request with a fresh branch, for the caller to `start`; undefined when there is no room for it. */
  request(request: SipMessage, flow: Flow, user: ClientUser): ClientTransaction | undefined {
    if (this.size >= this.#limits.transactions) return undefined;
    const via = request.get('via') ?? '';
    const key = `${via.slice(via.lastIndexOf('=') + 1)} ${request.method}`; // our own Via ends in its branch
    const transaction = new ClientTransaction(key, request, flow, user, this.#timing, this.#clientEnded);
    this.#clients.set(key, transaction);
    return transaction;
  }

  close(): void {
    for (const transaction of [...this.#clients.values(), ...this.#servers.values()]) transaction.end();
  }

  /** Says what is wrong with it to whoever can be told. */
  #receiveBroken(text: string, flaw: Flaw, flow: Flow): void {
    this.#counters.count(flaw);
    const broken = refusable(text, flaw);
    if (!broken || !this.#sources.allows(flow.address)) return;
    markSource(broken.request, flow);
    const reason = broken.status === 400 ? `Bad Request: ${flaw}` : undefined;
    this.#refuse(broken.request, flow, broken.status, reason);
  }

  #receiveResponse(response: SipMessage, flow: Flow): void {
    const branch = paramOf(response.via.params, 'branch') ?? '';
    const transaction = this.#clients.get(`${branch} ${response.cseq.method}`);
    if (transaction) transaction.receive(response, flow);
    else this.#counters.count('stray-response');
  }

  #receiveRequest(request: SipMessage, flow: Flow): void {
    const key = serverKey(request);
    const known = this.#servers.get(key);
    if (request.method === 'ACK') {
      if (!known?.acknowledged()) this.#user.onAck(request, flow);
      return;
    }
    if (known) {
      known.repeated();
      return;
    }
    const invite = request.method === 'CANCEL' ? this.#servers.get(serverKey(request, 'INVITE')) : undefined;
    const agent = (request.get('user-agent') ?? '').toLowerCase();
    const scans = this.#limits.scanners.some((word) => agent.includes(word));
    if (scans || !this.#sources.allows(flow.address)) {
      this.#counters.count(scans ? 'scanner' : 'source-limit');
      return;
    }
    markSource(request, flow);
    const tooMany = this.size >= this.#limits.transactions;
    if (tooMany || request.get('max-forwards') === '0') {
      this.#counters.count(tooMany ? 'transaction-limit' : 'max-forwards');
      this.#refuse(request, flow, tooMany ? 503 : 483);
      return;
    }
    this.#begin(key, request, flow, invite);
  }

  #begin(key: string, request: SipMessage, flow: Flow, invite: ServerTransaction | undefined): void {
    const isNew = request.toTag === '' && request.method !== 'CANCEL';
    const merge = isNew ? `${request.callId}\n${request.fromTag}\n${request.cseq.seq} ${request.method}` : '';
    if (isNew && this.#seen.has(merge)) {
      this.#refuse(request, flow, 482);
      return;
    }
    const transaction = new ServerTransaction(
      key,
      merge,
      request,
      flow,
      this.#timing,
      this.#backTo,
      this.#serverEnded,
    );
    this.#servers.set(key, transaction);
    if (isNew) this.#seen.set(merge, key);
    if (request.method === 'CANCEL') this.#user.onCancel(transaction, invite);
    else this.#user.onRequest(transaction);
  }

  /** Answers without remembering anything. */
  #refuse(request: SipMessage, flow: Flow, status: number, reason?: string): void {
    const response = responseTo(request, status, newTag(), reason).add('Content-Length', '0');
    this.#backTo(request, flow).send(response.toString());
  }
}

/** Old clients send no branch that could be trusted to be unique (RFC 3261 section 17.2.3). */
function serverKey(request: SipMessage, asMethod = request.method): string {
  const { host, port, params } = request.via;
  const method = asMethod === 'ACK' ? 'INVITE' : asMethod;
  const branch = paramOf(params, 'branch') ?? '';
  if (branch.startsWith('z9hG4bK') && branch.length > 7) return `${branch} ${hostPort(host, port)} ${method}`;
  const { callId, fromTag, cseq, uri } = request;
  return `2543 ${callId} ${fromTag} ${cseq.seq} ${uri} ${request.get('via') ?? ''} ${method}`;
}

/** Notes in the top Via where the request really came from (RFC 3261 section 18.2.1, RFC 3581 section 4). */
function markSource(request: SipMessage, flow: Flow): void {
  const [top = '', ...below] = splitList(request.get('via') ?? '');
  const asked = paramOf(request.via.params, 'rport') !== undefined;
  if (!asked && request.via.host === flow.address) return;
  const marked = top.replace(/;\s*(?:rport|received)\s*(?:=[^;]*)?(?=;|$)/gi, '');
  const rport = asked ? `;rport=${flow.port}` : '';
  request.replaceFirst('via', [`${marked};received=${flow.address}${rport}`, ...below].join(', '));
}

import { responseTo } from './sip-message.ts';
import type { ResponseParts, SipRequest, SipResponse } from './sip-message.ts';
import { parseVia } from './sip-uri.ts';
import type { Address } from './sip-uri.ts';
import type { TransactionContext } from './transactions.ts';

/**
 * The server side of one request (RFC 3261 section 17.2, timers G, H, I, J). A 2xx to INVITE is sent again
 * here too until the call says that its ACK has come (section 13.3.1.4).
 */
export class ServerTransaction {
  readonly request: SipRequest;
  /** Where the request came from, whatever its headers say. */
  readonly source: Address;
  readonly #context: TransactionContext;
  readonly #over: () => void;
  #last: SipResponse | undefined;
  #isFinal = false;
  #stopResending = () => {};
  #stopDeadline = () => {};
  #unacknowledged = () => {};

  constructor(context: TransactionContext, request: SipRequest, source: Address, over: () => void) {
    this.#context = context;
    this.request = request;
    this.source = source;
    this.#over = over;
  }

  /** Whether a final response has been sent. */
  get isAnswered(): boolean {
    return this.#isFinal;
  }

  /** Whether that response was a 2xx. */
  get isAccepted(): boolean {
    return this.#isFinal && (this.#last?.status ?? 0) < 300;
  }

  /** Sends a response; the first final one counts and later ones are dropped. */
  respond(status: number, parts: ResponseParts = {}): void {
    if (this.#isFinal) return;
    this.#last = responseTo(this.request, status, parts);
    this.#isFinal = status >= 200;
    this.#send();
    if (!this.#isFinal) return;
    const { t1Ms, timers } = this.#context;
    if (this.request.method === 'INVITE') this.#resendAfter(t1Ms);
    this.#stopDeadline = timers.after(64 * t1Ms, () => {
      this.#stopResending();
      this.#over();
      this.#unacknowledged();
    });
  }

  /** Names whom to tell if no ACK comes for the final response within 64*T1. */
  ifUnacknowledged(tell: () => void): void {
    this.#unacknowledged = tell;
  }

  /** The ACK has come: nothing is sent again. */
  acknowledged(): void {
    this.#unacknowledged = () => {};
    this.#stopResending();
    this.#stopDeadline();
    this.#context.timers.after(this.#context.t4Ms, this.#over);
  }

  /** The same request came again: it gets the same answer. */
  repeated(): void {
    if (!(this.request.method === 'INVITE' && this.isAccepted)) this.#send();
  }

  #resendAfter(ms: number): void {
    this.#stopResending = this.#context.timers.after(ms, () => {
      this.#send();
      this.#resendAfter(Math.min(ms * 2, this.#context.t2Ms));
    });
  }

  #send(): void {
    if (this.#last) this.#context.send(this.#last, responseAddress(this.request, this.source));
  }
}

/** Where responses go: RFC 3261 section 18.2.2, with the port the request came from (RFC 3581 section 4). */
function responseAddress(request: SipRequest, source: Address): Address {
  const via = parseVia(request.headers.list('Via')[0] ?? '');
  if (via.params.has('rport')) return source;
  return { host: via.params.get('maddr') ?? source.host, port: via.port ?? 5060 };
}

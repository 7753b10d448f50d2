import { SipHeaders, cseqOf, responseTo } from './sip-message.ts';
import type { SipRequest, SipResponse } from './sip-message.ts';
import type { Address } from './sip-uri.ts';
import type { TransactionContext } from './transactions.ts';

/** Gets every provisional response and the final one; for INVITE every copy of a 2xx (RFC 6026). */
export type ResponseHandler = (response: SipResponse) => void;

/**
 * The client side of one request (RFC 3261 section 17.1, timers A, B, D, E, F, K; RFC 6026 for 2xx):
 *
 *   calling ──1xx──▶ proceeding ──final──▶ completed | accepted ──time──▶ over
 *
 * A request that is never answered is answered 408 by us.
 */
export class ClientTransaction {
  readonly request: SipRequest;
  readonly to: Address;
  readonly #context: TransactionContext;
  readonly #handler: ResponseHandler;
  readonly #over: () => void;
  #state: 'calling' | 'proceeding' | 'completed' | 'accepted' = 'calling';
  #stopResending = () => {};
  #stopDeadline = () => {};

  constructor(
    context: TransactionContext,
    request: SipRequest,
    to: Address,
    handler: ResponseHandler,
    over: () => void,
  ) {
    this.#context = context;
    this.request = request;
    this.to = to;
    this.#handler = handler;
    this.#over = over;
    this.#send(context.t1Ms);
    this.expectFinal();
  }

  get #isInvite(): boolean {
    return this.request.method === 'INVITE';
  }

  /** Whether a CANCEL may be sent now: something has answered, but not finally (RFC 3261 section 9.1). */
  get isProceeding(): boolean {
    return this.#state === 'proceeding';
  }

  /** Gives the far end 64*T1 from now to answer finally: at the start, and again after a CANCEL. */
  expectFinal(): void {
    this.#stopDeadline();
    this.#stopDeadline = this.#context.timers.after(64 * this.#context.t1Ms, () => {
      this.abandon();
    });
  }

  /** Ends without waiting any longer: nobody will hear an answer. */
  abandon(): void {
    if (this.#state === 'completed' || this.#state === 'accepted') return;
    this.#finish('completed', 0);
    this.#handler(responseTo(this.request, 408));
  }

  receive(response: SipResponse): void {
    if (response.status < 200) this.#provisional(response);
    else if (this.#isInvite) this.#inviteFinal(response);
    else if (this.#state !== 'completed') {
      this.#finish('completed', this.#context.t4Ms);
      this.#handler(response);
    }
  }

  #provisional(response: SipResponse): void {
    if (this.#state === 'completed' || this.#state === 'accepted') return;
    if (this.#state === 'calling' && this.#isInvite) {
      this.#stopResending();
      this.#stopDeadline();
    }
    this.#state = 'proceeding';
    this.#handler(response);
  }

  #inviteFinal(response: SipResponse): void {
    const isFirst = this.#state === 'calling' || this.#state === 'proceeding';
    if (response.status < 300) {
      if (this.#state === 'completed') return;
      if (isFirst) this.#finish('accepted', 64 * this.#context.t1Ms);
      this.#handler(response);
      return;
    }
    if (this.#state === 'accepted') return;
    this.#context.send(ackFor(this.request, response), this.to);
    if (!isFirst) return;
    this.#finish('completed', 64 * this.#context.t1Ms);
    this.#handler(response);
  }

  #send(intervalMs: number): void {
    this.#context.send(this.request, this.to);
    const { t2Ms, timers } = this.#context;
    this.#stopResending = timers.after(intervalMs, () => {
      const isSlow = this.#state === 'proceeding';
      this.#send(this.#isInvite ? intervalMs * 2 : isSlow ? t2Ms : Math.min(intervalMs * 2, t2Ms));
    });
  }

  #finish(state: 'completed' | 'accepted', lingerMs: number): void {
    this.#state = state;
    this.#stopResending();
    this.#stopDeadline();
    if (lingerMs === 0) this.#over();
    else this.#context.timers.after(lingerMs, this.#over);
  }
}

/** The ACK to a refusal: part of the INVITE's own transaction (RFC 3261 section 17.1.1.3). */
function ackFor(invite: SipRequest, response: SipResponse): SipRequest {
  const headers = new SipHeaders();
  headers.add('Via', invite.headers.get('Via') ?? '');
  headers.add('Max-Forwards', '70');
  for (const route of invite.headers.all('Route')) headers.add('Route', route);
  headers.add('From', invite.headers.get('From') ?? '');
  headers.add('To', response.headers.get('To') ?? '');
  headers.add('Call-ID', invite.headers.get('Call-ID') ?? '');
  headers.add('CSeq', `${cseqOf(invite).number} ACK`);
  return { method: 'ACK', uri: invite.uri, headers, body: '' };
}

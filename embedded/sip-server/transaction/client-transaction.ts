import { SipMessage } from '../sip/message.ts';
import type { Flow, FlowUser } from '../transport/flow.ts';
import { after, lingerMs, type Timer, type Timing } from '../timing.ts';

/** Who sent a request hears of every response but retransmissions of finals below 200 or above 299. */
export interface ClientUser {
  /** 2xx to an INVITE may come several times: retransmitted, or from several forks. */
  onResponse(response: SipMessage, flow: Flow): void;
  /** No answer came in time (408), or nothing could be sent (503). */
  onFailure(status: 408 | 503): void;
}

/**
 * The client transactions of RFC 3261 section 17.1 with RFC 6026's accepted state:
 *
 *     calling --1xx--> proceeding --2xx--> accepted --M--> ended       (INVITE)
 *        \----------------\-------3xx+--> completed --D--> ended       (K for other methods)
 */
export class ClientTransaction implements FlowUser {
  readonly key: string;
  readonly request: SipMessage;
  readonly flow: Flow;
  #user: ClientUser;
  readonly #timing: Timing;
  readonly #onEnd: (ended: ClientTransaction) => void;
  readonly #isInvite: boolean;
  #state: 'calling' | 'proceeding' | 'accepted' | 'completed' | 'ended' = 'calling';
  #interval: number;
  #repeat: Timer;
  #deadline: Timer;
  #ack = '';

  constructor(
    key: string,
    request: SipMessage,
    flow: Flow,
    user: ClientUser,
    timing: Timing,
    onEnd: (ended: ClientTransaction) => void,
  ) {
    this.key = key;
    this.request = request;
    this.flow = flow;
    this.#user = user;
    this.#timing = timing;
    this.#onEnd = onEnd;
    this.#isInvite = request.method === 'INVITE';
    this.#interval = timing.t1;
  }

  start(): void {
    if (!this.flow.reliable) this.#repeat = after(this.#interval, () => this.#sendAgain());
    this.#deadline = after(lingerMs(this.#timing), () => this.#fail(408)); // timers B and F
    this.flow.send(this.request.toString(), this);
  }

  /** From now on somebody else hears of what comes. */
  handTo(user: ClientUser): void {
    this.#user = user;
  }

  onFlowFailed(): void {
    this.#fail(503);
  }

  receive(response: SipMessage, flow: Flow): void {
    if (this.#state === 'accepted') {
      if (response.status >= 200 && response.status < 300) this.#user.onResponse(response, flow);
      return;
    }
    if (this.#state === 'completed') {
      if (this.#isInvite && response.status >= 300) this.flow.send(this.#ack);
      return;
    }
    if (this.#state === 'ended') return;
    if (response.status < 200) this.#proceed();
    else this.#finish(response);
    this.#user.onResponse(response, flow);
    if (response.status < 200 || (this.#isInvite && response.status < 300)) return;
    // It stays for some seconds yet, with hundreds of others each second, and only to catch what comes late.
    this.#user = NOBODY;
    this.request.pack();
  }

  /** Forgets the transaction without a word to its user. */
  end(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#stopTimers();
    this.flow.leave?.(this);
    this.#onEnd(this);
  }

  #proceed(): void {
    if (this.#state === 'proceeding') return;
    this.#state = 'proceeding';
    if (this.#isInvite) this.#stopTimers();
    else this.#interval = this.#timing.t2 / 2; // timer E runs on at T2
  }

  #finish(response: SipMessage): void {
    this.#stopTimers();
    this.flow.leave?.(this);
    const accepted = this.#isInvite && response.status < 300;
    this.#state = accepted ? 'accepted' : 'completed';
    if (this.#isInvite && !accepted) {
      this.#ack = ackFor(this.request, response).toString();
      this.flow.send(this.#ack);
    }
    const { t4 } = this.#timing;
    const linger = this.#isInvite ? lingerMs(this.#timing) : t4; // M and D, or K
    if (this.flow.reliable && !accepted) this.end();
    else this.#deadline = after(linger, () => this.end());
  }

  #sendAgain(): void {
    this.flow.send(this.request.toString(), this);
    // Timer A doubles without a bound, timer E up to T2.
    this.#interval = this.#isInvite ? this.#interval * 2 : Math.min(this.#interval * 2, this.#timing.t2);
    this.#repeat = after(this.#interval, () => this.#sendAgain());
  }

  #fail(status: 408 | 503): void {
    if (this.#state !== 'calling' && this.#state !== 'proceeding') return;
    this.end();
    this.#user.onFailure(status);
  }

  #stopTimers(): void {
    clearTimeout(this.#repeat);
    clearTimeout(this.#deadline);
    this.#repeat = this.#deadline = undefined;
  }
}

/** For requests whose answers nobody waits for. */
export const NOBODY: ClientUser = { onResponse: () => {}, onFailure: () => {} };

/** The ACK for a refusal, which belongs to the INVITE's transaction (RFC 3261 section 17.1.1.3). */
function ackFor(invite: SipMessage, response: SipMessage): SipMessage {
  const ack = new SipMessage({ method: 'ACK', uri: invite.uri });
  ack.add('Via', invite.get('via') ?? '').add('Max-Forwards', '70');
  for (const route of invite.all('route')) ack.add('Route', route);
  ack.add('From', invite.get('from') ?? '').add('To', response.get('to') ?? '');
  ack.add('Call-ID', invite.callId).add('CSeq', `${invite.cseq.seq} ACK`);
  return ack.add('Content-Length', '0');
}

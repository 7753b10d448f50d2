import type { SipMessage } from '../sip/message.ts';
import type { Flow } from '../transport/flow.ts';
import { after, lingerMs, type Timer, type Timing } from '../timing.ts';

/**
 * The server transactions of RFC 3261 section 17.2 with RFC 6026's accepted state:
 *
 *     proceeding --2xx--> accepted --L--> ended                         (INVITE)
 *         \-----3xx+--> completed --ACK--> confirmed --I--> ended
 *         \-----final--> completed --J--> ended                         (other methods)
 */
export class ServerTransaction {
  readonly key: string;
  /** What it has in common with the same request by another way; '' inside a dialog. */
  readonly merge: string;
  readonly request: SipMessage;
  /** Where the request came from. */
  readonly flow: Flow;
  readonly isInvite: boolean;
  readonly #timing: Timing;
  readonly #backTo: (request: SipMessage, flow: Flow) => Flow;
  readonly #onEnd: (ended: ServerTransaction) => void;
  #state: 'proceeding' | 'accepted' | 'completed' | 'confirmed' | 'ended' = 'proceeding';
  #last = '';
  #interval: number;
  #repeat: Timer;
  #deadline: Timer;

  constructor(
    key: string,
    merge: string,
    request: SipMessage,
    flow: Flow,
    timing: Timing,
    backTo: (request: SipMessage, flow: Flow) => Flow,
    onEnd: (ended: ServerTransaction) => void,
  ) {
    this.key = key;
    this.merge = merge;
    this.request = request;
    this.flow = flow;
    this.isInvite = request.method === 'INVITE';
    this.#backTo = backTo;
    this.#timing = timing;
    this.#onEnd = onEnd;
    this.#interval = timing.t1;
  }

  /** Whether a final response has gone out. */
  get answered(): boolean {
    return this.#state !== 'proceeding';
  }

  /** Whether a 2xx to an INVITE has gone out. */
  get accepted(): boolean {
    return this.#state === 'accepted';
  }

  /** Sends a response; after a final one only further 2xx to an INVITE go out (RFC 6026 section 7.1). */
  respond(status: number, text: string): void {
    if (this.accepted && status >= 200 && status < 300) this.#send(text);
    if (this.answered) return;
    this.#last = text;
    this.#send(text);
    if (status < 200) return;
    this.#finish(status);
    this.request.pack(); // it stays for half a minute yet, only to know it again
  }

  /** A request that came again gets the same answer again; a 2xx is repeated by its dialog. */
  repeated(): void {
    if (this.#last !== '' && (this.#state === 'proceeding' || this.#state === 'completed'))
      this.#send(this.#last);
  }

  /** True when the ACK was for this transaction's refusal; the ACK to a 2xx is the dialog's. */
  acknowledged(): boolean {
    if (this.#state === 'confirmed') return true;
    if (!this.isInvite || this.#state !== 'completed') return false;
    this.#state = 'confirmed';
    this.#stopTimers();
    this.#linger(this.flow.reliable ? 0 : this.#timing.t4); // timer I
    return true;
  }

  #send(text: string): void {
    this.#backTo(this.request, this.flow).send(text);
  }

  end(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#stopTimers();
    this.#onEnd(this);
  }

  #finish(status: number): void {
    const linger = lingerMs(this.#timing);
    if (!this.isInvite) {
      this.#state = 'completed';
      this.#linger(this.flow.reliable ? 0 : linger); // timer J
    } else if (status < 300) {
      this.#state = 'accepted';
      this.#last = ''; // the dialog repeats it
      this.#linger(linger); // timer L
    } else {
      this.#state = 'completed';
      if (!this.flow.reliable) this.#repeat = after(this.#interval, () => this.#sendAgain()); // timer G
      this.#linger(linger); // timer H
    }
  }

  #sendAgain(): void {
    this.#send(this.#last);
    this.#interval = Math.min(this.#interval * 2, this.#timing.t2);
    this.#repeat = after(this.#interval, () => this.#sendAgain());
  }

  #linger(ms: number): void {
    if (ms === 0) this.end();
    else this.#deadline = after(ms, () => this.end());
  }

  #stopTimers(): void {
    clearTimeout(this.#repeat);
    clearTimeout(this.#deadline);
    this.#repeat = this.#deadline = undefined;
  }
}

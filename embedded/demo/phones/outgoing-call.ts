import { Call, reasonOf } from './call.ts';
import type { CallContext } from './call-facts.ts';
import type { ClientTransaction } from './client-transaction.ts';
import { Dialog, freshToken } from './dialog.ts';
import type { DigestClient } from './digest.ts';
import { tagOf } from './sip-message.ts';
import type { SipRequest, SipResponse } from './sip-message.ts';
import { formatAddress, parseAddress } from './sip-uri.ts';
import type { Address, NameAddress } from './sip-uri.ts';

/** Whom to call, as whom, and by which way. */
export interface DialOptions {
  target: string;
  from: string;
  displayName?: string;
  /** Where to send it instead of to the target's own address. */
  proxy?: Address | undefined;
  digest?: DigestClient | undefined;
  headers?: readonly [string, string][];
  /** Offers no audio in the INVITE and answers the offer of the far end in the ACK. */
  isLateOffer?: boolean;
}

/** A call that this phone makes (RFC 3261 section 13.2). */
export class OutgoingCall extends Call {
  readonly remote: NameAddress;
  protected readonly ownsCallId = true;
  readonly #options: DialOptions;
  #client: ClientTransaction | undefined;
  #isCancelling = false;
  #isCancelSent = false;
  #answerInAck = '';

  constructor(context: CallContext, options: DialOptions) {
    const dialog = new Dialog({
      callId: `${freshToken()}@${context.host}`,
      local: formatAddress(options.from, options.displayName),
      remote: formatAddress(options.target),
      target: options.target,
      proxy: options.proxy,
    });
    super(context, dialog, options.digest);
    this.remote = parseAddress(formatAddress(options.target));
    this.#options = options;
    this.#start().catch(() => {
      this.drop(); // no port left for audio
    });
  }

  override async hangUp(): Promise<void> {
    if (this.state === 'ended') return;
    if (this.state === 'established') return this.bye({ by: 'near', cause: 'hung-up' });
    const ended = new Promise<void>((resolve) => {
      this.once('ended', () => {
        resolve();
      });
    });
    this.#isCancelling = true;
    if (!this.#client) this.end({ by: 'near', cause: 'cancelled' });
    else if (this.#client.isProceeding) this.#cancel(this.#client);
    return ended;
  }

  async #start(): Promise<void> {
    const media = await this.openMedia();
    if (!media) return;
    const body = this.#options.isLateOffer === true ? '' : media.offer();
    const headers = [...this.describing(body), ...(this.#options.headers ?? [])];
    this.#invite(this.dialog.request('INVITE', { headers, body }));
  }

  #invite(request: SipRequest): void {
    this.digest?.authorize(request);
    this.#client = this.context.transactions.send(request, this.dialog.nextHop, (response) => {
      if (response.status < 200) this.#progress(response);
      else if (response.status < 300) this.#answered(request, response);
      else this.#refused(request, response);
    });
  }

  #progress(response: SipResponse): void {
    if (this.#isCancelling && this.#client) this.#cancel(this.#client);
    if (response.status === 100 || this.state === 'ended') return;
    this.dialog.learn(response);
    if (response.body !== '' && this.#options.isLateOffer !== true) this.media?.accept(response.body);
    if (response.status === 180 || response.status === 183) this.advance('ringing');
  }

  #answered(request: SipRequest, response: SipResponse): void {
    const isUp = this.state === 'established';
    if (isUp && tagOf(response, 'To') !== this.dialog.remoteTag) {
      this.#refuseFork(request, response);
      return;
    }
    if (isUp || this.state === 'ended') {
      this.acknowledge(request, response, this.dialog, this.#answerInAck);
      return;
    }
    this.digest?.proven();
    this.dialog.learn(response);
    const isAgreed = this.#agree(response);
    this.acknowledge(request, response, this.dialog, this.#answerInAck);
    // the answer and our CANCEL have crossed: the call is up, so it is hung up (RFC 3261 section 9.1)
    if (this.#isCancelling) void this.bye({ by: 'near', cause: 'cancelled' });
    else if (!isAgreed) void this.bye({ by: 'near', cause: 'no-common-audio' });
    else this.advance('established');
  }

  #agree(response: SipResponse): boolean {
    if (this.#options.isLateOffer !== true) return this.media?.accept(response.body) === true;
    this.#answerInAck = this.media?.answer(response.body) ?? '';
    return this.#answerInAck !== '';
  }

  /** A second phone has answered the same call: it gets its ACK and is hung up. */
  #refuseFork(request: SipRequest, response: SipResponse): void {
    const fork = this.dialog.fork(response);
    this.acknowledge(request, response, fork);
    this.context.transactions.send(fork.request('BYE'), fork.nextHop, () => {});
  }

  #refused(request: SipRequest, response: SipResponse): void {
    const { status } = response;
    const isChallenge = status === 401 || status === 407;
    if (isChallenge && !this.#isCancelling && this.digest?.learn(response)) {
      this.#invite(this.dialog.again(request));
    } else if (this.#isCancelling) this.end({ by: 'near', cause: 'cancelled', status });
    else this.end({ by: 'far', cause: status === 408 ? 'lost' : 'refused', status, ...reasonOf(response) });
  }

  #cancel(client: ClientTransaction): void {
    if (this.#isCancelSent) return;
    this.#isCancelSent = true;
    this.context.transactions.cancel(client);
  }
}

import { Call, reasonOf } from './call.ts';
import type { CallContext, CallEnd } from './call-facts.ts';
import { Dialog } from './dialog.ts';
import type { ServerTransaction } from './server-transaction.ts';
import type { SipHeaders, SipRequest } from './sip-message.ts';
import { parseAddress } from './sip-uri.ts';
import type { NameAddress } from './sip-uri.ts';

/** A call that reaches this phone; it stays silent until told to ring, to answer or to refuse (RFC 3261 section 13.3). */
export class IncomingCall extends Call {
  readonly remote: NameAddress;
  /** The Request-URI: whom the caller wants. */
  readonly wanted: string;
  readonly headers: SipHeaders;
  protected readonly ownsCallId = false;
  readonly #invite: ServerTransaction;
  #hangUpWhenConfirmed: (() => void) | undefined;

  constructor(context: CallContext, invite: ServerTransaction) {
    super(context, Dialog.from(invite.request));
    this.remote = parseAddress(invite.request.headers.get('From') ?? '');
    this.wanted = invite.request.uri;
    this.headers = invite.request.headers;
    this.#invite = invite;
  }

  /** Tells the caller that the phone rings. */
  ring(): void {
    if (this.state !== 'trying') return;
    this.#invite.respond(180, { toTag: this.dialog.localTag, headers: this.describing('') });
    this.advance('ringing');
  }

  /** Answers; refused with 488 if the caller offers no audio that we can speak. */
  async answer(): Promise<void> {
    if (this.state !== 'trying' && this.state !== 'ringing') {
      throw new Error(`a call that is ${this.state} cannot be answered`);
    }
    this.advance('answering');
    const media = await this.openMedia();
    if (!media) return;
    const offer = this.#invite.request.body;
    const body = offer === '' ? media.offer() : media.answer(offer);
    if (body === undefined) this.#refuse(488, { by: 'near', cause: 'no-common-audio', status: 488 });
    else this.accept(this.#invite, body, offer === '');
  }

  /** Refuses a call that is not yet answered. */
  reject(status: number, headers: readonly [string, string][] = []): void {
    this.#refuse(status, { by: 'near', cause: 'refused', status }, headers);
  }

  /** The caller has given up before the answer (RFC 3261 section 9.2). */
  cancel(request: SipRequest): void {
    if (this.#invite.isAnswered) return;
    this.#invite.respond(487, { toTag: this.dialog.localTag });
    this.emit('cancelled');
    this.end({ by: 'far', cause: 'cancelled', ...reasonOf(request) });
  }

  override async hangUp(): Promise<void> {
    if (this.state === 'ended') return;
    if (!this.#invite.isAnswered) this.reject(603);
    else if (this.state === 'established') await this.bye({ by: 'near', cause: 'hung-up' });
    // before the ACK no BYE may be sent (RFC 3261 section 15)
    else await new Promise<void>((resolve) => (this.#hangUpWhenConfirmed = resolve));
  }

  protected override confirmed(): void {
    super.confirmed();
    if (!this.#hangUpWhenConfirmed) return;
    void this.bye({ by: 'near', cause: 'hung-up' }).then(this.#hangUpWhenConfirmed);
  }

  protected override end(end: CallEnd): void {
    // a caller may hang up a call that still rings with BYE (RFC 3261 section 15)
    this.#invite.respond(487, { toTag: this.dialog.localTag });
    super.end(end);
    this.#hangUpWhenConfirmed?.();
  }

  #refuse(status: number, end: CallEnd, headers: readonly [string, string][] = []): void {
    this.#invite.respond(status, {
      toTag: this.dialog.localTag,
      headers: [...this.context.headers, ...headers],
    });
    this.end(end);
  }
}

import type { Clock } from '../../../server-kit/clock.ts';
import type { Leg, SentInvite } from '../../ports/telephony.ts';
import { failure, failureFor } from './outcome.ts';
import type { Failure } from './outcome.ts';
import type { SipLink } from './sip-link.ts';
import { LinkLost } from './sip-messages.ts';
import type { Acknowledge, SipRequest, SipResponse } from './sip-messages.ts';

export interface InvitePlan {
  readonly leg: Leg;
  readonly uri: string;
  readonly route?: string;
  readonly dialogId: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly ringMs: number;
  /** How long the far end may stay silent before it counts as gone. */
  readonly silentMs: number;
  /**
   * Asked at half of `silentMs`: does the far end live? The SIP server keeps 100 Trying to itself, so a slow but
   * living trunk looks like a dead one.
   */
  isAlive?(): Promise<boolean>;
}

export interface InviteEvents {
  ringing(invite: SentInvite | undefined): void;
  answered(response: SipResponse): void;
  failed(failure: Failure): void;
}

/** Longer than any INVITE transaction of the SIP server lives (RFC 3261: 64 × T1). */
const LAST_WORD_MS = 34_000;

/**
 * One INVITE of ours and its end: `answered` or `failed`, told once.
 * A cancelled one waits for the far end's word, because a 200 may be on its way already (RFC 3261 section 9.1); an
 * answer that comes after the end was told is acknowledged and hung up, so that no phone is left in a ghost call.
 */
export class OutgoingInvite {
  readonly #link: SipLink;
  readonly #clock: Clock;
  readonly #plan: InvitePlan;
  readonly #events: InviteEvents;
  #sent: SipRequest | undefined;
  #givenUp: Failure | undefined;
  #rang = false;
  #heard = false;
  #told = false;
  #stopRing: () => void;
  #stopSilence: () => void;
  #stopWaiting = (): void => {};

  constructor(link: SipLink, clock: Clock, plan: InvitePlan, events: InviteEvents) {
    this.#link = link;
    this.#clock = clock;
    this.#plan = plan;
    this.#events = events;
    this.#stopRing = clock.after(plan.ringMs, () => this.cancel(this.#failure('no-answer', 'ring timer')));
    this.#stopSilence = clock.after(plan.silentMs / 2, () => this.#doubt());
    link.send(
      {
        method: 'INVITE',
        uri: plan.uri,
        headers: plan.headers,
        body: plan.body,
        ...(plan.route !== undefined && { route: plan.route }),
      },
      {
        sent: (request) => this.#went(request),
        response: (response, acknowledge) => this.#hear(response, acknowledge),
        failed: (error) => this.#broke(error),
      },
    );
  }

  /** Stops the ringing. What is told in the end is `why`, unless the far end fails by itself. */
  cancel(why: Failure): void {
    if (this.#told || this.#givenUp) return;
    this.#givenUp = why;
    this.#stopRing();
    if (this.#sent) this.#cancelOnWire();
    // without a provisional response the server holds the CANCEL back: nobody rings, and waiting longer is no use
    const limit = this.#heard ? LAST_WORD_MS : this.#plan.silentMs;
    this.#stopWaiting = this.#clock.after(limit, () => this.#tell(why));
  }

  /** Stops the ringing and tells nothing any more: the process leaves. */
  abandon(): void {
    if (!this.#told) this.#cancelOnWire();
    this.#end();
  }

  #went(request: SipRequest): void {
    this.#sent = request;
    if (this.#givenUp || this.#told) this.#cancelOnWire();
  }

  #cancelOnWire(): void {
    if (this.#sent) this.#link.cancel(this.#sent.uri, this.#sent.stackTxnId);
  }

  #hear(response: SipResponse, acknowledge: Acknowledge): void {
    this.#heard = true;
    this.#stopSilence();
    if (response.status < 200) this.#progress(response, acknowledge);
    else if (response.status < 300) this.#answered(response, acknowledge);
    else {
      const { status } = response;
      const why = { status, rang: this.#rang, reason: response.get('Reason') };
      this.#tell(this.#givenUp ?? failureFor(this.#plan.leg, why));
    }
  }

  #progress(response: SipResponse, acknowledge: Acknowledge): void {
    if (response.has('RSeq')) acknowledge(); // PRACK (RFC 3262)
    if (this.#rang || this.#givenUp || response.status < 180) return;
    this.#rang = true;
    this.#stopRing();
    this.#stopRing = this.#clock.after(this.#plan.ringMs, () =>
      this.cancel(this.#failure('no-answer', 'ring timer')),
    );
    const { uri = '', stackTxnId: transactionId = '' } = this.#sent ?? {};
    this.#events.ringing(this.#sent && { uri, transactionId });
  }

  #answered(response: SipResponse, acknowledge: Acknowledge): void {
    acknowledge();
    if (this.#told || this.#givenUp) {
      hangUpDialog(this.#link, response.stackDialogId ?? this.#plan.dialogId);
      if (this.#givenUp) this.#tell(this.#givenUp);
      return;
    }
    this.#end();
    this.#events.answered(response);
  }

  #broke(error: Error): void {
    if (error instanceof LinkLost) this.#sweepLater();
    const cause = error instanceof LinkLost ? 'sip-link-lost' : error.message.slice(0, 80);
    this.#tell(this.#givenUp ?? this.#failure('trunk-error', cause));
  }

  /** The server may still be ringing the phone for us: whatever became of it ends when the link is back. */
  #sweepLater(): void {
    this.#link.whenUp(() => {
      this.#cancelOnWire();
      hangUpDialog(this.#link, this.#plan.dialogId);
    });
  }

  #doubt(): void {
    const rest = this.#plan.silentMs / 2;
    let alive = false;
    void this.#plan.isAlive?.().then((yes) => {
      alive = yes;
    });
    this.#stopSilence = this.#clock.after(rest, () => {
      if (alive) return;
      const why = this.#failure('trunk-error', 'no response');
      this.cancel(why);
      this.#tell(why);
    });
  }

  #failure(outcome: Failure['outcome'], detail: string): Failure {
    return failure(this.#plan.leg, outcome, detail);
  }

  #tell(why: Failure): void {
    if (this.#told) return;
    this.#end();
    this.#events.failed(why);
  }

  #end(): void {
    this.#told = true;
    this.#stopRing();
    this.#stopSilence();
    this.#stopWaiting();
  }
}

/** Sends a BYE and does not care what becomes of it: used where nothing else is left to do. */
export function hangUpDialog(link: SipLink, dialogId: string): void {
  link.send({ method: 'BYE', dialogId }, { response: () => {}, failed: () => {} });
}

import { randomUUID } from 'node:crypto';
import type { Clock } from '../../../server-kit/clock.ts';
import type { Leg, StoredLeg } from '../../ports/telephony.ts';
import { failure } from './outcome.ts';
import type { Failure } from './outcome.ts';
import { OutgoingInvite } from './outgoing-invite.ts';
import { LegMedia } from './leg-media.ts';
import type { Direction, Sdp } from './sdp.ts';
import { parseSdp } from './sdp.ts';
import type { SipLink } from './sip-link.ts';
import { LinkLost, NoSuchDialog } from './sip-messages.ts';
import type { Acknowledge, SipReply, SipRequest, SipResponse } from './sip-messages.ts';

/** Whom a leg calls, and how. */
export interface LegTarget {
  readonly uri: string;
  readonly route?: string;
  /** From and such; the tag is added. */
  readonly from: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly ringMs: number;
  readonly silentMs: number;
  isAlive?(): Promise<boolean>;
}

/** A re-INVITE or UPDATE of the far end, to be answered once. Without `sdp` it asks us for an offer. */
export interface FarOffer {
  readonly sdp: Sdp | undefined;
  answer(status: number, body?: string): void;
}

export interface LegEvents {
  ringing(stored: StoredLeg): void;
  answered(): void;
  failed(failure: Failure): void;
  /** An established leg ended, and not by us. */
  gone(cause: string): void;
  offered(offer: FarOffer): void;
}

/** One side of a call as a SIP dialog: rings, answers, changes its media, ends. It is known by its dialog id alone. */
export class SipLeg {
  readonly side: Leg;
  readonly stored: StoredLeg;
  readonly media: LegMedia;
  readonly #link: SipLink;
  readonly #clock: Clock;
  readonly #events: LegEvents;
  readonly #unfollow: () => void;
  #phase: 'new' | 'inviting' | 'up' | 'over' = 'new';
  #invite: OutgoingInvite | undefined;
  #over: (() => void)[] = [];
  #ackWaiter: ((body: string) => void) | undefined;

  constructor(link: SipLink, clock: Clock, side: Leg, events: LegEvents, stored?: StoredLeg) {
    this.#link = link;
    this.#clock = clock;
    this.#events = events;
    this.side = side;
    this.stored = stored ?? newDialog(side, link.server);
    // an adopted dialog continues its o= line: same session, and a version no earlier process has reached
    const version = stored ? Math.floor(clock.now() / 1000) : 0;
    this.media = new LegMedia(this.stored.sipCallId, version, () => link.localAddress);
    if (stored) this.#phase = 'up';
    this.#unfollow = link.follow(this.stored.dialogId, (request, reply) => this.#within(request, reply));
  }

  get isUp(): boolean {
    return this.#phase === 'up';
  }

  get isOver(): boolean {
    return this.#phase === 'over';
  }

  invite(target: LegTarget, offer: Sdp): void {
    this.#phase = 'inviting';
    const plan = {
      leg: this.side,
      uri: target.uri,
      dialogId: this.stored.dialogId,
      headers: {
        ...target.headers,
        From: `${target.from};tag=${fromTag(this.stored.dialogId)}`,
        'Call-ID': this.stored.sipCallId,
        Allow: 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO',
      },
      body: this.media.say(offer, offer.direction),
      ringMs: target.ringMs,
      silentMs: target.silentMs,
      ...(target.route !== undefined && { route: target.route }),
      ...(target.isAlive && { isAlive: () => target.isAlive?.() ?? Promise.resolve(false) }),
    };
    this.#invite = new OutgoingInvite(this.#link, this.#clock, plan, {
      ringing: (invite) => this.#events.ringing({ ...this.stored, ...(invite && { invite }) }),
      answered: (response) => this.#answered(response),
      failed: (failure) => {
        this.#leave();
        this.#events.failed(failure);
      },
    });
  }

  /** It never began, and will not. */
  fail(detail: string): void {
    this.#leave();
    this.#events.failed(failure(this.side, 'trunk-error', detail));
  }

  /** Ends the leg whatever it is doing; resolves when nothing of it is left for us to do. */
  end(why: Failure): Promise<void> {
    if (this.#phase === 'inviting') {
      const over = new Promise<void>((resolve) => this.#over.push(resolve));
      this.#invite?.cancel(why);
      return over;
    }
    if (this.#phase !== 'up') {
      this.#leave();
      return Promise.resolve();
    }
    this.#leave();
    return new Promise((resolve) => {
      this.#link.whenUp(() => {
        const request = { method: 'BYE', dialogId: this.stored.dialogId } as const;
        // with the BYE out the session is over for us (RFC 3261 section 15.1.1), even if nobody answers it
        this.#link.send(request, {
          sent: () => resolve(),
          response: () => resolve(),
          failed: () => resolve(),
        });
      });
    });
  }

  /** Offers other media, and gives the final status; with 200 the answer has been heard. */
  async offer(sdp: Sdp, direction: Direction): Promise<number> {
    const response = await this.#reinvite(this.media.say(sdp, direction));
    if (response.status > 299) return response.status;
    return this.media.hear(response.body, direction) ? 200 : 488;
  }

  /** Asks the phone for its full offer; `answer` then goes with the ACK. For calls whose media nobody here remembers. */
  async askOffer(): Promise<((sdp: Sdp, direction: Direction) => void) | number> {
    let acknowledge: Acknowledge = () => {};
    const response = await this.#reinvite(undefined, (later) => {
      acknowledge = later;
    });
    if (response.status > 299) return response.status;
    if (this.media.hear(response.body, 'sendrecv')) {
      return (sdp, direction) => acknowledge({ body: this.media.say(sdp, direction) });
    }
    acknowledge();
    return 488;
  }

  /** Gives an offer to a phone that asked for one; its answer comes with the ACK. False if none came. */
  async answerWithOffer(far: FarOffer, sdp: Sdp, direction: Direction): Promise<boolean> {
    const acknowledged = new Promise<string>((resolve) => {
      const stop = this.#clock.after(5_000, () => resolve(''));
      this.#ackWaiter = (body) => {
        stop();
        resolve(body);
      };
    });
    far.answer(200, this.media.say(sdp, direction));
    return this.media.hear(await acknowledged, direction);
  }

  /** Does the far end still know this call? No answer at all is a dead one; a lost link says nothing. */
  async probe(): Promise<'alive' | 'dead' | 'unknown'> {
    try {
      const { dialogId } = this.stored;
      const { status } = await this.#link.ask({ method: 'OPTIONS', dialogId });
      return status === 481 || status === 408 ? 'dead' : 'alive';
    } catch (error) {
      return error instanceof NoSuchDialog ? 'dead' : 'unknown';
    }
  }

  /** Leaves an established leg as it is, for the next process; one that still rings stops. */
  abandon(): void {
    this.#invite?.abandon();
    this.#leave();
  }

  /** Forgets a leg that is known to be dead: there is nobody to send a BYE to. */
  bury(): void {
    this.#leave();
  }

  /** The ACK to a 2xx goes out at once, unless `keepAck` takes it for later. */
  #reinvite(body?: string, keepAck?: (acknowledge: Acknowledge) => void): Promise<SipResponse> {
    const request = { method: 'INVITE', dialogId: this.stored.dialogId } as const;
    return new Promise((resolve, reject) => {
      this.#link.send(body === undefined ? request : { ...request, body }, {
        response: (response, acknowledge) => {
          if (response.status < 200) return;
          if (response.status > 299) resolve(response);
          else {
            (keepAck ?? ((now) => now()))(acknowledge);
            resolve(response);
          }
        },
        failed: reject,
      });
    });
  }

  #answered(response: SipResponse): void {
    this.#phase = 'up';
    if (this.media.hear(response.body)) {
      this.#events.answered();
      return;
    }
    const why = failure(this.side, 'trunk-error', 'answered without media');
    void this.end(why);
    this.#events.failed(why);
  }

  #within(request: SipRequest, reply: SipReply): void {
    switch (request.method) {
      case 'BYE':
        reply.send(200);
        this.#gone(causeOf(request));
        return;
      case 'INVITE':
      case 'UPDATE':
        this.#offered(request, reply);
        return;
      case 'ACK':
        this.#ackWaiter?.(request.body ?? '');
        this.#ackWaiter = undefined;
        return;
      case 'PRACK':
      case 'INFO':
      case 'OPTIONS':
      case 'NOTIFY':
      case 'MESSAGE':
        reply.send(200);
        return;
      case 'REFER': // nobody outside decides whom we call
        reply.send(603);
        return;
      default:
        reply.send(405);
    }
  }

  #offered(request: SipRequest, reply: SipReply): void {
    const body = request.body ?? '';
    const sdp = body === '' ? undefined : parseSdp(body);
    if (this.#phase !== 'up') reply.send(491);
    else if (!sdp && (body !== '' || request.method === 'UPDATE')) reply.send(body === '' ? 200 : 488);
    else {
      this.#events.offered({
        sdp,
        answer: (status, words) => reply.send(status, words === undefined ? {} : { body: words }),
      });
    }
  }

  #gone(cause: string): void {
    if (this.#phase !== 'up') return; // an invitation tells its own end
    this.#leave();
    this.#events.gone(cause);
  }

  #leave(): void {
    if (this.#phase === 'over') return;
    this.#phase = 'over';
    this.#unfollow();
    for (const tell of this.#over.splice(0)) tell();
  }
}

/**
 * Ends a leg of an earlier process of which no more than this is known. Resolves when the SIP server has the BYE, which it
 * repeats by itself, or knows no such leg.
 */
export async function endStored(link: SipLink, { dialogId, invite }: StoredLeg): Promise<void> {
  for (let isLost = true; isLost;) {
    await new Promise<void>((resolve) => void link.whenUp(resolve));
    // It may ring still: of which of the two there is nothing left, the server says so.
    if (invite) link.cancel(invite.uri, invite.transactionId);
    isLost = await new Promise<boolean>((resolve) => {
      link.send(
        { method: 'BYE', dialogId },
        {
          sent: () => resolve(false),
          response: () => resolve(false),
          failed: (error) => resolve(error instanceof LinkLost),
        },
      );
    });
  }
}

function newDialog(leg: Leg, server: string): StoredLeg {
  const sipCallId = randomUUID();
  return { leg, sipCallId, server, dialogId: `${sipCallId};from-tag=${randomUUID().slice(0, 8)}` };
}

const fromTag = (dialogId: string): string => dialogId.slice(dialogId.lastIndexOf('=') + 1);

function causeOf(bye: SipRequest): string {
  const text = /text="([^"]{1,60})"/.exec(bye.get('Reason') ?? '')?.[1];
  return text ?? 'hung up';
}

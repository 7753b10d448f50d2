import { EventEmitter } from 'node:events';
import { randomInt } from 'node:crypto';
import { CallChangeRefused } from './call-facts.ts';
import type { CallContext, CallEnd, CallEvents, HoldStyle } from './call-facts.ts';
import type { Dialog } from './dialog.ts';
import type { DigestClient } from './digest.ts';
import { hearNothing, hearTone } from './ear.ts';
import type { HearingOptions } from './ear.ts';
import { MediaSession } from './media-session.ts';
import type { RtpAudio } from './rtp-audio.ts';
import type { ServerTransaction } from './server-transaction.ts';
import type { Flow } from './session-description.ts';
import { cseqOf } from './sip-message.ts';
import type { SipRequest, SipResponse } from './sip-message.ts';
import type { NameAddress } from './sip-uri.ts';
import { silence } from './voice.ts';
import type { Voice } from './voice.ts';

const HOLD: Readonly<Record<HoldStyle, Flow>> = {
  sendonly: { send: true, receive: false },
  inactive: { send: false, receive: false },
};
const BOTH: Flow = { send: true, receive: true };
const MAX_GLARES = 4;

/**
 * One call from this phone's side, once it has begun; how it begins is told by `IncomingCall` and `OutgoingCall`.
 *
 *   trying ──▶ ringing ──▶ answering ──▶ established ──▶ ended      (every state may jump to ended)
 */
export abstract class Call extends EventEmitter<CallEvents> {
  protected readonly context: CallContext;
  protected readonly dialog: Dialog;
  protected readonly digest: DigestClient | undefined;
  protected media: MediaSession | undefined;
  readonly #listeners = new Set<(samples: Int16Array) => void>();
  #audio: RtpAudio | undefined;
  #voice: Voice = silence;
  #state: 'trying' | 'ringing' | 'answering' | 'established' | 'ended' = 'trying';
  #unacknowledged: { transaction: ServerTransaction; expectsAnswer: boolean } | undefined;
  #isInviting = false;
  #isHeldByFar = false;
  #changes: Promise<unknown> = Promise.resolve();

  constructor(context: CallContext, dialog: Dialog, digest?: DigestClient) {
    super();
    this.context = context;
    this.dialog = dialog;
    this.digest = digest;
    context.remember(this);
  }

  /** Whom we talk to, as the From or To header says. */
  abstract readonly remote: NameAddress;

  /** Ends the call in whatever way fits its state; resolves when the far end has confirmed or is given up. */
  abstract hangUp(): Promise<void>;

  get state(): 'trying' | 'ringing' | 'answering' | 'established' | 'ended' {
    return this.#state;
  }

  get callId(): string {
    return this.dialog.callId;
  }

  /** By this a request of the far end finds its call. */
  get key(): string {
    return `${this.dialog.callId} ${this.dialog.localTag}`;
  }

  /** RTP packets sent, received, and refused because they came from a stranger. */
  get packets(): Readonly<RtpAudio['counters']> {
    return this.#audio?.counters ?? { sent: 0, received: 0, refused: 0 };
  }

  /** Gives all audio of the far end to `heard`, until the returned function is called. */
  listen(heard: (samples: Int16Array) => void): () => void {
    this.#listeners.add(heard);
    return () => this.#listeners.delete(heard);
  }

  /** Resolves when that tone comes from the far end. */
  hears(hz: number, options?: HearingOptions): Promise<void> {
    return hearTone((heard) => this.listen(heard), hz, options);
  }

  /** Resolves when the far end has been silent for a while. */
  hearsNothing(options?: { forMs?: number; withinMs?: number }): Promise<void> {
    return hearNothing((heard) => this.listen(heard), options);
  }

  /** Says something else from now on. */
  speak(voice: Voice): void {
    this.#voice = voice;
    this.#audio?.speak(voice);
  }

  /** Presses keys (RFC 4733). */
  press(digits: string): void {
    this.#audio?.press(digits);
  }

  /** Sends an INFO; resolves with the final status. */
  async info(contentType: string, body: string): Promise<number> {
    const headers: [string, string][] = [['Content-Type', contentType]];
    return (await this.exchange(this.dialog.request('INFO', { headers, body }))).status;
  }

  /** Puts the far end on hold; it hears nothing from then on. */
  hold(style: HoldStyle = 'sendonly'): Promise<void> {
    return this.#inTurn(async () => {
      this.#audio?.mute(true);
      try {
        await this.#renegotiate(HOLD[style]);
      } catch (error) {
        this.#audio?.mute(false);
        throw error;
      }
      this.emit('held', 'near');
    });
  }

  /** Ends a hold of ours. */
  retrieve(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#renegotiate(BOTH);
      this.#audio?.mute(false);
      this.emit('retrieved', 'near');
    });
  }

  /** Forgets the call without a word to the far end. */
  drop(): void {
    this.end({ by: 'near', cause: 'lost' });
  }

  /** Takes a request in that belongs to this call. */
  receive(request: SipRequest, transaction: ServerTransaction): void {
    if (!this.dialog.isInOrder(request)) transaction.respond(500);
    else if (request.method === 'BYE') {
      transaction.respond(200);
      this.end({ by: 'far', cause: 'hung-up', ...reasonOf(request) });
    } else if (request.method === 'INVITE') this.#reinvited(request, transaction);
    else if (request.method === 'UPDATE') this.#updated(request, transaction);
    else if (request.method === 'INFO') {
      transaction.respond(200);
      this.#informed(request);
    } else transaction.respond(request.method === 'OPTIONS' ? 200 : 405, { headers: this.context.headers });
  }

  /** Takes the ACK to a 2xx of ours in. */
  acknowledged(ack: SipRequest): void {
    const waiting = this.#unacknowledged;
    if (!waiting || cseqOf(waiting.transaction.request).number !== cseqOf(ack).number) return;
    this.#unacknowledged = undefined;
    waiting.transaction.acknowledged();
    if (this.#state === 'ended') return;
    const isAgreed = !waiting.expectsAnswer || this.media?.accept(ack.body) === true;
    this.confirmed();
    if (!isAgreed) void this.bye({ by: 'near', cause: 'no-common-audio' });
    else this.#noticeHold();
  }

  protected advance(state: 'ringing' | 'answering' | 'established'): void {
    if (this.#state === 'ended' || this.#state === state) return;
    this.#state = state;
    if (state !== 'answering') this.emit(state);
  }

  /** An ACK has come; a call that waited for it is up now. */
  protected confirmed(): void {
    if (this.#state === 'answering') this.advance('established');
  }

  protected end(end: CallEnd): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#unacknowledged?.transaction.acknowledged(); // whoever ends a call has had its answer
    this.#audio?.close();
    this.context.forget(this);
    this.emit('ended', end);
  }

  /** Opens the audio; false if the call has ended meanwhile. */
  protected async openMedia(): Promise<MediaSession | undefined> {
    const audio = await this.context.openAudio();
    if (this.#state === 'ended') {
      audio.close();
      return undefined;
    }
    this.#audio = audio;
    audio.speak(this.#voice);
    audio.listen((samples) => {
      for (const heard of [...this.#listeners]) heard(samples);
    });
    audio.onDigit((digit) => this.emit('digit', digit));
    this.media = new MediaSession(audio, this.context.host);
    return this.media;
  }

  /** Ends the call and says so to the far end. */
  protected async bye(end: CallEnd): Promise<void> {
    if (this.#state === 'ended') return;
    this.end(end);
    await this.exchange(this.dialog.request('BYE', { headers: this.context.headers }));
  }

  /** Answers an INVITE with 200 and waits for its ACK; a call that nobody acknowledges is over. */
  protected accept(transaction: ServerTransaction, body: string, expectsAnswer: boolean): void {
    this.#unacknowledged = { transaction, expectsAnswer };
    transaction.ifUnacknowledged(() => {
      void this.bye({ by: 'far', cause: 'lost' });
    });
    transaction.respond(200, { toTag: this.dialog.localTag, headers: this.describing(body), body });
  }

  /** The headers of a message that carries a description, or of one that carries none. */
  protected describing(body: string): [string, string][] {
    const headers: [string, string][] = [['Contact', this.context.contact], ...this.context.headers];
    return body === '' ? headers : [...headers, ['Content-Type', 'application/sdp']];
  }

  /** Sends a request of this call and resolves with its final answer, after the digest challenge if there is one. */
  protected exchange(request: SipRequest): Promise<SipResponse> {
    this.digest?.authorize(request);
    return new Promise((resolve) => {
      this.context.transactions.send(request, this.dialog.nextHop, (response) => {
        if (response.status < 200) return;
        if (request.method === 'INVITE' && response.status < 300) this.acknowledge(request, response);
        const isChallenge = response.status === 401 || response.status === 407;
        if (isChallenge && this.digest?.learn(response)) resolve(this.exchange(this.dialog.again(request)));
        else {
          this.digest?.proven();
          resolve(response);
        }
      });
    });
  }

  /** Sends the ACK to a 2xx, and again for each time that it comes (RFC 3261 section 13.2.2.4). */
  protected acknowledge(invite: SipRequest, response: SipResponse, dialog = this.dialog, body = ''): void {
    dialog.refresh(response);
    const headers: [string, string][] = body === '' ? [] : [['Content-Type', 'application/sdp']];
    for (const name of ['Authorization', 'Proxy-Authorization']) {
      const answer = invite.headers.get(name);
      if (answer !== undefined) headers.push([name, answer]); // RFC 3261 section 22.1
    }
    const ack = dialog.request('ACK', { sequence: cseqOf(invite).number, headers, body });
    this.context.transactions.acknowledge(ack, dialog.nextHop);
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.#changes.then(change, change);
    this.#changes = turn.catch(() => {});
    return turn;
  }

  async #renegotiate(wish: Flow): Promise<void> {
    const media = this.media;
    if (this.#state !== 'established' || !media)
      throw new Error(`a call that is ${this.#state} cannot change`);
    const before = media.wish;
    for (let glares = 0; ; glares++) {
      media.wish = wish;
      const response = await this.#reinvite(media.offer());
      if (response.status < 300) {
        if (!media.accept(response.body)) await this.bye({ by: 'near', cause: 'no-common-audio' });
        this.#noticeHold();
        return;
      }
      media.wish = before;
      if (response.status === 491 && glares < MAX_GLARES) await this.#afterGlare();
      else {
        // RFC 3261 section 12.2.1.2: these two mean that the far end has no such call any more
        if (response.status === 408 || response.status === 481) void this.bye({ by: 'far', cause: 'lost' });
        throw new CallChangeRefused('INVITE', response);
      }
    }
  }

  async #reinvite(body: string): Promise<SipResponse> {
    this.#isInviting = true;
    try {
      return await this.exchange(this.dialog.request('INVITE', { headers: this.describing(body), body }));
    } finally {
      this.#isInviting = false;
    }
  }

  /** Both offered at once: who owns the Call-ID waits longer (RFC 3261 section 14.1). */
  #afterGlare(): Promise<void> {
    const waitMs = this.ownsCallId ? 2100 + 10 * randomInt(190) : 10 * randomInt(200);
    return new Promise((resolve) => this.context.timers.after(waitMs, resolve));
  }

  protected abstract readonly ownsCallId: boolean;

  #reinvited(request: SipRequest, transaction: ServerTransaction): void {
    const isUp = this.#state === 'established' || this.#state === 'answering';
    if (this.#isInviting || this.#unacknowledged) transaction.respond(491);
    else if (!this.media || !isUp) transaction.respond(500, { headers: [['Retry-After', '1']] });
    else if (request.body === '') this.accept(transaction, this.media.offer(), true);
    else {
      const answer = this.media.answer(request.body);
      if (answer === undefined) transaction.respond(488);
      else this.accept(transaction, answer, false);
    }
    if (transaction.isAccepted) this.dialog.refresh(request);
    this.#noticeHold();
  }

  /** RFC 3311: changes the call without an ACK. */
  #updated(request: SipRequest, transaction: ServerTransaction): void {
    const isWaiting = this.#unacknowledged?.expectsAnswer === true;
    if (request.body === '') transaction.respond(200, { headers: this.describing('') });
    else if (this.#isInviting || isWaiting) transaction.respond(491);
    else if (!this.media?.isAgreed) transaction.respond(500, { headers: [['Retry-After', '1']] });
    else {
      const body = this.media.answer(request.body);
      if (body === undefined) transaction.respond(488);
      else transaction.respond(200, { headers: this.describing(body), body });
    }
    if (transaction.isAccepted) this.dialog.refresh(request);
    this.#noticeHold();
  }

  #informed(request: SipRequest): void {
    const contentType = request.headers.get('Content-Type') ?? '';
    this.emit('info', contentType, request.body);
    const [, digit] = /^\s*Signal\s*=\s*([0-9*#A-D])/im.exec(request.body) ?? [];
    if (digit !== undefined && /dtmf-relay/i.test(contentType)) this.emit('digit', digit);
  }

  #noticeHold(): void {
    const isHeld = this.media?.isHeldByFar ?? false;
    if (isHeld === this.#isHeldByFar || this.#state === 'ended') return;
    this.#isHeldByFar = isHeld;
    this.emit(isHeld ? 'held' : 'retrieved', 'far');
  }
}

/** The Reason header of a request or response, ready to be spread into a CallEnd. */
export function reasonOf(message: SipRequest | SipResponse): { reason?: string } {
  const reason = message.headers.get('Reason');
  return reason === undefined ? {} : { reason };
}

import { EventEmitter } from 'node:events';
import type { Call } from './call.ts';
import type { CallEnd, HoldStyle, Side } from './call-facts.ts';
import { hearNothing, hearTone } from './ear.ts';
import type { HearingOptions } from './ear.ts';
import type { IncomingCall } from './incoming-call.ts';
import type { OutgoingCall } from './outgoing-call.ts';
import type { SipHeaders } from './sip-message.ts';
import { parseUri } from './sip-uri.ts';
import type { Timers } from './timers.ts';
import { tone } from './voice.ts';
import type { Voice } from './voice.ts';

/** What a handset does by itself when it is called; `ring` rings until somebody answers by hand. */
export type Behaviour =
  | { do: 'ring' }
  | { do: 'answer'; ringMs?: number; hangUpAfterMs?: number }
  | { do: 'reject'; status: number; ringMs?: number }
  | { do: 'ignore' };

/** What a handset tells of its calls; `ended` comes once for each call, and last. */
export interface PhoneEvents {
  invite: [{ callId: string; from: string; displayName: string; wanted: string; headers: SipHeaders }];
  ringing: [{ callId: string }];
  established: [{ callId: string }];
  held: [{ callId: string; by: Side }];
  retrieved: [{ callId: string; by: Side }];
  digit: [{ callId: string; digit: string }];
  info: [{ callId: string; contentType: string; body: string }];
  cancelled: [{ callId: string }];
  ended: [{ callId: string } & CallEnd];
  registered: [{ expiresMs: number }];
  unregistered: [{ status?: number }];
}

/** How a handset begins. */
export interface HandsetOptions {
  behaviour?: Behaviour;
  voice?: Voice;
  /** More calls than this at a time are refused with 486. */
  maxCalls?: number;
}

/** What a person holds in the hand: calls come and go, and its keys work on the newest one. */
export class Handset extends EventEmitter<PhoneEvents> {
  behaviour: Behaviour;
  voice: Voice;
  readonly #timers: Timers;
  readonly #maxCalls: number;
  readonly #calls: Call[] = [];
  readonly #listeners = new Set<(samples: Int16Array) => void>();

  constructor(timers: Timers, options: HandsetOptions = {}) {
    super();
    this.#timers = timers;
    this.behaviour = options.behaviour ?? { do: 'ring' };
    this.voice = options.voice ?? tone(440);
    this.#maxCalls = options.maxCalls ?? 1;
  }

  /** The calls that have not ended, oldest first. */
  get calls(): readonly Call[] {
    return this.#calls;
  }

  /** The newest call that has not ended. */
  get call(): Call | undefined {
    return this.#calls.at(-1);
  }

  /** Takes a call in and does with it what the behaviour says. */
  receive(call: IncomingCall): void {
    if (this.#calls.length >= this.#maxCalls) {
      call.reject(486);
      return;
    }
    this.#follow(call);
    const { uri, displayName } = call.remote;
    const from = parseUri(uri)?.user ?? uri;
    const { callId, headers } = call;
    this.emit('invite', { callId, from, displayName, wanted: parseUri(call.wanted)?.user ?? '', headers });
    this.#behave(call, this.behaviour);
  }

  /** Takes a call of our own in. */
  adopt(call: OutgoingCall): void {
    this.#follow(call);
  }

  /** Answers the call that rings. */
  async answer(): Promise<void> {
    await this.#unanswered().answer();
  }

  /** Refuses the call that rings. */
  reject(status = 486): void {
    this.#unanswered().reject(status);
  }

  /** Hangs up every call, or gives up what still rings at the far end. */
  async hangUp(): Promise<void> {
    await Promise.all([...this.#calls].map((call) => call.hangUp()));
  }

  hold(style?: HoldStyle): Promise<void> {
    return this.#current().hold(style);
  }

  retrieve(): Promise<void> {
    return this.#current().retrieve();
  }

  /** Presses keys in the call. */
  press(digits: string): void {
    this.#current().press(digits);
  }

  /** Says something else from now on, in this call and in later ones. */
  speak(voice: Voice): void {
    this.voice = voice;
    for (const call of this.#calls) call.speak(voice);
  }

  /** Resolves when that tone comes from the far end of the newest call; the call may still have to come. */
  hears(hz: number, options?: HearingOptions): Promise<void> {
    return hearTone((heard) => this.#listen(heard), hz, options);
  }

  /** Resolves when nothing audible has come for a while. */
  hearsNothing(options?: { forMs?: number; withinMs?: number }): Promise<void> {
    return hearNothing((heard) => this.#listen(heard), options);
  }

  /** Resolves with the next event of that name; rejects at the deadline and says in what state the phone is. */
  waitFor<Name extends keyof PhoneEvents>(name: Name, withinMs = 5000): Promise<PhoneEvents[Name][0]> {
    return new Promise((resolve, reject) => {
      const events = this as EventEmitter; // a listener of one name among many cannot be typed
      const happened = (event: PhoneEvents[Name][0]) => {
        clearTimeout(deadline);
        resolve(event);
      };
      const deadline = setTimeout(() => {
        events.off(name, happened);
        const calls = this.#calls.map((call) => call.state).join(', ') || 'none';
        reject(new Error(`no '${name}' within ${withinMs} ms; calls: ${calls}`));
      }, withinMs);
      events.once(name, happened);
    });
  }

  #listen(heard: (samples: Int16Array) => void): () => void {
    this.#listeners.add(heard);
    return () => this.#listeners.delete(heard);
  }

  #current(): Call {
    const { call } = this;
    if (!call) throw new Error('there is no call');
    return call;
  }

  #unanswered(): IncomingCall {
    const ringing = this.#calls.findLast((call) => call.state === 'trying' || call.state === 'ringing');
    if (!ringing || !('answer' in ringing)) throw new Error('nothing rings');
    return ringing as IncomingCall;
  }

  #follow(call: Call): void {
    const { callId } = call;
    this.#calls.push(call);
    call.speak(this.voice);
    call.listen((samples) => {
      if (call === this.call) for (const heard of [...this.#listeners]) heard(samples);
    });
    call.on('ringing', () => this.emit('ringing', { callId }));
    call.on('established', () => this.emit('established', { callId }));
    call.on('held', (by) => this.emit('held', { callId, by }));
    call.on('retrieved', (by) => this.emit('retrieved', { callId, by }));
    call.on('digit', (digit) => this.emit('digit', { callId, digit }));
    call.on('info', (contentType, body) => this.emit('info', { callId, contentType, body }));
    call.on('cancelled', () => this.emit('cancelled', { callId }));
    call.on('ended', (end) => {
      this.#calls.splice(this.#calls.indexOf(call), 1);
      this.emit('ended', { callId, ...end });
    });
  }

  #behave(call: IncomingCall, behaviour: Behaviour): void {
    switch (behaviour.do) {
      case 'ignore':
        return;
      case 'ring':
        call.ring();
        return;
      case 'reject':
        this.#afterRinging(call, behaviour.ringMs, () => {
          call.reject(behaviour.status);
        });
        return;
      case 'answer': {
        const { hangUpAfterMs } = behaviour;
        this.#afterRinging(call, behaviour.ringMs, () => {
          call.answer().catch(() => {
            call.reject(500);
          });
        });
        if (hangUpAfterMs === undefined) return;
        call.once('established', () => {
          this.#timers.after(hangUpAfterMs, () => void call.hangUp());
        });
      }
    }
  }

  /** Rings that long, unless something else happens to the call meanwhile. */
  #afterRinging(call: IncomingCall, ringMs: number | undefined, then: () => void): void {
    if (ringMs !== undefined) call.ring();
    this.#timers.after(ringMs ?? 0, () => {
      if (call.state === 'trying' || call.state === 'ringing') then();
    });
  }
}

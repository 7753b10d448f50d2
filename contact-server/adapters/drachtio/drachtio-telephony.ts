import type { Logger } from 'pino';
import type { CallId } from '../../../contracts/ids.ts';
import type { Clock } from '../../../server-kit/clock.ts';
import { ProblemError } from '../../../server-kit/problem.ts';
import type { AgentLegPlan, CustomerLegPlan, StoredLeg, TellCall, Telephony } from '../../ports/telephony.ts';
import { Call } from './call.ts';
import type { CallSurroundings } from './call.ts';
import type { LegTarget } from './sip-leg.ts';
import type { SipLink } from './sip-link.ts';
import type { Trunks } from './trunks.ts';

/** Where an agent's phone is to be rung: the address its registration came from, never one that it names. */
export interface PhoneTarget {
  readonly uri: string;
  readonly route: string;
}

export interface TelephonyOptions {
  readonly link: SipLink;
  readonly clock: Clock;
  readonly log: Logger;
  readonly trunks: Trunks;
  /** The registered phone of an extension, if it may be rung. */
  phoneOf(extension: string): PhoneTarget | undefined;
  /** No word from the far end for so long, and none to an OPTIONS either: it is gone. */
  readonly silentMs?: number;
  readonly guardMs?: number;
  readonly adoptedGuardMs?: number;
  /** The longest talk of a call that was adopted, counted from then. */
  readonly adoptedTalkMs?: number;
}

const E164 = /^\+[1-9]\d{6,14}$/;

/** Call control over a drachtio SIP server: third-party calls, agent first, media straight between the phones. */
export class DrachtioTelephony implements Telephony {
  readonly #link: SipLink;
  readonly #trunks: Trunks;
  readonly #phoneOf: TelephonyOptions['phoneOf'];
  readonly #silentMs: number;
  readonly #adoptedTalkMs: number;
  readonly #around: CallSurroundings;
  readonly #calls = new Map<CallId, Call>();
  readonly #stopListening: () => void;
  #wasUp: boolean;

  constructor(options: TelephonyOptions) {
    const { link, clock, log } = options;
    this.#link = link;
    this.#trunks = options.trunks;
    this.#phoneOf = (extension) => options.phoneOf(extension);
    this.#silentMs = options.silentMs ?? 5_000;
    this.#adoptedTalkMs = options.adoptedTalkMs ?? 3_600_000;
    this.#around = {
      link,
      clock,
      log,
      guardMs: options.guardMs ?? 60_000,
      adoptedGuardMs: options.adoptedGuardMs ?? 5_000,
    };
    this.#wasUp = link.up;
    this.#stopListening = link.onStatus(() => this.#linkChanged());
  }

  ringAgent(callId: CallId, plan: AgentLegPlan, tell: TellCall): void {
    if (this.#calls.has(callId)) return;
    const call = this.#open(callId, tell);
    const phone = this.#phoneOf(plan.extension);
    if (!this.#link.up) call.cannot('agent', { outcome: 'agent-lost', detail: 'SIP server is down' });
    else if (!phone) call.cannot('agent', { outcome: 'agent-lost', detail: 'phone is not registered' });
    else {
      call.ringAgent({
        ...phone,
        from: `"${printable(plan.display)}" <sip:callback@localhost>`,
        ringMs: plan.ringMs,
        silentMs: this.#silentMs,
        isAlive: () => this.#answers(phone.uri, phone.route),
      });
    }
  }

  dialCustomer(callId: CallId, plan: CustomerLegPlan): void {
    const call = this.#calls.get(callId);
    if (!call || call.hasCustomer) return;
    if (!E164.test(plan.number)) {
      call.cannot('customer', { outcome: 'bad-number', detail: 'not an E.164 number' });
      return;
    }
    const seat = this.#trunks.seat(plan.trunkId, plan.number, plan.callerId);
    if ('refused' in seat) {
      call.cannot('customer', { outcome: 'trunk-error', detail: seat.refused });
      return;
    }
    const { address } = seat.trunk;
    const target: LegTarget = {
      uri: `sip:${plan.number}@${address}`,
      from: `<sip:${plan.callerId}@localhost>`,
      headers: { 'P-Asserted-Identity': `<sip:${plan.callerId}@localhost>` },
      ringMs: plan.ringMs,
      silentMs: this.#silentMs,
      isAlive: () => this.#answers(`sip:${address}`),
    };
    call.dialCustomer({ target, maxTalkMs: plan.maxTalkMs, release: () => seat.leave() });
  }

  hold(callId: CallId): Promise<void> {
    return this.#hold(callId, true);
  }

  retrieve(callId: CallId): Promise<void> {
    return this.#hold(callId, false);
  }

  hangUp(callId: CallId, cause: string, by: 'agent' | 'server' = 'server'): void {
    this.#calls.get(callId)?.hangUp(cause, by);
  }

  async adopt(callId: CallId, legs: readonly StoredLeg[], tell: TellCall): Promise<boolean> {
    if (this.#calls.has(callId)) return true;
    const call = this.#open(callId, tell);
    const adopted = await call.adopt(legs, this.#adoptedTalkMs);
    if (!adopted) this.#calls.delete(callId);
    return adopted;
  }

  status(): { readonly up: boolean; readonly detail?: string } {
    const { up, detail } = this.#link;
    return detail === undefined ? { up } : { up, detail };
  }

  onStatus(listener: () => void): () => void {
    return this.#link.onStatus(listener);
  }

  /** Stops listening; calls that are up stay up, for the next process to adopt. */
  close(): void {
    this.#stopListening();
    for (const call of this.#calls.values()) call.abandon();
    this.#calls.clear();
  }

  async #hold(callId: CallId, on: boolean): Promise<void> {
    try {
      await this.#calls.get(callId)?.hold(on);
    } catch (cause) {
      throw new ProblemError('not-now', { detail: 'A phone of this call did not accept that.', cause });
    }
  }

  #open(callId: CallId, tell: TellCall): Call {
    const call = new Call(this.#around, callId, tell, () => this.#calls.delete(callId));
    this.#calls.set(callId, call);
    return call;
  }

  #linkChanged(): void {
    const { up } = this.#link;
    if (up && !this.#wasUp) for (const call of this.#calls.values()) void call.checkAfterLinkLoss();
    this.#wasUp = up;
  }

  /** Any answer at all to an OPTIONS is a sign of life. */
  async #answers(uri: string, route?: string): Promise<boolean> {
    try {
      const { status, source_address: from } = await this.#link.ask({
        method: 'OPTIONS',
        uri,
        ...(route !== undefined && { route }),
      });
      return from !== '' || (status !== 408 && status !== 503); // those two the SIP server makes up itself
    } catch {
      return false;
    }
  }
}

/** Our own words for a phone's display, made fit for a quoted string (RFC 3261 section 25.1). */
function printable(display: string): string {
  return display
    .replace(/[^\p{L}\p{N} .,:+()/–-]/gu, ' ')
    .slice(0, 60)
    .trim();
}

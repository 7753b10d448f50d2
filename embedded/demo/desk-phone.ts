import { CallEngine } from './phones/call-engine.ts';
import { SoftPhone } from './phones/soft-phone.ts';
import type { SoftPhoneOptions } from './phones/soft-phone.ts';
import type { Address } from './phones/sip-uri.ts';

/** The phone of one extension on somebody's desk. */
export interface DeskPhoneOptions extends Omit<SoftPhoneOptions, 'user' | 'behaviour'> {
  extension: string;
  registrar: Address;
  password: string;
  /** Whether it answers by itself, and after how much ringing. */
  autoAnswer?: boolean;
  answerAfterMs?: number;
  /** Resolve at once and register when the registrar is there, instead of failing without it. */
  keepsTrying?: boolean;
}

/** What a panel shows of a desk phone. */
export interface DeskPhoneState {
  extension: string;
  registered: boolean;
  autoAnswer: boolean;
  calls: { callId: string; state: string; remote: string; displayName: string }[];
}

/**
 * A soft phone that belongs to an extension; a person works it, or it answers by itself. It registers for a
 * minute at a time, so that a registrar that has forgotten it soon knows it again.
 */
export class DeskPhone extends SoftPhone {
  readonly extension: string;
  readonly #answerAfterMs: number;

  static async start(options: DeskPhoneOptions): Promise<DeskPhone> {
    const engine = await CallEngine.open({ ...options, user: options.extension });
    const phone = new DeskPhone(engine, options);
    if (options.keepsTrying === true) phone.keepRegistering();
    else {
      await phone.register().catch((error: unknown) => {
        phone.vanish();
        throw error;
      });
    }
    return phone;
  }

  private constructor(engine: CallEngine, options: DeskPhoneOptions) {
    super(engine, { expiresMs: 60_000, ...options, user: options.extension });
    this.extension = options.extension;
    this.#answerAfterMs = options.answerAfterMs ?? 1000;
    this.autoAnswer = options.autoAnswer ?? false;
  }

  /** Whether the next call is answered without a person. */
  get autoAnswer(): boolean {
    return this.behaviour.do === 'answer';
  }

  set autoAnswer(on: boolean) {
    this.behaviour = on ? { do: 'answer', ringMs: this.#answerAfterMs } : { do: 'ring' };
  }

  /** The phone at a glance. */
  get state(): DeskPhoneState {
    const calls = this.calls.map(({ callId, state, remote }) => {
      return { callId, state, remote: remote.uri, displayName: remote.displayName };
    });
    return { extension: this.extension, registered: this.isRegistered, autoAnswer: this.autoAnswer, calls };
  }
}

/** Puts a phone on a desk: resolves when it is registered, unless it keeps trying. */
export function startDeskPhone(options: DeskPhoneOptions): Promise<DeskPhone> {
  return DeskPhone.start(options);
}

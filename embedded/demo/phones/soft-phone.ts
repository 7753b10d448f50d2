import type { Call } from './call.ts';
import { CallEngine } from './call-engine.ts';
import type { EngineOptions, RequestCounters } from './call-engine.ts';
import { DigestClient } from './digest.ts';
import { Handset } from './handset.ts';
import type { HandsetOptions } from './handset.ts';
import type { OutgoingCall } from './outgoing-call.ts';
import { Registration } from './registration.ts';
import type { Address } from './sip-uri.ts';

/** A phone with its number, and where it registers if it does. */
export interface SoftPhoneOptions extends HandsetOptions, Omit<EngineOptions, 'refuses'> {
  displayName?: string;
  registrar?: Address;
  /** The domain of the address of record; the registrar's host unless given. */
  domain?: string;
  password?: string;
  /** The name in digest answers; the user unless given. */
  username?: string;
  expiresMs?: number;
  retryMs?: number;
}

/** How one call differs from others of the same phone. */
export interface CallOptions {
  headers?: readonly [string, string][];
  isLateOffer?: boolean;
  displayName?: string;
}

/** An outgoing call that did not come up. */
export class CallFailed extends Error {
  readonly status: number | undefined;

  constructor(message: string, status: number | undefined) {
    super(message);
    this.status = status;
  }
}

const POLITE_MS = 1000;

/**
 * A whole telephone in this process: real SIP over UDP, real RTP, a tone for a voice and a filter for an ear.
 * Everything it waits for has a deadline.
 */
export class SoftPhone extends Handset {
  readonly #engine: CallEngine;
  readonly #options: SoftPhoneOptions;
  readonly #registration: Registration | undefined;

  static async open(options: SoftPhoneOptions): Promise<SoftPhone> {
    return new SoftPhone(await CallEngine.open(options), options);
  }

  protected constructor(engine: CallEngine, options: SoftPhoneOptions) {
    super(engine.timers, options);
    this.#engine = engine;
    this.#options = options;
    engine.on('call', (call) => {
      this.receive(call);
    });
    if (!options.registrar) return;
    this.#registration = new Registration(engine, {
      registrar: options.registrar,
      aor: this.aor,
      domain: this.#domain,
      digest: this.#digest(),
      expiresMs: options.expiresMs ?? 300_000,
      retryMs: options.retryMs ?? 5000,
    });
    this.#registration.on('registered', (expiresMs) => this.emit('registered', { expiresMs }));
    this.#registration.on('unregistered', (status) =>
      this.emit('unregistered', status === undefined ? {} : { status }),
    );
  }

  get address(): Address {
    return this.#engine.address;
  }

  /** Where this phone itself can be called. */
  get uri(): string {
    return this.#engine.uri();
  }

  /** Who this phone is to others: its address at the registrar, or itself if it has none. */
  get aor(): string {
    return this.#options.registrar ? `sip:${this.#options.user}@${this.#domain}` : this.uri;
  }

  /** Requests received, each counted once. */
  get counters(): Readonly<RequestCounters> {
    return this.#engine.counters;
  }

  get isRegistered(): boolean {
    return this.#registration?.isRegistered ?? false;
  }

  /** Registers and stays registered; rejects if the registrar refuses. */
  async register(): Promise<void> {
    await this.#known().register();
  }

  /** Registers as soon as the registrar takes us, and tries until then. */
  keepRegistering(): void {
    this.#known().keepTrying();
  }

  async unregister(): Promise<void> {
    await this.#known().unregister();
  }

  /** Starts a call to a number of our registrar, or to any SIP URI; events tell how it goes. */
  dial(target: string, options: CallOptions = {}): OutgoingCall {
    const uri = /^(sips?|tel):/i.test(target) ? target : `sip:${target}@${this.#domain}`;
    const displayName = options.displayName ?? this.#options.displayName;
    const call = this.#engine.dial({
      target: uri,
      from: this.aor,
      proxy: this.#options.registrar,
      digest: this.#digest(),
      ...options,
      ...(displayName === undefined ? {} : { displayName }),
    });
    this.adopt(call);
    return call;
  }

  /** Starts a call and resolves when it is up; rejects with the status if it is refused, or hangs up at the deadline. */
  async dialUntilUp(target: string, options: CallOptions & { withinMs?: number } = {}): Promise<Call> {
    const call = this.dial(target, options);
    const { withinMs = 10_000 } = options;
    return new Promise((resolve, reject) => {
      const stop = this.#engine.timers.after(withinMs, () => {
        call.off('ended', fail);
        void call.hangUp();
        reject(new CallFailed(`${target} did not answer within ${withinMs} ms`, undefined));
      });
      const fail = (end: { cause: string; status?: number }) => {
        stop();
        reject(new CallFailed(`${target}: ${end.cause} ${end.status ?? ''}`, end.status));
      };
      call.once('ended', fail);
      call.once('established', () => {
        stop();
        call.off('ended', fail);
        resolve(call);
      });
    });
  }

  /** Asks somebody whether they are there; resolves with the status, 408 if nobody answers. */
  async ping(target: string): Promise<number> {
    const response = await this.#engine.request({
      method: 'OPTIONS',
      uri: target,
      from: this.aor,
      to: target,
    });
    return response.status;
  }

  /** Hangs up and unregisters, waiting a second at most for the far ends, then releases everything. */
  async close(): Promise<void> {
    const goodbyes = [this.hangUp(), this.isRegistered ? this.unregister() : Promise.resolve()];
    const patience = new Promise<void>((resolve) => this.#engine.timers.after(POLITE_MS, resolve));
    await Promise.race([Promise.allSettled(goodbyes), patience]);
    this.vanish();
  }

  /** Drops off the network without a word, as when the cable is pulled. */
  vanish(): void {
    this.#engine.close();
  }

  get #domain(): string {
    return this.#options.domain ?? this.#options.registrar?.host ?? this.#engine.address.host;
  }

  #known(): Registration {
    if (!this.#registration) throw new Error('this phone has no registrar');
    return this.#registration;
  }

  #digest(): DigestClient | undefined {
    const { password, username, user } = this.#options;
    return password === undefined ? undefined : new DigestClient({ username: username ?? user, password });
  }
}

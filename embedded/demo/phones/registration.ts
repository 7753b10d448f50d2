import { EventEmitter } from 'node:events';
import type { CallEngine } from './call-engine.ts';
import { freshToken } from './dialog.ts';
import type { DigestClient } from './digest.ts';
import type { SipResponse } from './sip-message.ts';
import { parseAddress } from './sip-uri.ts';
import type { Address } from './sip-uri.ts';

/** Where and as whom to register. */
export interface RegistrationOptions {
  registrar: Address;
  /** The address of record: what others dial. */
  aor: string;
  domain: string;
  digest: DigestClient | undefined;
  expiresMs: number;
  /** After a failed refresh it is tried again in this time. */
  retryMs: number;
}

/** A registrar that did not take us. */
export class RegistrationRefused extends Error {
  readonly status: number;

  constructor(response: SipResponse) {
    super(`not registered: ${response.status} ${response.reason}`);
    this.status = response.status;
  }
}

/** Keeps one phone known to its registrar (RFC 3261 section 10.2), refreshed well before it expires. */
export class Registration extends EventEmitter<{
  registered: [expiresMs: number];
  unregistered: [status?: number];
}> {
  readonly #engine: CallEngine;
  readonly #options: RegistrationOptions;
  readonly #callId = freshToken();
  #sequence = 0;
  #isRegistered = false;
  #isWanted = false;
  #expiresSeconds: number;
  #stopTimer = () => {};

  constructor(engine: CallEngine, options: RegistrationOptions) {
    super();
    this.#engine = engine;
    this.#options = options;
    this.#expiresSeconds = Math.ceil(options.expiresMs / 1000);
  }

  get isRegistered(): boolean {
    return this.#isRegistered;
  }

  /** Registers and stays registered; rejects if the registrar refuses the first time, and then tries no more. */
  async register(): Promise<void> {
    this.#isWanted = true;
    const response = await this.#try();
    if (response.status < 300) return;
    this.#isWanted = false;
    this.#stopTimer();
    throw new RegistrationRefused(response);
  }

  /** Registers as soon as the registrar takes us, and tries until then. */
  keepTrying(): void {
    this.#isWanted = true;
    void this.#try();
  }

  /** Tells the registrar that we are gone; resolves when it has confirmed or does not answer. */
  async unregister(): Promise<void> {
    this.#isWanted = false;
    this.#stopTimer();
    const response = await this.#send(0);
    this.#left(response.status < 300 ? undefined : response.status);
  }

  async #try(): Promise<SipResponse> {
    this.#stopTimer();
    let response = await this.#send(this.#expiresSeconds);
    if (response.status === 423) {
      // RFC 3261 section 10.2.8: the registrar names the shortest time it takes
      this.#expiresSeconds = Number(response.headers.get('Min-Expires') ?? this.#expiresSeconds);
      response = await this.#send(this.#expiresSeconds);
    }
    if (!this.#isWanted) return response;
    if (response.status < 300) this.#entered(this.#grantedMs(response));
    else {
      this.#left(response.status);
      this.#again(this.#options.retryMs);
    }
    return response;
  }

  #entered(expiresMs: number): void {
    this.#isRegistered = true;
    this.#again(expiresMs * 0.8);
    this.emit('registered', expiresMs);
  }

  #left(status: number | undefined): void {
    const wasRegistered = this.#isRegistered;
    this.#isRegistered = false;
    if (wasRegistered) this.emit('unregistered', status);
  }

  #again(ms: number): void {
    this.#stopTimer = this.#engine.timers.after(ms, () => void this.#try());
  }

  #send(expiresSeconds: number): Promise<SipResponse> {
    const { aor, domain, registrar, digest } = this.#options;
    this.#sequence += 3; // a challenge and a stale nonce may each take a number in between
    return this.#engine.request({
      method: 'REGISTER',
      uri: `sip:${domain}`,
      from: aor,
      to: aor,
      callId: this.#callId,
      sequence: this.#sequence,
      headers: [
        ['Contact', `<${this.#engine.uri()}>`],
        ['Expires', String(expiresSeconds)],
      ],
      proxy: registrar,
      digest,
    });
  }

  /** How long our own contact lasts, as the registrar lists it, or as its Expires says. */
  #grantedMs(response: SipResponse): number {
    const own = response.headers
      .list('Contact')
      .map(parseAddress)
      .find(({ uri }) => uri.startsWith(this.#engine.uri()));
    const seconds = Number(
      own?.params.get('expires') ?? response.headers.get('Expires') ?? this.#expiresSeconds,
    );
    return seconds * 1000;
  }
}

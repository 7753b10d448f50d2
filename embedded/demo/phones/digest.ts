import { createHash, randomBytes } from 'node:crypto';
import type { SipRequest, SipResponse } from './sip-message.ts';

const HASHES: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-256': 'sha256',
  'SHA-512-256': 'sha512-256',
};

interface Challenge {
  answerHeader: 'Authorization' | 'Proxy-Authorization';
  params: ReadonlyMap<string, string>;
  algorithm: string;
}

/** Who we are to a registrar or proxy. */
export interface Credentials {
  username: string;
  password: string;
}

/** Reads the parameters of one Digest challenge or answer. */
export function digestParameters(value: string): Map<string, string> {
  const params = new Map<string, string>();
  const pattern = /([a-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/gi;
  for (const [, name = '', quoted, plain] of value.replace(/^\s*Digest\s+/i, '').matchAll(pattern)) {
    params.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '');
  }
  return params;
}

/**
 * Answers digest challenges (RFC 3261 section 22, RFC 8760): the topmost algorithm it knows, `qop=auth`
 * with a counted nonce; a challenge that follows an answer means a wrong password, unless it says stale.
 */
export class DigestClient {
  readonly #credentials: Credentials;
  #challenge: Challenge | undefined;
  #count = 0;
  #refusals = 0;

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
  }

  /** Takes a 401 or 407 in; true if repeating the request with `authorize` can succeed. */
  learn(response: SipResponse): boolean {
    const isProxy = response.status === 407;
    const offers = response.headers.all(isProxy ? 'Proxy-Authenticate' : 'WWW-Authenticate');
    for (const offer of offers.filter((one) => /^\s*Digest\s/i.test(one))) {
      const params = digestParameters(offer);
      const algorithm = params.get('algorithm') ?? 'MD5';
      if (HASHES[algorithm.toUpperCase()] === undefined) continue;
      const isStale = params.get('stale')?.toLowerCase() === 'true';
      if (this.#refusals > (isStale ? 2 : 0)) break;
      this.#refusals++;
      this.#challenge = {
        answerHeader: isProxy ? 'Proxy-Authorization' : 'Authorization',
        params,
        algorithm,
      };
      this.#count = 0;
      return true;
    }
    this.#challenge = undefined;
    this.#refusals = 0;
    return false;
  }

  /** The last answer was taken: the next challenge is a new one and no refusal. */
  proven(): void {
    this.#refusals = 0;
  }

  /** Puts the answer to the last challenge into a request; does nothing before the first challenge. */
  authorize(request: SipRequest): void {
    if (!this.#challenge) return;
    const { params, algorithm, answerHeader } = this.#challenge;
    const nonceCount = (++this.#count).toString(16).padStart(8, '0');
    const realm = params.get('realm') ?? '';
    const nonce = params.get('nonce') ?? '';
    const qop = params
      .get('qop')
      ?.split(',')
      .some((one) => one.trim() === 'auth')
      ? 'auth'
      : undefined;
    const cnonce = randomBytes(8).toString('hex');
    const response = digestResponse({
      ...this.#credentials,
      algorithm,
      realm,
      nonce,
      method: request.method,
      uri: request.uri,
      ...(qop === undefined ? {} : { qop, nonceCount, cnonce }),
    });
    const { username } = this.#credentials;
    const parts = [`username="${username}"`, `realm="${realm}"`, `nonce="${nonce}"`, `uri="${request.uri}"`];
    parts.push(`response="${response}"`, `algorithm=${algorithm}`);
    const opaque = params.get('opaque');
    if (opaque !== undefined) parts.push(`opaque="${opaque}"`);
    if (qop !== undefined) parts.push(`qop=${qop}`, `nc=${nonceCount}`, `cnonce="${cnonce}"`);
    request.headers.set(answerHeader, `Digest ${parts.join(', ')}`);
  }
}

/** All that goes into one digest; without `qop` it is the old form of RFC 2069. */
export interface DigestInput extends Credentials {
  algorithm: string;
  realm: string;
  nonce: string;
  method: string;
  uri: string;
  qop?: string;
  nonceCount?: string;
  cnonce?: string;
}

/** The response value of RFC 7616 section 3.4.1. */
export function digestResponse(input: DigestInput): string {
  const hash = (text: string) =>
    createHash(HASHES[input.algorithm.toUpperCase()] ?? 'md5')
      .update(text)
      .digest('hex');
  const secret = hash(`${input.username}:${input.realm}:${input.password}`);
  const action = hash(`${input.method}:${input.uri}`);
  const middle =
    input.qop === undefined
      ? input.nonce
      : [input.nonce, input.nonceCount, input.cnonce, input.qop].join(':');
  return hash(`${secret}:${middle}:${action}`);
}

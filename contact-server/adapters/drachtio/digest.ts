import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Digest access authentication (RFC 7616, RFC 8760 for SIP): MD5 and SHA-256 with `qop=auth`. */

export type DigestAlgorithm = 'MD5' | 'SHA-256';

/** An `Authorization: Digest` header, its names and values as they came. */
export interface Credentials {
  readonly username: string;
  readonly realm: string;
  readonly nonce: string;
  readonly uri: string;
  readonly response: string;
  readonly algorithm: DigestAlgorithm;
  readonly cnonce: string;
  readonly nc: string;
}

/** Undefined unless the header is one we could have asked for. */
export function parseCredentials(header: string | undefined): Credentials | undefined {
  const given = /^Digest\s+(.*)$/is.exec(header ?? '')?.[1];
  if (given === undefined || given.length > 2_000) return undefined;
  const values = new Map<string, string>();
  for (const [, name = '', quoted, plain] of given.matchAll(
    /(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g,
  )) {
    values.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '');
  }
  const value = (name: string): string => values.get(name) ?? '';
  const algorithm = (values.get('algorithm') ?? 'MD5').toUpperCase();
  if (algorithm !== 'MD5' && algorithm !== 'SHA-256') return undefined;
  if (value('qop') !== 'auth' || value('cnonce') === '' || !/^[\da-f]{8}$/i.test(value('nc')))
    return undefined;
  return {
    username: value('username'),
    realm: value('realm'),
    nonce: value('nonce'),
    uri: value('uri'),
    response: value('response').toLowerCase(),
    algorithm,
    cnonce: value('cnonce'),
    nc: value('nc'),
  };
}

/** Was the response made with this password? Takes the same time whatever is wrong. */
export function isProven(given: Credentials, method: string, password: string): boolean {
  const hash = (...parts: string[]): string =>
    createHash(given.algorithm === 'MD5' ? 'md5' : 'sha256')
      .update(parts.join(':'))
      .digest('hex');
  const secret = hash(given.username, given.realm, password);
  const request = hash(method, given.uri);
  const expected = hash(secret, given.nonce, given.nc, given.cnonce, 'auth', request);
  const [a, b] = [
    Buffer.from(expected),
    Buffer.from(given.response.padEnd(expected.length).slice(0, expected.length)),
  ];
  return timingSafeEqual(a, b) && given.response.length === expected.length;
}

const NONCE_MS = 300_000;

/**
 * Nonces that need no memory to be recognised, and some to be used once: only the counts of proven ones are kept,
 * so that strangers cannot fill it.
 */
export class Nonces {
  readonly #key = randomBytes(32);
  readonly #counts = new Map<string, { count: number; expiresAt: number }>();

  issue(now: number): string {
    const body = Buffer.alloc(16);
    body.writeUIntBE(now + NONCE_MS, 0, 6);
    randomBytes(10).copy(body, 6);
    return Buffer.concat([body, this.#seal(body)]).toString('base64url');
  }

  /** Ours and in time, ours but expired, or not ours. */
  ageOf(nonce: string, now: number): 'fresh' | 'stale' | 'foreign' {
    const bytes = Buffer.from(nonce, 'base64url');
    if (bytes.length !== 32 || !timingSafeEqual(this.#seal(bytes.subarray(0, 16)), bytes.subarray(16))) {
      return 'foreign';
    }
    return bytes.readUIntBE(0, 6) > now ? 'fresh' : 'stale';
  }

  /** Takes the count of a proven request; false if it was taken before (RFC 7616 section 3.4). */
  use(nonce: string, count: string, now: number): boolean {
    const last = this.#counts.get(nonce)?.count ?? 0;
    const next = parseInt(count, 16);
    if (next <= last) return false;
    this.#counts.delete(nonce);
    this.#counts.set(nonce, { count: next, expiresAt: now + NONCE_MS });
    for (const [old, { expiresAt }] of this.#counts) {
      if (expiresAt > now) break; // kept in the order of use
      this.#counts.delete(old);
    }
    return true;
  }

  #seal(body: Buffer): Buffer {
    return createHmac('sha256', this.#key).update(body).digest().subarray(0, 16);
  }
}

import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IdentityProofs } from '../ports/identity.ts';

const LEEWAY_S = 30;

/**
 * Identity tokens signed by the company's backend: compact JWS with HS256 (RFC 7515, RFC 7519), `sub` the customer,
 * `exp` at most an hour ahead. No other algorithm is accepted, whatever the header says.
 */
export class SignedIdentity implements IdentityProofs {
  readonly #secret: string | undefined;
  readonly #now: () => number;

  constructor(secret: string | undefined, now: () => number) {
    this.#secret = secret;
    this.#now = now;
  }

  verify(token: string): Promise<{ customerId: string } | undefined> {
    return Promise.resolve(this.#verified(token));
  }

  #verified(token: string): { customerId: string } | undefined {
    const [head, body, signature, ...more] = token.split('.');
    if (
      this.#secret === undefined ||
      head === undefined ||
      body === undefined ||
      signature === undefined ||
      more.length > 0
    ) {
      return undefined;
    }
    const right = createHmac('sha256', this.#secret).update(`${head}.${body}`).digest();
    const given = Buffer.from(signature, 'base64url');
    if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
    const header = parsed(head);
    const claims = parsed(body);
    const now = this.#now() / 1000;
    const expires = claims?.['exp'];
    const subject = claims?.['sub'];
    if (header?.['alg'] !== 'HS256' || typeof subject !== 'string' || typeof expires !== 'number')
      return undefined;
    return expires + LEEWAY_S > now && expires < now + 3600 + LEEWAY_S ? { customerId: subject } : undefined;
  }
}

function parsed(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

import { createHmac } from 'node:crypto';

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** What the company's backend says of a visitor it knows: a JWS with HS256 (RFC 7515), good for `lifeS` seconds. */
export function signIdentity(secret: string, customerId: string, lifeS: number, nowMs = Date.now()): string {
  const claims = { sub: customerId, exp: Math.floor(nowMs / 1000) + lifeS };
  const signed = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

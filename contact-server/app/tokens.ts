import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** 128 random bits that open one thing; only its hash is stored. */
export function newToken(): string {
  return randomBytes(16).toString('base64url');
}

export function newId(): string {
  return randomBytes(16).toString('hex');
}

export function hashToken(token: string): string {
  return hash('sha256', token, 'base64url');
}

/** Enough to recognise a number or an address again, not to find it without the key. */
export function keyedHash(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url');
}

/** `payload.mac`; the purpose keeps a token of one kind from being shown as another. */
export function sign(key: Buffer, purpose: string, payload: string): string {
  return `${payload}.${mac(key, purpose, payload)}`;
}

/** The payload of a token this key signed for this purpose; undefined for any other text. */
export function verified(key: Buffer, purpose: string, token: string): string | undefined {
  const dot = token.lastIndexOf('.');
  if (dot < 1) return undefined;
  const payload = token.slice(0, dot);
  const given = Buffer.from(token.slice(dot + 1));
  const right = Buffer.from(mac(key, purpose, payload));
  return given.length === right.length && timingSafeEqual(given, right) ? payload : undefined;
}

function mac(key: Buffer, purpose: string, payload: string): string {
  return createHmac('sha256', key).update(`${purpose}\n${payload}`).digest('base64url');
}

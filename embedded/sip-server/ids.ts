import { randomBytes, randomUUID } from 'node:crypto';

/** A fresh message or transaction id of the control protocol. */
export function newId(): string {
  return randomUUID();
}

/** A fresh tag (RFC 3261 section 19.3) that nobody can guess. */
export function newTag(): string {
  return randomBytes(8).toString('hex');
}

/** A fresh Via branch with the magic cookie (RFC 3261 section 8.1.1.7). */
export function newBranch(): string {
  return `z9hG4bK${randomBytes(9).toString('hex')}`;
}

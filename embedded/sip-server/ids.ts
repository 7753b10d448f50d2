import { randomFillSync, randomUUID } from 'node:crypto';

/** A fresh message or transaction id of the control protocol. */
export function newId(): string {
  return randomUUID();
}

/** A fresh tag (RFC 3261 section 19.3) that nobody can guess. */
export function newTag(): string {
  return randomHex(8);
}

/** A fresh Via branch with the magic cookie (RFC 3261 section 8.1.1.7). */
export function newBranch(): string {
  return `z9hG4bK${randomHex(9)}`;
}

/** Random bytes, fetched from the system for some hundred ids at once: one by one they cost more than all else in an id. */
const pool = Buffer.alloc(4096);
let used = pool.length;

function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString('hex', used - bytes, used);
}

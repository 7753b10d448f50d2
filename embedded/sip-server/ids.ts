import { randomFillSync } from 'node:crypto';

/** A fresh message or transaction id of the control protocol: a random UUID (RFC 9562 section 5.4). */
export function newId(): string {
  const from = take(UUID.length);
  for (let at = 0; at < UUID.length; at++) {
    if (UUID[at] === HEX[0]) id[at] = HEX[(pool[from + at] ?? 0) & 15] ?? 0;
  }
  return id.toString('latin1');
}

/** A fresh tag (RFC 3261 section 19.3) that nobody can guess. */
export function newTag(): string {
  return randomHex(8);
}

/** A fresh Via branch with the magic cookie (RFC 3261 section 8.1.1.7). */
export function newBranch(): string {
  return `z9hG4bK${randomHex(9)}`;
}

const HEX = Buffer.from('0123456789abcdef');
const UUID = Buffer.from('00000000-0000-4000-8000-000000000000');
/** The id as it is written, digit for digit: a text put together from pieces would carry them along for as long as it lives. */
const id = Buffer.from(UUID);

/** Random bytes, fetched from the system for some hundred ids at once: one by one they cost more than all else in an id. */
const pool = Buffer.alloc(4096);
let used = pool.length;

/** Where so many unused bytes begin. */
function take(bytes: number): number {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return used - bytes;
}

function randomHex(bytes: number): string {
  const from = take(bytes);
  return pool.toString('hex', from, from + bytes);
}

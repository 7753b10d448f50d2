import { randomInt } from 'node:crypto';
import type { SessionId } from '../../contracts/ids.ts';
import { normalAddress, subscriberOf } from '../../server-kit/address.ts';
import type { Clock } from '../../server-kit/clock.ts';

export const CODE_LIFE_MS = 10 * 60_000;

interface Entry {
  readonly key: string;
  readonly code: string;
  readonly until: number;
}

/**
 * The index of who is here under which address, and the six digits each may read out: good once, for ten minutes, and only together
 * with the address. An address (IPv6: its /64, because the rest rotates) is shared by many; alone it gives candidates, never a person.
 */
export class PageCodes {
  readonly #clock: Clock;
  readonly #entries = new Map<SessionId, Entry>();
  readonly #byKey = new Map<string, Set<SessionId>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The code of this session at this address: the same one while it lives and the address stays. */
  issue(session: SessionId, ip: string): { readonly code: string; readonly validForMs: number } {
    const now = this.#clock.now();
    const key = keyOf(ip) ?? ip;
    const known = this.#entries.get(session);
    if (known?.key === key && known.until > now) return { code: known.code, validForMs: known.until - now };
    this.forget(session);
    const here = this.#byKey.get(key) ?? new Set<SessionId>();
    const taken = new Set([...here].map((it) => this.#entries.get(it)?.code));
    let code: string;
    do code = String(randomInt(1_000_000)).padStart(6, '0');
    while (taken.has(code));
    this.#byKey.set(key, here.add(session));
    this.#entries.set(session, { key, code, until: now + CODE_LIFE_MS });
    return { code, validForMs: CODE_LIFE_MS };
  }

  /** Sessions that are here under this address, in any spelling: candidates only. */
  lookup(ip: string): readonly SessionId[] {
    const key = keyOf(ip);
    return key === undefined ? [] : [...(this.#byKey.get(key) ?? [])];
  }

  /** The session of this address whose code it is; used up by that. */
  redeem(ip: string, code: string): SessionId | undefined {
    const now = this.#clock.now();
    const found = this.lookup(ip).find((session) => {
      const entry = this.#entries.get(session);
      return entry !== undefined && entry.until > now && entry.code === code;
    });
    const entry = found === undefined ? undefined : this.#entries.get(found);
    // Used up, and still here.
    if (found !== undefined && entry) this.#entries.set(found, { ...entry, until: 0 });
    return found;
  }

  forget(session: SessionId): void {
    const known = this.#entries.get(session);
    if (!known) return;
    this.#entries.delete(session);
    const here = this.#byKey.get(known.key);
    here?.delete(session);
    if (here?.size === 0) this.#byKey.delete(known.key);
  }
}

function keyOf(ip: string): string | undefined {
  const normal = normalAddress(ip);
  return normal === undefined ? undefined : subscriberOf(normal);
}

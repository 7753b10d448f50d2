import { randomInt } from 'node:crypto';
import type { SessionId } from '../../contracts/ids.ts';
import type { Clock } from '../../server-kit/clock.ts';

export const CODE_LIFE_MS = 10 * 60_000;

/** Six digits a visitor reads out: good once, for ten minutes, and only together with the visitor's address. */
export class PageCodes {
  readonly #clock: Clock;
  readonly #codes = new Map<
    SessionId,
    { readonly code: string; readonly ip: string; readonly until: number }
  >();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  issue(session: SessionId, ip: string): string {
    const taken = new Set([...this.#codes.values()].filter((it) => it.ip === ip).map((it) => it.code));
    let code: string;
    do code = String(randomInt(1_000_000)).padStart(6, '0');
    while (taken.has(code));
    this.#codes.set(session, { code, ip, until: this.#clock.now() + CODE_LIFE_MS });
    return code;
  }

  /** The session of this address whose code it is; used up by that. */
  redeem(ip: string, code: string): SessionId | undefined {
    const now = this.#clock.now();
    for (const [session, it] of this.#codes) {
      if (it.until <= now) this.#codes.delete(session);
      else if (it.ip === ip && it.code === code) {
        this.#codes.delete(session);
        return session;
      }
    }
    return undefined;
  }

  forget(session: SessionId): void {
    this.#codes.delete(session);
  }
}

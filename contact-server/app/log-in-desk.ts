import type { LogIn as LogInAsk } from '../../contracts/agent.schema.ts';
import type { AgentId } from '../../contracts/ids.ts';
import type { Clock } from '../../server-kit/clock.ts';
import { ProblemError } from '../../server-kit/problem.ts';
import type { Account, AccountStore } from '../ports/accounts.ts';
import type { Credentials, LogIn, LogInStore } from '../ports/log-ins.ts';
import type { AuditStore, Limits } from '../ports/stores.ts';
import { hashToken, newToken } from './tokens.ts';

interface Parts {
  readonly credentials: Credentials;
  readonly logIns: LogInStore;
  readonly accounts: AccountStore;
  readonly limits: Limits;
  readonly audit: AuditStore;
  readonly clock: Clock;
  readonly limitsPer: { readonly account: number; readonly address: number };
}

const LIFE_MS = 12 * 3_600_000;
const ROTATE_MS = 3_600_000;
const OLD_TOKEN_MS = 60_000;
const THROTTLE_MS = 15 * 60_000;

export interface Known {
  readonly account: Account;
  /** The present token's replacement, when it was time for one. */
  readonly freshToken?: string;
}

/** Who is logged in: opaque tokens, rotated, limited in time, throttled per account and address. */
export class LogInDesk {
  readonly #parts: Parts;
  readonly #endedListeners = new Set<(agentId: AgentId) => void>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** A person of this id has logged out everywhere: streams and tickets end. */
  onEnded(listener: (agentId: AgentId) => void): () => void {
    this.#endedListeners.add(listener);
    return () => this.#endedListeners.delete(listener);
  }

  async logIn(ask: LogInAsk, ip: string): Promise<{ account: Account; token: string; lifeMs: number }> {
    const { credentials, accounts, logIns, limits, audit, clock, limitsPer } = this.#parts;
    const at = clock.now();
    const tries = await Promise.all([
      limits.allow(`login:a:${ask.username.toLowerCase()}`, limitsPer.account, THROTTLE_MS).catch(() => true),
      limits.allow(`login:i:${ip}`, limitsPer.address, THROTTLE_MS).catch(() => true),
    ]);
    if (tries.includes(false)) {
      throw new ProblemError('locked', {
        retryAfterS: THROTTLE_MS / 1000,
        detail: 'Wait 15 minutes, then try again.',
      });
    }
    const answer = await credentials.check(ask);
    const account = answer.ok ? await accounts.byId(answer.agentId) : undefined;
    if (!account) {
      await audit.add({ at, who: 'log-in', what: 'log-in-failed', detail: ip });
      throw new ProblemError('wrong-credentials');
    }
    const token = newToken();
    await logIns.put(hashToken(token), { agentId: account.id, until: at + LIFE_MS, rotatedAt: at });
    await audit.add({ at, who: account.id, what: 'logged-in', detail: ip });
    return { account, token, lifeMs: LIFE_MS };
  }

  /** The person behind a token. Throws `not-logged-in`. */
  async known(token: string | undefined): Promise<Known> {
    const { logIns, accounts, clock } = this.#parts;
    if (token === undefined) throw new ProblemError('not-logged-in');
    const hash = hashToken(token);
    const found = await logIns.find(hash);
    const now = clock.now();
    if (!found || found.until <= now) throw new ProblemError('not-logged-in');
    const account = await accounts.byId(found.agentId);
    if (!account) throw new ProblemError('not-logged-in');
    return { account, ...(await this.#rotated(hash, found, now)) };
  }

  /** Everybody who is logged in somewhere: their phones may be reached, also after a restart. */
  async present(): Promise<readonly Account[]> {
    const { accounts, logIns, clock } = this.#parts;
    const now = clock.now();
    const all = await accounts.all();
    const here = await Promise.all(all.map((it) => logIns.any(it.id, now)));
    return all.filter((_, i) => here[i]);
  }

  /** Ends this log-in; true when it was the person's last. */
  async logOut(token: string): Promise<{ account: Account; last: boolean }> {
    const { account } = await this.known(token);
    const { logIns, audit, clock } = this.#parts;
    await logIns.end(account.id, hashToken(token));
    const last = !(await logIns.any(account.id, clock.now() + OLD_TOKEN_MS));
    if (last) await logIns.end(account.id);
    await audit.add({ at: clock.now(), who: account.id, what: 'logged-out' });
    if (last) for (const listener of this.#endedListeners) listener(account.id);
    return { account, last };
  }

  async #rotated(hash: string, logIn: LogIn, now: number): Promise<{ freshToken?: string }> {
    const aboutToEnd = logIn.until - now < OLD_TOKEN_MS * 2;
    if (now - logIn.rotatedAt < ROTATE_MS || aboutToEnd) return {};
    const freshToken = newToken();
    const { logIns } = this.#parts;
    await logIns.rotate(hash, hashToken(freshToken), { ...logIn, rotatedAt: now }, now + OLD_TOKEN_MS);
    return { freshToken };
  }
}

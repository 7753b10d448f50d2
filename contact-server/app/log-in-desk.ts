import type { Logger } from 'pino';
import type { LogIn as LogInAsk } from '../../contracts/agent.schema.ts';
import type { AgentId } from '../../contracts/ids.ts';
import type { Clock } from '../../server-kit/clock.ts';
import { ProblemError } from '../../server-kit/problem.ts';
import type { Account, AccountStore } from '../ports/accounts.ts';
import type { Credentials, LogIn, LogInStore } from '../ports/log-ins.ts';
import type { AuditStore } from '../ports/stores.ts';
import type { LogInThrottle } from './log-in-throttle.ts';
import { hashToken, newId, newToken } from './tokens.ts';

interface Parts {
  readonly credentials: Credentials;
  readonly logIns: LogInStore;
  readonly accounts: AccountStore;
  readonly throttle: LogInThrottle;
  readonly audit: AuditStore;
  readonly clock: Clock;
  readonly log: Logger;
}

const LIFE_MS = 12 * 3_600_000;
const ROTATE_MS = 3_600_000;
const OLD_TOKEN_MS = 60_000;
const LOOK_MS = 5_000;

export interface Known {
  readonly account: Account;
  readonly logIn: LogIn;
  /** The present token's replacement, when it was time for one. */
  readonly fresh?: { readonly token: string; readonly lifeMs: number };
}

/** Who was logged in when we looked. */
export interface Presence {
  readonly asOf: number;
  readonly logIns: ReadonlySet<string>;
  readonly agents: ReadonlySet<AgentId>;
}

/** Who is logged in: opaque tokens, rotated, limited in time, throttled per account and address. */
export class LogInDesk {
  readonly #parts: Parts;
  readonly #listeners = new Set<(present: Presence) => unknown>();
  #cancel = (): void => {};
  #stopped = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Looks every few seconds: what ran out, or was ended by another process, is noticed. */
  start(): void {
    const { clock, log } = this.#parts;
    this.#cancel = clock.after(LOOK_MS, () => {
      void this.look()
        .catch((err: unknown) => log.warn({ err }, 'cannot see who is logged in'))
        .finally(() => {
          if (!this.#stopped) this.start();
        });
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  /** Hears who is logged in, every few seconds and after each log-out: what belongs to the others ends. */
  onLook(listener: (present: Presence) => unknown): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async look(): Promise<void> {
    const present = await this.present();
    await Promise.all([...this.#listeners].map((listener) => listener(present)));
  }

  async logIn(ask: LogInAsk, ip: string): Promise<{ account: Account; token: string; lifeMs: number }> {
    const { accounts, logIns, audit, clock } = this.#parts;
    const agentId = await this.#proved(ask, ip);
    const account = await accounts.byId(agentId);
    if (!account) throw new ProblemError('wrong-credentials');
    const at = clock.now();
    const token = newToken();
    const logIn = { id: newId(), agentId: account.id, until: at + LIFE_MS, rotatedAt: at };
    await logIns.put(hashToken(token), logIn);
    await audit.add({ at, who: account.id, what: 'logged-in', detail: ip });
    return { account, token, lifeMs: LIFE_MS };
  }

  /** Somebody who is logged in shows the password again, before something that matters. */
  async confirm(account: Account, password: string, ip: string): Promise<void> {
    await this.#proved({ username: account.username, password }, ip);
  }

  /** The person behind a token. Throws `not-logged-in`. */
  async known(token: string | undefined): Promise<Known> {
    const { logIns, accounts, clock } = this.#parts;
    if (token === undefined) throw new ProblemError('not-logged-in');
    const hash = hashToken(token);
    const logIn = await logIns.find(hash);
    const now = clock.now();
    if (!logIn || logIn.until <= now) throw new ProblemError('not-logged-in');
    const account = await accounts.byId(logIn.agentId);
    if (!account) throw new ProblemError('not-logged-in');
    return { account, logIn, ...(await this.#rotated(hash, logIn, now)) };
  }

  async present(): Promise<Presence> {
    const { logIns, accounts, clock } = this.#parts;
    const asOf = clock.now();
    // An account that was closed is logged in no more, whatever its log-ins say.
    const known = new Set((await accounts.all()).map((it) => it.id));
    const live = (await logIns.live(asOf)).filter((it) => known.has(it.agentId));
    return {
      asOf,
      logIns: new Set(live.map((it) => it.id)),
      agents: new Set(live.map((it) => it.agentId)),
    };
  }

  async isPresent(agentId: AgentId): Promise<boolean> {
    return this.#parts.logIns.any(agentId, this.#parts.clock.now());
  }

  /** Ends this log-in with all its tokens, and what belongs to it. */
  async logOut(token: string | undefined): Promise<void> {
    const { account, logIn } = await this.known(token);
    const { logIns, audit, clock, log } = this.#parts;
    await logIns.end(account.id, logIn.id);
    await audit.add({ at: clock.now(), who: account.id, what: 'logged-out' });
    // What cannot be ended now, e.g. because Redis is away, is ended at a later look.
    await this.look().catch((err: unknown) =>
      log.warn({ err, agentId: account.id }, 'not all has ended yet'),
    );
  }

  /** A code that somebody who is logged in has typed: counted like a log-in. Throws when it is not right. */
  guardCode(account: Account, ip: string, isRight: () => Promise<boolean>): Promise<void> {
    return this.#parts.throttle.guard(account.username, ip, async () => {
      if (await isRight()) return { ok: true, value: undefined };
      const detail = 'This code is not right, or it was used before. Wait for the next one.';
      // No 401: the person stays logged in.
      return { ok: false, guess: 'code', problem: new ProblemError('invalid-request', { detail }) };
    });
  }

  /** A name and a password, and a code where there is a second factor. Throws `locked` and `wrong-credentials`. */
  #proved(ask: LogInAsk, ip: string): Promise<AgentId> {
    const { credentials, throttle, audit, clock } = this.#parts;
    return throttle.guard(ask.username, ip, async () => {
      const answer = await credentials.check(ask);
      if (answer.ok) return { ok: true, value: answer.agentId };
      const { why } = answer;
      // A missing code is no guess: the portal asks for it and comes back.
      if (why === 'code-needed') {
        const detail = 'Enter the six-digit code of your second factor too.';
        return { ok: false, guess: 'none', problem: wrong('log-in/code-needed', detail) };
      }
      await audit.add({ at: clock.now(), who: 'log-in', what: 'log-in-failed', detail: ip });
      if (why === 'wrong') return { ok: false, guess: 'password', problem: wrong() };
      const detail = 'This code is not right, or it was used before. Wait for the next one.';
      return { ok: false, guess: 'code', problem: wrong('log-in/wrong-code', detail) };
    });
  }

  async #rotated(hash: string, logIn: LogIn, now: number): Promise<Pick<Known, 'fresh'>> {
    const lifeMs = logIn.until - now;
    // A token that was replaced has a minute left, and is not replaced again.
    if (now - logIn.rotatedAt < ROTATE_MS || lifeMs < OLD_TOKEN_MS * 2) return {};
    const token = newToken();
    const { logIns } = this.#parts;
    await logIns.rotate(hash, hashToken(token), { ...logIn, rotatedAt: now }, now + OLD_TOKEN_MS);
    return { fresh: { token, lifeMs } };
  }
}

function wrong(rule?: string, detail?: string): ProblemError {
  return new ProblemError('wrong-credentials', {
    ...(rule !== undefined && { rule }),
    ...(detail !== undefined && { detail }),
  });
}

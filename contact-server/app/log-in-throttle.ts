import type { Clock } from '../../server-kit/clock.ts';
import { ProblemError } from '../../server-kit/problem.ts';
import type { AuditStore, Limits } from '../ports/stores.ts';
import { Serial } from './serial.ts';
import { hashToken } from './tokens.ts';

interface Parts {
  readonly limits: Limits;
  readonly audit: AuditStore;
  readonly clock: Clock;
  /** Failures within a quarter of an hour: of one account from one address, and of one address with any accounts. */
  readonly tries: { readonly account: number; readonly address: number };
}

type Tried<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      readonly guess: 'none' | 'password' | 'code';
      readonly problem: ProblemError;
    };

const WINDOW_MS = 15 * 60_000;
/** So many addresses may each use up their tries before an account is closed to all of them. */
const ADDRESSES = 10;

interface Lock {
  readonly key: string;
  readonly max: number;
  readonly alarm?: string;
}

/**
 * Slows down who guesses. Only failures count, so that an office behind one address can begin its day; one address
 * that guesses at an account is locked out of that account alone, and its owner still gets in from another.
 */
export class LogInThrottle {
  readonly #parts: Parts;
  readonly #serial = new Serial();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Runs the check unless its account or address is locked; tries at one account wait for each other. */
  guard<T>(username: string, ip: string, check: () => Promise<Tried<T>>): Promise<T> {
    const account = hashToken(username.normalize('NFKC').toLowerCase());
    return this.#serial.run(account, async () => {
      const locks = this.#locks(account, hashToken(ip));
      if (!(await this.#open([...locks.password, ...locks.code]))) throw locked();
      const tried = await check();
      if (tried.ok) return tried.value;
      if (tried.guess !== 'none') await this.#count(locks[tried.guess]);
      throw tried.problem;
    });
  }

  #locks(account: string, address: string): { password: readonly Lock[]; code: readonly Lock[] } {
    const { tries } = this.#parts;
    const password = [
      { key: `login:b:${account}:${address}`, max: tries.account },
      { key: `login:i:${address}`, max: tries.address },
      { key: `login:a:${account}`, max: tries.account * ADDRESSES, alarm: 'an account is being guessed at' },
    ];
    // Who gets as far as the code knows the password: there is no second chance from elsewhere.
    const code = { key: `login:c:${account}`, max: tries.account, alarm: 'codes of an account are guessed' };
    return { password, code: [...password, code] };
  }

  /** Without Redis nobody can count, and nobody gets in: who is logged in stays so. */
  async #open(locks: readonly Lock[]): Promise<boolean> {
    const { limits } = this.#parts;
    try {
      return !(await Promise.all(locks.map((it) => limits.free(`${it.key}:locked`)))).includes(false);
    } catch (cause) {
      throw new ProblemError('unavailable', { cause, retryAfterS: 5 });
    }
  }

  async #count(locks: readonly Lock[]): Promise<void> {
    const { limits, audit, clock } = this.#parts;
    for (const { key, max, alarm } of locks) {
      if (await limits.allow(key, max - 1, WINDOW_MS)) continue;
      const first = await limits.once(`${key}:locked`, WINDOW_MS);
      if (first && alarm !== undefined)
        await audit.add({ at: clock.now(), who: 'log-in', what: 'alarm', detail: alarm });
    }
  }
}

function locked(): ProblemError {
  return new ProblemError('locked', {
    retryAfterS: WINDOW_MS / 1000,
    detail: 'Wait 15 minutes, then try again.',
  });
}

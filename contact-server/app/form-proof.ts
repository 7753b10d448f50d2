import { hash } from 'node:crypto';
import type { Clock } from '../../server-kit/clock.ts';
import { ProblemError } from '../../server-kit/problem.ts';
import { newToken, sign, verified } from './tokens.ts';

interface Settings {
  readonly key: Buffer;
  readonly clock: Clock;
  /** Leading zero bits asked for; 0 asks for no work. */
  readonly difficulty: number;
  /** A form is filled in no faster than this by a person. */
  readonly minFillMs: number;
  readonly validMs: number;
  /** Marks a token as used for this request; false when it was used for another. */
  readonly useOnce: (token: string, validMs: number, request: string) => Promise<boolean>;
}

/** A form that was filled in with the work that is asked for. */
export interface Form {
  /** These words were on it. */
  hasShown(words: string): boolean;
  /** Marks it as used for this request, which may show it again. Throws `proof-missing` where another was sent with it. */
  use(request: string): Promise<void>;
}

/**
 * The signed one-time form token and the proof of work on it (hashcash: SHA-256 of `token:nonce` begins with
 * `difficulty` zero bits). Instead of a puzzle for people, which WCAG 2.2 3.3.8 speaks against.
 */
export class FormProof {
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** A token for a form on this site's origin, on which these words are shown. */
  issue(origin: string | undefined, words: string): { token: string; difficulty: number } {
    const { key, clock, difficulty } = this.#settings;
    const tags = `${tagOf(origin ?? '')}.${tagOf(words)}`;
    const payload = `${String(clock.now())}.${String(difficulty)}.${newToken()}.${tags}`;
    return { token: sign(key, 'form', payload), difficulty };
  }

  /** Judged without asking anybody else. Throws `proof-missing` with a sentence that tells what to do. */
  read(proof: { token: string; nonce: string } | undefined, origin: string | undefined): Form {
    const { key, clock, difficulty, minFillMs, validMs, useOnce } = this.#settings;
    if (!proof) {
      if (difficulty > 0) throw notProved('form/missing', 'Open the form again, please.');
      return { hasShown: () => false, use: () => Promise.resolve() };
    }
    const payload = verified(key, 'form', proof.token);
    const [issued, asked, , site, shown] = payload?.split('.') ?? [];
    const age = clock.now() - Number(issued);
    if (payload === undefined || site !== tagOf(origin ?? '') || !(age >= 0 && age <= validMs)) {
      throw notProved('form/expired', 'The form was open too long. Try again.');
    }
    if (age < minFillMs) throw notProved('form/too-fast', 'That was very quick. Try again.');
    if (zeroBits(proof.token, proof.nonce) < Number(asked)) {
      throw notProved('form/work', 'The form was not confirmed. Try again.');
    }
    return {
      hasShown: (words) => shown === tagOf(words),
      use: async (request) => {
        if (await useOnce(proof.token, validMs, request)) return;
        throw notProved('form/used', 'The form was sent before. Try again.');
      },
    };
  }
}

function notProved(rule: string, detail: string): ProblemError {
  return new ProblemError('proof-missing', { rule, detail });
}

function tagOf(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 12);
}

function zeroBits(token: string, nonce: string): number {
  const digest = hash('sha256', `${token}:${nonce}`, 'buffer');
  let bits = 0;
  for (const byte of digest) {
    if (byte === 0) bits += 8;
    else return bits + Math.clz32(byte) - 24;
  }
  return bits;
}

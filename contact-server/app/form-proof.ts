import { createHash } from 'node:crypto';
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

/**
 * The signed one-time form token and the proof of work on it (hashcash: SHA-256 of `token:nonce` begins with
 * `difficulty` zero bits). Instead of a puzzle for people, which WCAG 2.2 3.3.8 speaks against.
 */
export class FormProof {
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** A token for a form on this site's origin. */
  issue(origin: string | undefined): { token: string; difficulty: number } {
    const { key, clock, difficulty } = this.#settings;
    const payload = `${String(clock.now())}.${String(difficulty)}.${newToken()}.${originTag(origin)}`;
    return { token: sign(key, 'form', payload), difficulty };
  }

  /** The same request may show its form again. Throws `proof-missing` with a sentence that tells what to do. */
  async check(
    proof: { token: string; nonce: string } | undefined,
    origin: string | undefined,
    request: string,
  ): Promise<void> {
    const { key, clock, difficulty, minFillMs, validMs, useOnce } = this.#settings;
    if (!proof) {
      if (difficulty === 0) return;
      throw new ProblemError('proof-missing', {
        rule: 'form/missing',
        detail: 'Open the form again, please.',
      });
    }
    const payload = verified(key, 'form', proof.token);
    const [issued, asked, , tag] = payload?.split('.') ?? [];
    const age = clock.now() - Number(issued);
    if (payload === undefined || tag !== originTag(origin) || !(age >= 0 && age <= validMs)) {
      throw new ProblemError('proof-missing', {
        rule: 'form/expired',
        detail: 'The form was open too long. Try again.',
      });
    }
    if (age < minFillMs) {
      throw new ProblemError('proof-missing', {
        rule: 'form/too-fast',
        detail: 'That was very quick. Try again.',
      });
    }
    if (zeroBits(proof.token, proof.nonce) < Number(asked)) {
      throw new ProblemError('proof-missing', {
        rule: 'form/work',
        detail: 'The form was not confirmed. Try again.',
      });
    }
    if (!(await useOnce(proof.token, validMs, request))) {
      throw new ProblemError('proof-missing', {
        rule: 'form/used',
        detail: 'The form was sent before. Try again.',
      });
    }
  }
}

function originTag(origin: string | undefined): string {
  return createHash('sha256')
    .update(origin ?? '')
    .digest('base64url')
    .slice(0, 12);
}

function zeroBits(token: string, nonce: string): number {
  const digest = createHash('sha256').update(`${token}:${nonce}`).digest();
  let bits = 0;
  for (const byte of digest) {
    if (byte === 0) bits += 8;
    else return bits + Math.clz32(byte) - 24;
  }
  return bits;
}

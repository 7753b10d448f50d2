import type { Clock } from '../../server-kit/clock.ts';

interface Remembered<Answer> {
  readonly fingerprint: string;
  readonly answer: Promise<Answer>;
  /** Epoch ms; unset while the answer is still being made. */
  forgottenAt: number | undefined;
}

/** Answers by request id, so that a request which comes again over another connection is answered again, not done again. */
export class RecentAnswers<Answer> {
  readonly #clock: Clock;
  readonly #keepMs: number;
  readonly #most: number;
  readonly #answers = new Map<string, Remembered<Answer>>();

  constructor(clock: Clock, keepMs = 60_000, most = 5_000) {
    this.#clock = clock;
    this.#keepMs = keepMs;
    this.#most = most;
  }

  /**
   * The answer to request `id`: made once, also when it is asked for again while it is being made. Undefined if the
   * id was used for another request.
   */
  of(id: string, fingerprint: string, make: () => Promise<Answer>): Promise<Answer> | undefined {
    this.#forget();
    const known = this.#answers.get(id);
    if (known) return known.fingerprint === fingerprint ? known.answer : undefined;
    const fresh: Remembered<Answer> = { fingerprint, answer: make(), forgottenAt: undefined };
    this.#answers.set(id, fresh);
    const settled = (): void => {
      // To the end of the line: the oldest settled answer stays in front.
      fresh.forgottenAt = this.#clock.now() + this.#keepMs;
      this.#answers.delete(id);
      this.#answers.set(id, fresh);
    };
    fresh.answer.then(settled, settled);
    return fresh.answer;
  }

  #forget(): void {
    const now = this.#clock.now();
    for (const [id, { forgottenAt }] of this.#answers) {
      if (forgottenAt === undefined) continue;
      if (forgottenAt > now && this.#answers.size <= this.#most) return;
      this.#answers.delete(id);
    }
  }
}

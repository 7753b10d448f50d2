import type { Logger } from 'pino';
import { ProblemError } from '../../server-kit/problem.ts';

/** A store or routing does not answer at the moment: the same thing may be asked again. */
export function isOutage(error: unknown): boolean {
  return error instanceof ProblemError && error.problem.type === 'unavailable';
}

/** Says that something does not work and that it works again, once each, however often it is tried in between. */
export class OutageLog {
  readonly #log: Logger;
  readonly #what: string;
  #failures = 0;

  constructor(log: Logger, what: string) {
    this.#log = log;
    this.#what = what;
  }

  failed(err: unknown): void {
    this.#failures += 1;
    if (!isOutage(err)) this.#log.error({ err }, `${this.#what}: failed`);
    else if (this.#failures === 1) this.#log.warn({ reason: reasonOf(err) }, `${this.#what}: waits`);
  }

  worked(): void {
    if (this.#failures > 0) this.#log.info({ count: this.#failures }, `${this.#what}: works again`);
    this.#failures = 0;
  }
}

function reasonOf(err: unknown): string {
  return err instanceof Error ? err.message : 'unknown';
}

import { inspect, isDeepStrictEqual } from 'node:util';

/** What drachtio-srf's own tests use of their test library. */
export interface Assertions {
  plan(count: number): void;
  pass(what?: string): void;
  fail(what?: string): void;
  ok(value: unknown, what?: string): void;
  equal(actual: unknown, expected: unknown, what?: string): void;
  error(error: unknown, what?: string): void;
  throws(run: () => unknown, ...rest: unknown[]): void;
  doesNotThrow(run: () => unknown, what?: string): void;
  timeoutAfter(ms: number): void;
  end(error?: unknown): void;
}

type Body = (t: Assertions) => void;

const PATIENCE_MS = 120_000;

/** Keeps the tests that the files register, runs them one after the other, and counts assertions. */
export class Assessor {
  readonly #tests: { name: string; body: Body }[] = [];
  readonly #tell: (line: string) => void;
  passed = 0;
  failed = 0;

  constructor(tell: (line: string) => void) {
    this.#tell = tell;
  }

  readonly test = (name: string, body: Body): void => {
    this.#tests.push({ name, body });
  };

  async run(): Promise<void> {
    for (const { name, body } of this.#tests) {
      const began = performance.now();
      this.#tell(`# ${name}`);
      await this.#one(body);
      this.#tell(`  ${((performance.now() - began) / 1000).toFixed(1)} s`);
    }
  }

  #one(body: Body): Promise<void> {
    return new Promise((resolve) => {
      let over = false;
      let planned = Number.POSITIVE_INFINITY;
      let patience: AbortSignal | undefined;
      const end = (): void => {
        over = true;
        resolve();
      };
      const judge = (good: boolean, what: string): void => {
        if (over) this.#judge(false, `after the end: ${what}`);
        else this.#judge(good, what);
        if (--planned === 0) end();
      };
      const wait = (ms: number): void => {
        const signal = (patience = AbortSignal.timeout(ms));
        signal.addEventListener('abort', () => {
          if (over || patience !== signal) return;
          judge(false, `not over after ${String(ms)} ms`);
          end();
        });
      };
      wait(PATIENCE_MS);
      const t: Assertions = {
        plan: (count) => (planned = count),
        pass: (what) => judge(true, what ?? 'pass'),
        fail: (what) => judge(false, what ?? 'fail'),
        ok: (value, what) => judge(Boolean(value), what ?? 'ok'),
        equal: (actual, expected, what) => judge(isDeepStrictEqual(actual, expected), what ?? 'equal'),
        error: (error, what) => judge(!error, what ?? inspect(error)),
        throws: (run, ...rest) => judge(thrown(run), String(rest.at(-1))),
        doesNotThrow: (run, what) => judge(!thrown(run), what ?? 'does not throw'),
        timeoutAfter: wait,
        end: (error) => {
          if (error) judge(false, `ended with ${inspect(error)}`);
          if (!over) end();
        },
      };
      try {
        body(t);
      } catch (error) {
        judge(false, `threw ${inspect(error)}`);
        end();
      }
    });
  }

  #judge(good: boolean, what: string): void {
    if (good) this.passed++;
    else this.failed++;
    this.#tell(`  ${good ? 'ok' : 'NOT OK'} ${what}`);
  }
}

function thrown(run: () => unknown): boolean {
  try {
    run();
    return false;
  } catch {
    return true;
  }
}

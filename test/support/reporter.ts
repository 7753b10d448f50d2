import Mocha from 'mocha';

/**
 * The usual report, which also tells of each test that is tried again, with the error of its first try: nobody is to
 * take a flaky test for a sound one.
 */
class TellingRetries extends Mocha.reporters.Spec {
  readonly #again: string[] = [];

  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    runner.on('retry', (test: Mocha.Test, error: Error) => {
      this.#again.push(test.fullTitle());
      process.stdout.write(`    tried again: ${test.title}\n      ${error.stack ?? error.message}\n`);
    });
  }

  override epilogue(): void {
    super.epilogue();
    if (this.#again.length === 0) return;
    process.stdout.write(`  ${String(this.#again.length)} tried again:\n`);
    for (const title of this.#again) process.stdout.write(`    ${title}\n`);
  }
}

export { TellingRetries as default };

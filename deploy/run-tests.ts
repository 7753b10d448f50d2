import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Runs all tests in two lanes side by side, since most of them wait: about as long each, the browsers in one of them.
 * Prints each lane whole when it is over, and at the end how many passed and failed.
 */
const root = join(import.meta.dirname, '..');
const first = ['browser', 'portal', 'widget', 'telephony', 'unit', 'web-dmz', 'link'];
const lanes = {
  first,
  second: readdirSync(join(root, 'test'), { withFileTypes: true })
    .filter((it) => it.isDirectory() && it.name !== 'support' && !first.includes(it.name))
    .map((it) => it.name),
};

interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly ok: boolean;
}

/** Longer than any test may take: a lane that says nothing for so long waits for something that never comes. */
const SILENCE_MS = 240_000;

const began = Date.now();
const outcomes = await Promise.all(Object.entries(lanes).map(([name, folders]) => run(name, folders)));
const sum = (of: (it: Outcome) => number): number => outcomes.reduce((all, it) => all + of(it), 0);
console.log(`\ntests took ${String(Math.round((Date.now() - began) / 1000))} s`);
const skipped = sum((it) => it.skipped);
console.log(
  `${String(sum((it) => it.passed))} passed, ${String(sum((it) => it.failed))} failed${skipped > 0 ? `, ${String(skipped)} skipped` : ''}`,
);
process.exitCode = outcomes.every((it) => it.ok) ? 0 : 1;

function run(name: string, folders: readonly string[]): Promise<Outcome> {
  const files = folders.map((it) => `test/${it}/**/*.test.ts`);
  const mocha = spawn(join(root, 'node_modules/.bin/mocha'), ['--no-color', '--exit', ...files], {
    cwd: root,
    // Servers start three times faster when they are built.
    env: { ...process.env, BUILT_PROGRAMS: join(root, 'build') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: Buffer[] = [];
  const giveUp = setTimeout(() => {
    said.push(Buffer.from(`\nno word for ${String(SILENCE_MS / 1000)} s: ended\n`));
    mocha.kill('SIGKILL');
  }, SILENCE_MS);
  const heard = (chunk: Buffer): void => {
    said.push(chunk);
    giveUp.refresh();
  };
  mocha.stdout.on('data', heard);
  mocha.stderr.on('data', heard);
  return new Promise((resolve) => {
    mocha.once('close', (code) => {
      clearTimeout(giveUp);
      const text = Buffer.concat(said).toString('utf8');
      console.log(`\n== tests, ${name} lane ==\n${text}`);
      const count = (word: string): number =>
        Number(new RegExp(`^\\s+(\\d+) ${word}`, 'm').exec(text)?.[1] ?? 0);
      resolve({
        passed: count('passing'),
        failed: count('failing'),
        skipped: count('pending'),
        ok: code === 0,
      });
    });
  });
}

import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

/**
 * Runs all tests, folder by folder, two or three folders side by side, since many tests wait. Prints each folder whole when it is
 * over, and at the end how many passed and failed, and which: the last lines are what is read first. A folder that is over has
 * to end by itself: what it leaves open is a fault of its own.
 */
const root = join(import.meta.dirname, '..');

/** What takes longest comes first, so that all sides end together. */
const longest = [
  'stories/!(faults|pages|two)*',
  'portal',
  'widget',
  'stories/+(pages|two)*',
  'stories/faults*',
  'security',
  'embedded',
  'browser',
  'routing',
];
const folders = readdirSync(join(root, 'test'), { withFileTypes: true })
  .filter((it) => it.isDirectory() && it.name !== 'support')
  .map((it) => it.name);
const others = folders.filter((it) => !longest.some((known) => known.split('/')[0] === it));
const waiting = [...longest, ...others];

interface Outcome {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly ok: boolean;
  /** Which failed and why; of a folder that was ended, the last that it said. */
  readonly account: string;
}

/** Longer than any test may take: a folder that says nothing for so long waits for something that never comes. */
const SILENCE_MS = 240_000;
/** What runs on so long after its last test has left something open. */
const ENDS_WITHIN_MS = 30_000;

const running = new Set<number>();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    for (const pid of running) process.kill(-pid, signal);
    process.exitCode = 1;
    waiting.length = 0;
  });
}

const began = Date.now();
const outcomes: Outcome[] = [];
const sides = Math.min(3, Math.max(2, availableParallelism()));
await Promise.all(Array.from({ length: sides }, side));
const sum = (of: (it: Outcome) => number): number => outcomes.reduce((all, it) => all + of(it), 0);
console.log(`\ntests took ${String(seconds(began))} s`);
const skipped = sum((it) => it.skipped);
console.log(
  `${String(sum((it) => it.passed))} passed, ${String(sum((it) => it.failed))} failed${skipped > 0 ? `, ${String(skipped)} skipped` : ''}`,
);
const failed = outcomes.filter((it) => !it.ok);
for (const { name, account } of failed) console.log(`\nnot well: ${name}\n${account}`);
process.exitCode = failed.length > 0 ? 1 : 0;

async function side(): Promise<void> {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) outcomes.push(await run(next));
}

function run(name: string): Promise<Outcome> {
  const start = Date.now();
  const [folder, which = '*'] = name.split('/');
  const files = `test/${String(folder)}/**/${which}.test.ts`;
  const mocha = spawn(join(root, 'node_modules/.bin/mocha'), ['--no-color', files], {
    cwd: root,
    // Servers start three times faster when they are built.
    env: { ...process.env, BUILT_PROGRAMS: join(root, 'build') },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a group of its own, so that it can be ended with all it has started
  });
  const { pid = 0 } = mocha;
  running.add(pid);
  let said = '';
  let patience: NodeJS.Timeout | undefined;
  const waitFor = (ms: number, why: string): void => {
    clearTimeout(patience);
    patience = setTimeout(() => {
      said += `\n${why}\n`;
      process.kill(-pid, 'SIGKILL');
    }, ms);
  };
  const heard = (chunk: string): void => {
    said += chunk;
    if (count(said, 'passing') === undefined)
      waitFor(SILENCE_MS, `no word for ${String(SILENCE_MS / 1000)} s: ended`);
    else waitFor(ENDS_WITHIN_MS, 'all tests are over, and something they left open keeps the process: ended');
  };
  mocha.stdout.setEncoding('utf8').on('data', heard);
  mocha.stderr.setEncoding('utf8').on('data', heard);
  heard('');
  return new Promise((resolve) => {
    mocha.once('close', (code) => {
      clearTimeout(patience);
      running.delete(pid);
      console.log(`\n== ${name}, ${String(seconds(start))} s ==\n${said}`);
      resolve({
        name,
        passed: count(said, 'passing') ?? 0,
        failed: count(said, 'failing') ?? 0,
        skipped: count(said, 'pending') ?? 0,
        ok: code === 0,
        account: accountOf(said),
      });
    });
  });
}

/** The figure before this word in mocha's summary, once it stands there. */
function count(said: string, word: string): number | undefined {
  const found = new RegExp(`^\\s+(\\d+) ${word}`, 'm').exec(said);
  return found === null ? undefined : Number(found[1]);
}

/** What mocha tells of its failures without their stacks, else the end of what was said. */
function accountOf(said: string): string {
  const from = said.search(/^\s+\d+ failing$/m);
  const lines = said.slice(from < 0 ? -800 : from).split('\n');
  return lines.filter((line) => line.trim() !== '' && !/^\s+at /.test(line)).join('\n');
}

function seconds(since: number): number {
  return Math.round((Date.now() - since) / 1000);
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const SCENARIOS = fileURLToPath(new URL('../scenarios/', import.meta.url));

/** One run of sipp; `done` is its exit code, 0 when every call went as the scenario says. */
export interface Sipp {
  readonly done: Promise<number>;
  output(): string;
  stop(): void;
}

/**
 * Starts sipp with a scenario of ours (a bare file name) or another (a path), for so many seconds at most; what it
 * writes goes to the folder, its statistics nowhere, its errors are kept for the test's message.
 */
export function sipp(scenario: string, args: readonly string[], seconds = 15, folder?: string): Sipp {
  const child = spawn(
    'sipp',
    [
      ...['-sf', resolve(SCENARIOS, scenario), '-i', '127.0.0.1', '-nostdin'],
      ...['-timeout', String(seconds), ...args],
    ],
    { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  const keep = (data: Buffer): void => {
    output = (output + data.toString('latin1')).slice(-4000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return {
    done: once(child, 'close').then(([code]) => code as number),
    output: () => output,
    stop: () => child.kill('SIGKILL'),
  };
}

/** Starts sipp as the one who is called, and resolves when it listens on this port. */
export async function sippWaiting(
  scenario: string,
  port: number,
  transport: 'udp' | 'tcp',
  args: readonly string[],
  seconds = 15,
): Promise<Sipp> {
  const run = sipp(scenario, ['-p', String(port), ...args], seconds);
  const over = new AbortController();
  void run.done.then(() => over.abort());
  while (!(await listens(port, transport))) {
    if (over.signal.aborted) throw new Error(`${scenario} ended before it listened: ${run.output()}`);
  }
  return run;
}

/** Whether some program listens on this port, as Linux shows it. */
async function listens(port: number, transport: 'udp' | 'tcp'): Promise<boolean> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const state = transport === 'tcp' ? '0A' : '07';
  const line = new RegExp(`^ *\\d+: [0-9A-F]+:${hex} [0-9A-F]+:0000 ${state} `, 'm');
  return line.test(await readFile(`/proc/net/${transport}`, 'latin1'));
}

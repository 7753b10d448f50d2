import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { guardProgram, unguardProgram } from './guard.ts';
import { plainWords } from './plain-words.ts';

/** How to start one program that says on stdout, in one line of JSON with `"ready": true`, that it is ready. */
export interface ProgramPlan {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What it writes beside the ready line. */
  readonly onLine: (line: string) => void;
  readonly readyWithinMs?: number;
  /** For a program that says nothing: asked again and again until it is true. */
  readonly probe?: () => Promise<boolean>;
}

/** A program that runs and is ready. */
export interface Program {
  readonly name: string;
  readonly pid: number;
  /** What it said when it was ready. */
  readonly ready: Readonly<Record<string, unknown>>;
  /** Resolves with how it ended. */
  readonly exited: Promise<string>;
  /** Asks it to end, and makes it after five seconds, or sooner if told so. */
  stop(withinMs?: number): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

const STOP_MS = 5_000;
const PROBE_MS = 30;
const LAST_WORDS_MS = 1_000;

/**
 * Starts a program and waits until it is ready; rejects with its last words when it is not in time. It has a session of
 * its own, so that Ctrl-C reaches only us and we end everything in order; it never outlives us.
 */
export function startProgram(plan: ProgramPlan): Promise<Program> {
  const { name, command, args, env, onLine, probe, readyWithinMs = 60_000 } = plan;
  const child = spawn(command, args, { env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const lastWords: string[] = [];
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${String(code)}`));
    child.once('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'ENOENT' ? `${command} is not installed` : error.message),
    );
  });
  const allSaid = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const { pid } = child;
  if (pid !== undefined) {
    guardProgram(pid);
    void exited.then(() => unguardProgram(pid));
  }
  const heard = (line: string): void => {
    lastWords.push(line);
    if (lastWords.length > 15) lastWords.shift();
    onLine(line);
  };
  createInterface({ input: child.stderr }).on('line', heard);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(
        new Error(
          `${name} was not ready within ${String(readyWithinMs / 1000)} s. ${plainWords(lastWords)}`.trim(),
        ),
      );
    }, readyWithinMs);
    void exited.then(async (how) => {
      clearTimeout(timer);
      // What it said last may be read only after its end; what it has started itself may hold its output open for ever.
      await Promise.race([allSaid, pause(LAST_WORDS_MS, undefined, { ref: false })]);
      reject(new Error(`${name} does not start (${how}). ${plainWords(lastWords)}`.trim()));
    });
    const isReady = (ready: Record<string, unknown>): void => {
      clearTimeout(timer);
      resolve(running(name, child, ready, exited));
    };
    createInterface({ input: child.stdout }).on('line', (line) => {
      const ready = readyLine(line);
      if (ready) isReady(ready);
      else heard(line);
    });
    const ask = async (): Promise<void> => {
      while (probe && child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
        if (await probe()) {
          isReady({});
          return;
        }
        await new Promise((again) => setTimeout(again, PROBE_MS));
      }
    };
    void ask();
  });
}

function running(
  name: string,
  child: ChildProcess,
  ready: Record<string, unknown>,
  exited: Promise<string>,
): Program {
  return {
    name,
    pid: child.pid ?? 0,
    ready,
    exited,
    kill: (signal) => void child.kill(signal),
    async stop(withinMs = STOP_MS) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), withinMs);
      await exited;
      clearTimeout(late);
    },
  };
}

function readyLine(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value = JSON.parse(line) as Record<string, unknown>;
    return value['ready'] === true ? value : undefined;
  } catch {
    return undefined;
  }
}

import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';

/** Where a program is, if this machine has it. */
export function findProgram(name: string): string | undefined {
  const folders = ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin'];
  return folders
    .map((folder) => path.join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** A program that runs in a folder of its own; what it prints is kept. */
export class Program {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #exit: Promise<number | null>;
  #output = '';
  #look = () => {};

  constructor(file: string, parameters: readonly string[], folder: string) {
    this.#child = spawn(file, parameters, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    // Only then all that it printed has been read.
    this.#exit = once(this.#child, 'close').then(([code]) => code as number | null);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString();
        this.#look();
      });
    }
  }

  get output(): string {
    return this.#output;
  }

  /** Resolves when it has printed that; rejects if it ends before. */
  prints(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (this.#output.includes(text)) resolve();
      };
      this.#look = look;
      look();
      void this.#exit.then(() => {
        reject(new Error(`it ended without printing '${text}':\n${this.#output}`));
      });
    });
  }

  /** Resolves with its exit code. */
  async ends(): Promise<number | null> {
    return this.#exit;
  }

  /** Ends it if it still runs. */
  async stop(): Promise<void> {
    if (this.#child.exitCode === null) this.#child.kill('SIGKILL');
    await this.#exit;
  }
}

import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { createServer } from 'node:net';
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

/**
 * A port free for UDP and TCP, for programs that cannot choose one themselves. It lies outside the range from
 * which the system serves port 0, so nobody else is given it before the program takes it.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 30_000);
    const socket = createSocket('udp4');
    const server = createServer();
    try {
      socket.bind(port, '127.0.0.1');
      server.listen(port, '127.0.0.1');
      await Promise.all([once(socket, 'listening'), once(server, 'listening')]);
      return port;
    } catch {
      continue;
    } finally {
      socket.close();
      server.close();
    }
  }
}

/** A program that runs in a folder of its own; what it prints is kept. */
export class Program {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #exit: Promise<number | null>;
  #output = '';
  #look = () => {};

  constructor(file: string, parameters: readonly string[], folder: string) {
    this.#child = spawn(file, parameters, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#exit = once(this.#child, 'exit').then(([code]) => code as number | null);
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

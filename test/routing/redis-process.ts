import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from '../../embedded/launch/free-port.ts';
import { forgetKeys } from '../support/real-servers.ts';

/** A real redis-server of the test's own, which it may kill and start again on the same port and files. */
export class RedisProcess {
  readonly port: number;
  readonly #directory: string;
  readonly #fsync: string;
  #child: ChildProcess | undefined;

  private constructor(port: number, directory: string, fsync: string) {
    this.#fsync = fsync;
    this.port = port;
    this.#directory = directory;
  }

  /** Only with `always` is nothing acknowledged that a kill could still lose. */
  static async start(fsync: 'everysec' | 'always' = 'everysec'): Promise<RedisProcess> {
    const directory = await mkdtemp(join(tmpdir(), 'ringback-redis-'));
    const redis = new RedisProcess(await freePort(), directory, fsync);
    await redis.resume();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Resolves when it answers. */
  async resume(): Promise<void> {
    const args = [
      '--port',
      String(this.port),
      '--bind',
      '127.0.0.1',
      '--dir',
      this.#directory,
      '--hz',
      '100',
    ];
    args.push('--appendonly', 'yes', '--save', '', '--appendfsync', this.#fsync, '--loglevel', 'warning');
    this.#child = spawn('redis-server', args, { stdio: 'ignore' });
    const probe = this.client();
    await probe.ping();
    probe.disconnect();
  }

  /** A connection that waits for the server. */
  client(): Redis {
    return clientOf(this.url);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  /** While it is down: the last of what it acknowledged never reached the disk. */
  async loseTail(bytes: number): Promise<void> {
    const folder = join(this.#directory, 'appendonlydir');
    const name = (await readdir(folder)).find((it) => it.endsWith('.incr.aof')) ?? '';
    const { size } = await stat(join(folder, name));
    await truncate(join(folder, name), size - bytes);
  }

  /** As if it had hung. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  async remove(): Promise<void> {
    this.thaw();
    await this.kill();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** What a test needs of Redis that does not kill it. */
export type SharedRedis = Pick<RedisProcess, 'url' | 'client' | 'remove'>;

/** The real Redis of REDIS_URL where that is set, else one of the test's own. */
export async function openRedis(): Promise<SharedRedis> {
  const url = process.env['REDIS_URL'];
  if (!url) return RedisProcess.start();
  return {
    url,
    client: () => clientOf(url),
    async remove() {
      const redis = clientOf(url);
      await forgetKeys(redis, `{centre-${process.pid}-*`);
      redis.disconnect();
    },
  };
}

function clientOf(url: string): Redis {
  const redis = new Redis(url, { retryStrategy: () => 20, maxRetriesPerRequest: null, protocol: 2 });
  redis.on('error', () => {});
  return redis;
}

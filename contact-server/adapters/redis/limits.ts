import type { Redis } from 'ioredis';
import type { Limits } from '../../ports/stores.ts';

/** Counters in fixed windows, and things that happen once; both vanish by themselves. */
export class RedisLimits implements Limits {
  readonly #redis: Redis;
  readonly #prefix: string;

  constructor(redis: Redis, centre: string) {
    this.#redis = redis;
    this.#prefix = `{${centre}}:limit:`;
  }

  async allow(key: string, max: number, windowMs: number): Promise<boolean> {
    const name = this.#prefix + key;
    const answers = await this.#redis.multi().incr(name).pexpire(name, windowMs, 'NX').exec();
    const count = Number(answers?.[0]?.[1] ?? 0);
    return count <= max;
  }

  async once(key: string, validMs: number, who?: string): Promise<boolean> {
    const name = `${this.#prefix}once:${key}`;
    if ((await this.#redis.set(name, who ?? '1', 'PX', validMs, 'NX')) === 'OK') return true;
    return who !== undefined && (await this.#redis.get(name)) === who;
  }

  async free(key: string): Promise<boolean> {
    return (await this.#redis.exists(`${this.#prefix}once:${key}`)) === 0;
  }
}

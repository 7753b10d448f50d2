import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Limits, Window } from '../../ports/stores.ts';

/**
 * KEYS: the request, its repeats, its place, then the windows. ARGV: how long the request is known (empty: none), then
 * maximum and length of each of these. Answers 1 if the request is new, 1 if there was a place for it, then for each window 1
 * if it was not yet full. A request that finds one full takes no place, and is not known.
 */
const COUNT_ALL = `
local function count(key, max, ms)
  local n = redis.call('INCR', key)
  if n == 1 then redis.call('PEXPIRE', key, ms) end
  return n <= tonumber(max) and 1 or 0
end
local isRequest = ARGV[1] ~= ''
local seen = isRequest and not redis.call('SET', KEYS[1], '1', 'PX', ARGV[1], 'NX')
local free = seen and count(KEYS[2], ARGV[2], ARGV[3]) == 1
local answer = { seen and 0 or 1, 1 }
local within = true
for i = 4, #KEYS do
  answer[i - 1] = free and 1 or count(KEYS[i], ARGV[2 * i - 2], ARGV[2 * i - 1])
  within = within and answer[i - 1] == 1
end
if isRequest and not seen then
  if within then answer[2] = count(KEYS[3], ARGV[4], ARGV[5]) end
  if answer[2] == 0 then redis.call('DECR', KEYS[3]) end
  if not within or answer[2] == 0 then redis.call('DEL', KEYS[1]) end
end
return answer`;
const COUNT_ALL_SHA = createHash('sha1').update(COUNT_ALL).digest('hex');

/** KEYS: the counter, and what holds its place, where something does: what holds none gives none back. */
const GIVE_BACK = `
if KEYS[2] and redis.call('DEL', KEYS[2]) == 0 then return end
if tonumber(redis.call('GET', KEYS[1]) or 0) > 0 then redis.call('DECR', KEYS[1]) end`;

/** Where no request is named, nothing is counted of one. */
const nowhere: Window = { key: '', max: 0, windowMs: 0 };

/** Counters in fixed windows, and things that happen once; both vanish by themselves. */
export class RedisLimits implements Limits {
  readonly #redis: Redis;
  readonly #prefix: string;

  constructor(redis: Redis, centre: string) {
    this.#redis = redis;
    this.#prefix = `{${centre}}:limit:`;
  }

  async allowAll(
    windows: readonly Window[],
    request?: Parameters<Limits['allowAll']>[1],
  ): ReturnType<Limits['allowAll']> {
    const { key = '', validMs = '', repeats = nowhere, place = nowhere } = request ?? {};
    const counted = [repeats, place, ...windows];
    const keys = [`once:${key}`, ...counted.map((it) => it.key)].map((it) => this.#prefix + it);
    const args = [validMs, ...counted.flatMap((it) => [it.max, it.windowMs])];
    const [isNew, hasRoom, ...within] = (await this.#countAll(keys, args)) as readonly number[];
    return { isNew: isNew === 1, hasRoom: hasRoom === 1, within: within.map((it) => it === 1) };
  }

  async giveBack(key: string, request?: string): Promise<void> {
    const keys = [key, ...(request === undefined ? [] : [`once:${request}`])];
    await this.#redis.eval(GIVE_BACK, keys.length, ...keys.map((it) => this.#prefix + it));
  }

  /** By its digest, and with its text where Redis does not know it yet. */
  async #countAll(keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    try {
      return await this.#redis.evalsha(COUNT_ALL_SHA, keys.length, ...keys, ...args);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return this.#redis.eval(COUNT_ALL, keys.length, ...keys, ...args);
    }
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

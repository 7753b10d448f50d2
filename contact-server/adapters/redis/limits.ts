import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Limits, Window } from '../../ports/stores.ts';

/**
 * KEYS: the request, its repeats, the windows that count it whatever comes of it, then its places. ARGV: how long the request is
 * known (empty: none), how many of these windows there are, then maximum and length of each key but the first. Answers 1 if the
 * request is new, then for each window and place 0, or the milliseconds until it has room again. A request that finds one full
 * takes no place, and is not known.
 */
const COUNT_ALL = `
local function count(i)
  local n = redis.call('INCR', KEYS[i])
  if n == 1 then redis.call('PEXPIRE', KEYS[i], ARGV[2 * i]) end
  return n <= tonumber(ARGV[2 * i - 1]) and 0 or math.max(1, redis.call('PTTL', KEYS[i]))
end
local isRequest = ARGV[1] ~= ''
local seen = isRequest and not redis.call('SET', KEYS[1], '1', 'PX', ARGV[1], 'NX')
local free = seen and count(2) == 0
local lastWindow = 2 + ARGV[2]
local answer = { seen and 0 or 1 }
local isFull = false
for i = 3, #KEYS do
  local isKnown = i > lastWindow and seen or free
  answer[i - 1] = isKnown and 0 or count(i)
  isFull = isFull or answer[i - 1] > 0
end
if isRequest and not seen and isFull then
  redis.call('DEL', KEYS[1])
  for i = lastWindow + 1, #KEYS do redis.call('DECR', KEYS[i]) end
end
return answer`;
const COUNT_ALL_SHA = createHash('sha1').update(COUNT_ALL).digest('hex');

/** KEYS: what holds the places, where ARGV names that something does, then the counters. What holds none gives none back. */
const GIVE_BACK = `
if ARGV[1] == 'held' and redis.call('DEL', KEYS[1]) == 0 then return end
for i = 2, #KEYS do
  if tonumber(redis.call('GET', KEYS[i]) or 0) > 0 then redis.call('DECR', KEYS[i]) end
end`;

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
    const { key = '', validMs = '', repeats = nowhere, places = [] } = request ?? {};
    const counted = [repeats, ...windows, ...places];
    const keys = [`once:${key}`, ...counted.map((it) => it.key)].map((it) => this.#prefix + it);
    const args = [validMs, windows.length, ...counted.flatMap((it) => [it.max, it.windowMs])];
    const [isNew, ...waitsMs] = (await this.#countAll(keys, args)) as readonly number[];
    return { isNew: isNew === 1, waitsMs };
  }

  async giveBack(counters: readonly string[], request?: string): Promise<void> {
    const keys = [`once:${request ?? ''}`, ...counters].map((it) => this.#prefix + it);
    await this.#redis.eval(GIVE_BACK, keys.length, ...keys, request === undefined ? '' : 'held');
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

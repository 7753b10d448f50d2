import { setImmediate as nextTurn } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { RedisOptions } from 'ioredis';

/** Makes one connection of the kind asked for; several processes' worth of settings stay in one place. */
export type Connect = (options: ConnectionOptions) => Redis;
export type ConnectionOptions = Omit<RedisOptions, 'replyMapping'>;

/** Connects to `redis://…`. */
export function connectTo(redisUrl: string): Connect {
  return (options) => new Redis(redisUrl, options);
}

const retryStrategy = (times: number) => Math.min(40 * times, 400);

/** Answers in the shape every Redis since 2.6 gives them. */
const plain = { protocol: 2, retryStrategy } as const;

/** For commands: fails at once while Redis is away, and never sends again by itself what may have been done. */
export const quick: ConnectionOptions = {
  commandTimeout: 1_500,
  connectTimeout: 1_000,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  ...plain,
};

/** For one blocking read after the other: a lost answer is noticed, and the reader asks again from its cursor. */
export const blocking: ConnectionOptions = { ...quick, commandTimeout: 8_000 };

/** For BullMQ, which keeps its own patience. */
export const patient: ConnectionOptions = { connectTimeout: 1_000, maxRetriesPerRequest: null, ...plain };

/**
 * Resolves to whether the connection came to be usable within `ms`. Looks in the next turn of the event loop: a
 * connection whose server has just died calls itself ready to the end of this one, and whoever tried again and again
 * in the same turn would never let it learn better.
 */
export async function readyWithin(redis: Redis, ms: number): Promise<boolean> {
  await nextTurn();
  if (redis.status === 'ready') return true;
  return new Promise((resolve) => {
    const done = (is: boolean) => {
      clearTimeout(timer);
      redis.off('ready', onReady);
      redis.off('end', onEnd);
      resolve(is);
    };
    const onReady = () => done(true);
    const onEnd = () => done(false);
    const timer = setTimeout(done, ms, false);
    redis.once('ready', onReady);
    redis.once('end', onEnd);
  });
}

import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import mongoose from 'mongoose';
import type { Part } from '../../embedded/launch/centre.ts';

/** The settings that name a real server, and what belongs to them; without the first the embedded one is started. */
const real: Partial<Record<Part, readonly string[]>> = {
  mongodb: ['MONGODB_URL'],
  redis: ['REDIS_URL'],
  'sip-server': ['DRACHTIO_HOST', 'DRACHTIO_PORT', 'DRACHTIO_SECRET', 'SIP_HOST', 'SIP_PORT'],
};

/**
 * The back ends of one centre: the real ones the environment names (docs/REAL-BACKENDS.md), but not those in `own`, which
 * the test kills. Its name and its database are its own, so that centres may share servers and never meet.
 */
export function backEnds(own: readonly Part[]): Record<string, string> {
  const named = Object.entries(real).filter(
    ([part, [first = '']]) => process.env[first] && !own.includes(part as Part),
  );
  const settings = named.flatMap(([, names]) =>
    names.map((name) => [name, process.env[name] ?? ''] as const),
  );
  const name = `test-${randomBytes(6).toString('hex')}`;
  return { ...Object.fromEntries(settings), CENTRE: name, MONGODB_DATABASE: name };
}

/** Takes what a centre left behind off the real servers. */
export async function tidyBackEnds(settings: Readonly<Record<string, string>>): Promise<void> {
  const { MONGODB_URL: mongo, REDIS_URL: url, CENTRE: centre = '', MONGODB_DATABASE: dbName = '' } = settings;
  if (mongo) {
    const connection = await mongoose.createConnection(mongo, { dbName }).asPromise();
    await connection.dropDatabase();
    await connection.close();
  }
  if (url) {
    const redis = new Redis(url);
    await forgetKeys(redis, `{${centre}}*`);
    redis.disconnect();
  }
}

/** Deletes the keys that match a pattern. */
export async function forgetKeys(redis: Redis, pattern: string): Promise<void> {
  for await (const keys of redis.scanStream({ match: pattern, count: 500 }) as AsyncIterable<string[]>) {
    if (keys.length > 0) await redis.unlink(keys);
  }
}

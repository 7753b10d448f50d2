import type { Redis } from 'ioredis';

/**
 * Grows when records are written otherwise than before. It is part of every key: what another version wrote, or an older
 * snapshot brought back, is not misread but not seen, as if Redis were empty; then the lines are rebuilt from MongoDB.
 */
const FORMAT = 4;
const formerPrefixes = (centre: string): readonly string[] =>
  ['', '2', '3'].map((format) => `{${centre}}:acd${format}:`);

/** The common beginning of all keys of a centre. */
export function keyPrefix(centre: string): string {
  return `{${centre}}:acd${FORMAT}:`;
}

/** When each library was last said to be in use (epoch ms), by name; one for all centres, as the libraries are. */
const MARKS = 'ringback:libraries';
const UNUSED_MS = 24 * 3_600_000;

/**
 * Says that `own` is in use, and removes what no version has used for a day: libraries of functions, then this centre's
 * keys in a former format. During an upgrade several versions work side by side and each says so; and should one be
 * taken away that is in use, its next call loads it again. Returns the names of what was removed.
 */
export async function forgetFormerVersions(
  redis: Redis,
  own: string,
  centre: string,
  unusedMs = UNUSED_MS,
): Promise<readonly string[]> {
  const [seconds, micros] = await redis.time();
  const now = Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
  await redis.hset(MARKS, own, now);
  const listed = (await redis.function('LIST', 'LIBRARYNAME', 'ringback_*')) as readonly unknown[][];
  const others = listed.map(nameOf).filter((it) => it !== own);
  const removed: string[] = [];
  for (const name of others) {
    const used = await redis.hget(MARKS, name);
    // From before there were marks: its day begins now.
    if (used === null) await redis.hset(MARKS, name, now);
    else if (now - Number(used) > unusedMs) {
      await redis.function('DELETE', name);
      await redis.hdel(MARKS, name);
      removed.push(name);
    }
  }
  if (others.length > removed.length) return removed;
  for (const prefix of formerPrefixes(centre)) {
    if ((await redis.exists(`${prefix}meta`)) === 0) continue;
    await forget(redis, prefix);
    removed.push(prefix);
  }
  return removed;
}

/** Of one library, as Redis lists it: names and values in turn. */
function nameOf(library: readonly unknown[]): string {
  return String(library[library.indexOf('library_name') + 1]);
}

async function forget(redis: Redis, prefix: string): Promise<void> {
  const pattern = `${prefix.replace(/[*?[\]\\]/g, '\\$&')}*`;
  let cursor = '0';
  do {
    const [next, keys] = await redis.scan(cursor, 'MATCH', pattern, 'COUNT', 500);
    if (keys.length > 0) await redis.unlink(...keys);
    cursor = next;
  } while (cursor !== '0');
}

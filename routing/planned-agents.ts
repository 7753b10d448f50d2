import type { Redis } from 'ioredis';
import type { DirectoryPage } from './directory/directory.ts';
import type { Planned } from './domain/estimate/shifts.ts';

const DOING: Readonly<Record<string, Planned['doing']>> = {
  ready: 'idle',
  reserved: 'busy',
  busy: 'busy',
  'working-after-call': 'busy',
};

/** Everybody whose hours are planned, with what they do now; `key` is where the matchmaker keeps its agents. */
export async function plannedAgents(
  redis: Redis,
  key: string,
  { roster, shifts }: DirectoryPage,
): Promise<readonly Planned[]> {
  if (shifts === undefined || shifts.size === 0) return [];
  const ids = [...shifts.keys()];
  // Without Redis there is nothing to forecast from either, and who asked for that is told so.
  const kept = await redis.hmget(key, ...ids).catch(() => []);
  return [...shifts].flatMap(([id, hours], i) => {
    const profile = roster.profileOf(id);
    const state = kept[i]?.split('\0')[0] ?? '';
    return profile === undefined ? [] : { profile, hours, doing: DOING[state] ?? 'neither' };
  });
}

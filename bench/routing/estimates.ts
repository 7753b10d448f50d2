import { keyPrefix } from '../../routing/testing.ts';
import { Centre } from '../../test/routing/centre.ts';
import type { RedisProcess } from '../../test/routing/redis-process.ts';
import { eventually } from '../../test/support/eventually.ts';
import { systemClock } from '../../server-kit/clock.ts';
import { report } from '../report.ts';
import { Bare, skillsOf } from './parts.ts';

const BENCH = 'routing';
const AGENTS = 50;
const ASKS = 40;

/**
 * What one range costs this process and Redis together, with few and with many waiting: as visitors are told it, by the forecast
 * that all who ask share for its time (`estimate_growth`), and with a forecast made for it (`forecast_growth`).
 */
export async function estimates(redis: RedisProcess): Promise<void> {
  const few = await asked(redis, 100);
  const many = await asked(redis, 100_000);
  report(BENCH, 'estimate_growth', many.shared, few.shared, 'us');
  report(BENCH, 'forecast_growth', many.anew, few.anew, 'us');
}

async function asked(
  server: RedisProcess,
  line: number,
): Promise<{ readonly shared: number; readonly anew: number }> {
  const bare = await Bare.open(server, AGENTS);
  await bare.fill(line + AGENTS);
  for (const agent of bare.agents) await bare.ready(agent);
  for (const [agentId, reservation] of await bare.held()) await bare.matchmaker.accept(reservation, agentId);
  const people = Object.fromEntries(Array.from({ length: AGENTS }, (_, i) => [bare.agent(i), skillsOf(i)]));
  const centre = new Centre(server, people, 'bench');
  // Later with each who asks than a forecast is good for.
  let skew = 0;
  const clock = { ...systemClock, now: () => Date.now() + skew };
  const routing = await centre.open({ sweepMs: 60_000, auditMs: 600_000 }, clock);
  // What a process does when it begins weighs on the first looks.
  const begun = (): Promise<true | undefined> =>
    bare.redis.exists(`${keyPrefix(centre.name)}refiled`).then((n) => (n === 1 ? true : undefined));
  await eventually('a centre at rest', begun, 60_000);
  const least = async (laterMs: number): Promise<number> => {
    let costs = Infinity;
    for (let i = 0; i < ASKS; i += 1) {
      skew += laterMs;
      const before = await cpu(bare);
      const standing = await routing.place(bare.at(line / 2 + AGENTS + i));
      const after = await cpu(bare);
      if (standing === undefined) throw new Error('stands nowhere');
      costs = Math.min(costs, after - before);
    }
    return costs;
  };
  const anew = await least(600_000);
  const shared = await least(0);
  await centre.close();
  bare.close();
  return { shared, anew };
}

/** µs of this process and of Redis so far. */
async function cpu({ redis }: Bare): Promise<number> {
  const info = await redis.info('cpu');
  const of = (name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1]) * 1e6;
  const { user, system } = process.cpuUsage();
  return user + system + of('used_cpu_user') + of('used_cpu_sys');
}

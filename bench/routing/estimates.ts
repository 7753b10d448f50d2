import { Centre } from '../../test/routing/centre.ts';
import type { RedisProcess } from '../../test/routing/redis-process.ts';
import { systemClock } from '../../server-kit/clock.ts';
import { report } from '../report.ts';
import { Bare, skillsOf } from './parts.ts';

const BENCH = 'routing';
const AGENTS = 50;
const ASKS = 40;

/** What one range costs this process and Redis together, made anew for each who asks, with few and with many waiting. */
export async function estimates(redis: RedisProcess): Promise<void> {
  const few = await asked(redis, 100);
  const many = await asked(redis, 100_000);
  report(BENCH, 'estimate_growth', many, few, 'us');
}

async function asked(server: RedisProcess, line: number): Promise<number> {
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
  let least = Infinity;
  for (let i = 0; i < ASKS; i += 1) {
    skew += 600_000;
    const before = await cpu(bare);
    const standing = await routing.place(bare.at(line / 2 + AGENTS + i));
    const after = await cpu(bare);
    if (standing === undefined) throw new Error('stands nowhere');
    least = Math.min(least, after - before);
  }
  await centre.close();
  bare.close();
  return least;
}

/** µs of this process and of Redis so far. */
async function cpu({ redis }: Bare): Promise<number> {
  const info = await redis.info('cpu');
  const of = (name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1]) * 1e6;
  const { user, system } = process.cpuUsage();
  return user + system + of('used_cpu_user') + of('used_cpu_sys');
}

import type { Redis } from 'ioredis';
import type { RedisProcess } from '../../test/routing/redis-process.ts';
import { report } from '../report.ts';
import { Bare, cpuOf } from './parts.ts';

const BENCH = 'routing';
const ROUNDS = 6_000;
const AT_ONCE = 20;

/** The least an atomic step of any matchmaker does: takes the first of one sorted set and files it in another. */
const BARE =
  "local it = redis.call('ZPOPMIN', KEYS[1]) redis.call('ZADD', KEYS[2], it[2], it[1]) return it[1]";

/** Redis CPU of a script, over one that does no more than take and file. */
export async function cycle(process: RedisProcess): Promise<void> {
  const [small, large] = [100, 10_000];
  // Turn about, so that a busy machine disturbs both alike.
  const ours = { small: [] as number[], large: [] as number[] };
  const bare: number[] = [];
  for (let turn = 0; turn < 3; turn += 1) {
    const few = await freeAgents(process, small);
    ours.small.push(few.cpu);
    bare.push(few.bare);
    ours.large.push((await freeAgents(process, large)).cpu);
  }
  report(BENCH, 'cycle_redis_us', least(ours.small), least(bare), 'us');
  report(BENCH, 'growth_agents', least(ours.large), least(ours.small), 'us');
}

/** Agents are idle: each request is offered, accepted and done at once. Three scripts a cycle. */
async function freeAgents(process: RedisProcess, agents: number): Promise<{ cpu: number; bare: number }> {
  const it = await Bare.open(process, agents);
  for (const agent of it.agents) await it.ready(agent);
  const one = async () => {
    const entered = await it.matchmaker.enter(it.next(), 1);
    if (entered.state !== 'reserved') throw new Error(`nobody free: ${entered.state}`);
    const { id, agentId } = entered.reservation;
    await it.matchmaker.accept(id, agentId);
    await it.matchmaker.complete(id, { state: 'ready' });
  };
  await rounds(200, one);
  const cpu = await cpuOf(it.redis, 'evalsha', () => rounds(ROUNDS, one));
  const bare = await floor(it.redis);
  it.close();
  return { cpu, bare };
}

/** Redis CPU of a script while every agent is busy, with few and with many waiting: who is done gets the next at once. */
export async function waiting(process: RedisProcess): Promise<void> {
  const few: number[] = [];
  const many: number[] = [];
  for (let turn = 0; turn < 2; turn += 1) {
    few.push(await busyAgents(process, 100));
    many.push(await busyAgents(process, 100_000));
  }
  report(BENCH, 'growth_waiting', least(many), least(few), 'us');
}

async function busyAgents(process: RedisProcess, line: number): Promise<number> {
  const it = await Bare.open(process, 100);
  await it.fill(line + it.agents.length);
  const held = new Map<string, string>();
  for (const agent of it.agents) await it.ready(agent);
  const [agent = ''] = it.agents;
  const cpu = await cpuOf(it.redis, 'evalsha', async () => {
    for (let i = 0; i < ROUNDS / AT_ONCE; i += 1) {
      await Promise.all(
        it.agents.slice(0, AT_ONCE).map(async (id) => {
          const status = held.get(id) ?? (await it.matchmaker.agentStatus(id))?.reservationId;
          const reservation = status as Parameters<typeof it.matchmaker.accept>[0];
          await it.matchmaker.accept(reservation, id);
          await it.matchmaker.complete(reservation, { state: 'ready' });
          await it.matchmaker.enter(it.next(), 1);
        }),
      );
    }
  });
  if (agent === '') throw new Error('no agents');
  it.close();
  return cpu;
}

async function floor(redis: Redis): Promise<number> {
  const sha = (await redis.script('LOAD', BARE)) as string;
  const ids = Array.from({ length: 100 }, (_, i) => [String(i), `agent-${String(i)}`]).flat();
  await redis.zadd('{bench}:from', ...ids);
  await redis.zadd('{bench}:to', ...ids);
  let turn = 0;
  const one = async () => {
    const [from, to] =
      (turn += 1) % 2 === 0 ? ['{bench}:from', '{bench}:to'] : ['{bench}:to', '{bench}:from'];
    await redis.evalsha(sha, 2, from, to);
  };
  await rounds(200, one);
  return cpuOf(redis, 'evalsha', () => rounds(ROUNDS, one));
}

async function rounds(count: number, one: () => Promise<void>): Promise<void> {
  for (let i = 0; i < count; i += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, one));
}

/** Of several runs the least disturbed one. */
function least(values: readonly number[]): number {
  return Math.min(...values);
}

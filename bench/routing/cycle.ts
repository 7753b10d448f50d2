import type { Redis } from 'ioredis';
import type { RedisProcess } from '../../test/routing/redis-process.ts';
import { report } from '../report.ts';
import { least } from './least.ts';
import { AT_ONCE, atOnce, Bare, cpuOf } from './parts.ts';

const BENCH = 'routing';

/** The least an atomic step of any matchmaker does: takes the first of one sorted set and files it in another. */
const BARE =
  "local it = redis.call('ZPOPMIN', KEYS[1]) redis.call('ZADD', KEYS[2], it[2], it[1]) return it[1]";

/** Redis CPU of a step of a whole cycle (request and offer, accept, done and free), over one that takes and files. */
export async function cycle(process: RedisProcess): Promise<void> {
  const few = await freeAgents(process, 100);
  const many = await freeAgents(process, 10_000);
  report(BENCH, 'cycle_redis_us', few.cpu, few.bare, 'us');
  report(BENCH, 'cycle_least_us', few.least, few.bare, 'us');
  report(BENCH, 'growth_agents', many.cpu, few.cpu, 'us');
}

/** Agents are idle: each request is offered, accepted and done at once. Three steps a cycle. */
async function freeAgents(
  process: RedisProcess,
  agents: number,
): Promise<{ cpu: number; least: number; bare: number }> {
  const it = await Bare.open(process, agents);
  for (const agent of it.agents) await it.ready(agent);
  const one = async () => {
    const entered = await it.matchmaker.enter(it.next(), 1);
    if (entered.state !== 'reserved') throw new Error(`nobody free: ${entered.state}`);
    const { id, agentId } = entered.reservation;
    await it.matchmaker.accept(id, agentId);
    await it.matchmaker.complete(id, { state: 'ready' });
  };
  const cpu = await cpuOf(it.redis, 'fcall', () => atOnce(one));
  const bare = await floor(it.redis);
  const needed = await least(it.redis);
  it.close();
  return { cpu, least: needed, bare };
}

/** Every agent is busy, with few and with many waiting: who is done gets the next at once, and somebody asks anew. */
export async function waiting(process: RedisProcess): Promise<void> {
  const few = await busyAgents(process, 100);
  const many = await busyAgents(process, 100_000);
  report(BENCH, 'growth_waiting', many.cpu, few.cpu, 'us');
  report(BENCH, 'position_growth', many.position, few.position, 'us');
  // What the outbox keeps is bounded and small here, so that the line itself is what grows.
  report(BENCH, 'bytes_waiting', many.bytes, 600, 'B');
}

async function busyAgents(
  process: RedisProcess,
  line: number,
): Promise<{ cpu: number; position: number; bytes: number }> {
  const it = await Bare.open(process, AT_ONCE);
  const before = await memory(it.redis);
  await it.fill(line + AT_ONCE);
  const bytes = ((await memory(it.redis)) - before) / (line + AT_ONCE);
  for (const agent of it.agents) await it.ready(agent);
  const middle = it.at(line / 2);
  const position = await cpuOf(it.redis, 'fcall', () =>
    atOnce(async () => {
      const [tag] = await it.matchmaker.run('standing', middle, '', '');
      if (tag !== 'ok') throw new Error(`stands nowhere: ${tag}`);
    }),
  );
  const cpu = await cpuOf(it.redis, 'fcall', async () => {
    const held = await it.held();
    await Promise.all(
      held.map(async ([agentId, reservation]) => {
        await it.matchmaker.accept(reservation, agentId);
        await it.matchmaker.complete(reservation, { state: 'ready' });
        await it.matchmaker.enter(it.next(), 1);
      }),
    );
  });
  it.close();
  return { cpu, position, bytes };
}

async function memory(redis: Redis): Promise<number> {
  return Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]);
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
  return cpuOf(redis, 'evalsha', () => atOnce(one));
}

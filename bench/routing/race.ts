import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { RedisProcess } from '../../test/routing/redis-process.ts';
import { readStep, toldReservation } from '../../routing/testing.ts';
import { report } from '../report.ts';
import { Bare } from './parts.ts';

const BENCH = 'routing';
const PROCESSES = 4;
const AGENTS = 100;
const OUTBOX = 100_000;
const OFFER_MS = 2_000;
const KILLS = 40;
const SWEEP_MS = 100;

/**
 * `REQUESTS=100000 BENCH=race make bench`: four processes ask for, take, reject, claim and leave contacts of one
 * centre, and every now and then one is killed and another takes its place. Whoever reads
 * the outbox then judges: nobody and no agent was ever held twice, fences grew, every contact came to its end once.
 */
export async function race(): Promise<void> {
  const { REQUESTS: asked, LONG: long } = process.env;
  const requests = Number(asked ?? (long === undefined ? 100_000 : 1_000_000));
  if (!Number.isInteger(requests) || requests < PROCESSES * 1_000) {
    console.error(`REQUESTS=${asked ?? ''} is not a number of at least ${PROCESSES * 1_000}.`);
    process.exit(1);
  }
  const redis = await RedisProcess.start();
  const began = performance.now();
  try {
    const bare = await Bare.open(redis, AGENTS, OUTBOX, OFFER_MS);
    for (const agent of bare.agents) await bare.ready(agent);
    const judge = new Judge(redis.client());
    const sweeping = setInterval(() => void sweep(bare), SWEEP_MS);
    const judging = judge.listen();
    const kills = await run(redis.url, requests);
    clearInterval(sweeping);
    judge.stop();
    await judging;
    const seconds = (performance.now() - began) / 1_000;
    const { reservations, ended, faults } = judge;
    for (const fault of faults.slice(0, 10)) console.error(fault);
    if (ended !== requests) console.error(`${ended} of ${requests} contacts came to their end`);
    report(BENCH, 'double_reservations', faults.length + Math.abs(requests - ended), 1, `of ${requests}`);
    report(BENCH, 'race_reservations', reservations, requests, 'reservations');
    report(BENCH, 'race_kills', kills, KILLS, 'kills');
    report(BENCH, 'race_per_s', requests / seconds, 1_400, '1/s');
    bare.close();
  } finally {
    await redis.remove();
  }
}

/** Offers of those who were killed lapse, and whoever missed one is made ready again. */
async function sweep(bare: Bare): Promise<void> {
  await bare.matchmaker.run('sweep', 'race', 60_000, 500, 1_000);
  for (const agent of await bare.missed()) await bare.ready(agent);
}

async function run(url: string, requests: number): Promise<number> {
  const share = Math.ceil(requests / PROCESSES);
  const lows = Array.from({ length: PROCESSES }, (_, slot) => slot * share);
  const ends = lows.map((low) => Math.min(requests, low + share));
  const children: (ChildProcess | undefined)[] = [];
  let kills = 0;
  const start = (slot: number): ChildProcess => {
    const args = [url, AGENTS, OUTBOX, OFFER_MS, slot, lows[slot] ?? 0, ends[slot] ?? 0].map(String);
    const child = fork(join(import.meta.dirname, 'racer/main.ts'), args);
    child.on('message', ({ low }: { low: number }) => {
      lows[slot] = Math.max(lows[slot] ?? 0, low);
      const done = lows.reduce((sum, it, i) => sum + it - i * share, 0);
      if (done < (kills + 1) * (requests / (KILLS + 1))) return;
      // Not always the one that has come furthest.
      const victim = children[kills % PROCESSES];
      if (victim?.exitCode !== null || (lows[kills % PROCESSES] ?? 0) >= (ends[kills % PROCESSES] ?? 0))
        return;
      kills += 1;
      victim.kill('SIGKILL');
    });
    children[slot] = child;
    return child;
  };
  const runs = lows.map(async (_, slot) => {
    for (;;) {
      const [code, signal] = (await once(start(slot), 'exit')) as [number | null, string | null];
      if (code === 0) return;
      if (signal !== 'SIGKILL') throw new Error(`a process of the race failed: ${String(code)}`);
    }
  });
  await Promise.all(runs);
  return kills;
}

type Step = ReturnType<typeof readStep>;

/** Reads what happened as a stranger would, from the outbox alone. */
class Judge {
  readonly faults: string[] = [];
  reservations = 0;
  ended = 0;
  readonly #redis: Redis;
  readonly #byAgent = new Map<string, string>();
  readonly #byContact = new Map<string, string>();
  #fence = 0n;
  #last = '0-0';
  #over = false;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  stop(): void {
    this.#over = true;
  }

  async listen(): Promise<void> {
    for (;;) {
      const stopping = this.#over;
      const reply = await this.#redis.xread('COUNT', 1_000, 'BLOCK', 200, 'STREAMS', Bare.outbox, this.#last);
      const entries = reply?.[0]?.[1] ?? [];
      for (const [id, fields] of entries) {
        if (this.#last !== '0-0' && number(id) !== number(this.#last) + 1) {
          this.faults.push(`events between ${this.#last} and ${id} were missed`);
        }
        this.#last = id;
        for (const told of readStep(fields).told) this.#see(told);
      }
      if (stopping && entries.length === 0) break;
    }
    for (const [agent, open] of this.#byAgent) this.faults.push(`${agent} is still held by ${open}`);
    this.#redis.disconnect();
  }

  #see(told: Step['told'][number]): void {
    const { type } = told;
    if (type === 'contact.left') this.ended += 1;
    if (type === 'repaired' && !told.text.includes('first start'))
      this.faults.push(`${told.id}: ${told.text}`);
    if (!type.startsWith('reservation.')) return;
    const it = toldReservation(told);
    const made =
      type === 'reservation.created' || (type === 'reservation.accepted' && it.why.how === 'claimed');
    if (made) {
      this.reservations += 1;
      if (BigInt(it.fence) <= this.#fence) this.faults.push(`fence ${it.fence} came again`);
      this.#fence = BigInt(it.fence);
      for (const [held, name] of [
        [this.#byAgent, it.agentId],
        [this.#byContact, it.contactId],
      ] as const) {
        if (held.has(name)) this.faults.push(`${name} was held by ${held.get(name) ?? ''} and by ${it.id}`);
        held.set(name, it.id);
      }
    } else if (!/accepted|wrapup/.test(type)) {
      if (this.#byAgent.get(it.agentId) !== it.id) this.faults.push(`${it.id} ended and was not open`);
      this.#byAgent.delete(it.agentId);
      this.#byContact.delete(it.contactId);
      if (type === 'reservation.completed') this.ended += 1;
    }
  }
}

function number(id: string): number {
  return Number(id.split('-')[1]);
}

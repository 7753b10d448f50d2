import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOurs } from '../../embedded/launch/backends.ts';
import { freePort } from '../../embedded/launch/free-port.ts';
import type { AppDialog } from '../../test/embedded/sip-server/support/app.ts';
import { sdp } from '../../test/embedded/sip-server/support/app.ts';
import { sipp, sippWaiting, type Sipp } from '../../test/embedded/sip-server/support/sipp.ts';
import { quantile, report } from '../report.ts';
import { BareCaller } from './bare-caller.ts';
import { serverToMeasure, usedBy, type Measured } from './server.ts';

const AGENT = join(import.meta.dirname, 'agent.xml');
const LONGEST_S = 3600;
const WARM_UP = 1000;
/** Share of the rates we promise that is asked for: less on a machine that has other work. */
const SHARE = Number(process.env['SIP_BENCH_SHARE'] ?? 1);
const CALLBACKS_A_SECOND = 400 * SHARE;
const CALLS_A_SECOND = 500 * SHARE;
const LASTING_S = Number(process.env['SIP_BENCH_S'] ?? 10);
const LONG_CALLS = Number(process.env['SIP_BENCH_CALLS'] ?? 100_000);
/** No more than so many are under way at once: a machine that is too slow shows in the rate, not in a collapse. */
const AT_ONCE = 40;

/** Of sipp's sockets: its own are full after some sixty messages, and what is lost waits half a second for the next try. */
const LARGE_BUFFERS = ['-buff_size', '4194304'];

/** What was measured over the calls; the rate is that of their answers, from the first to the last. */
interface Figures {
  readonly rate: number;
  readonly p50: number;
  readonly p95: number;
  readonly cpuMs: number;
  readonly failed: number;
}

/** `BENCH=sip make bench`: two-leg callbacks and B2BUA calls at the rates we promise, beside the least that could do it. */
export async function sip(): Promise<void> {
  await withPhones(async (agent, customer) => {
    const bare = await BareCaller.open();
    const floor = await callbacks(ownUse, () => bare.callback(agent, customer, sdp('bare')));
    bare.close();
    const server = await serverToMeasure();
    const ours = await callbacks(
      () => server.used(),
      () => callback(server, agent, customer),
    );
    await server.stop();
    tell('callbacks', ours, floor);
  });
  await withPhones(async (_agent, customer) => {
    const relay = await startOurs(
      'bare-relay',
      'bench/sip/bare-relay/main.ts',
      { FLOOR_SIP_TO: String(customer), PATH: process.env['PATH'] ?? '' },
      () => () => {},
    );
    const floor = await calls(() => usedBy(relay.pid), `127.0.0.1:${String(relay.ready['port'])}`);
    await relay.stop();
    const server = await serverToMeasure();
    server.app.invite((req, res) => {
      void server.app.createB2BUA(req, res, uriOf(customer), {}).then(
        ({ uas, uac }) => {
          uas.on('destroy', () => void uac.destroy().catch(() => {}));
          uac.on('destroy', () => void uas.destroy().catch(() => {}));
        },
        () => {}, // sipp counts it as failed
      );
    });
    const ours = await calls(() => server.used(), `${server.host}:${String(server.sipPort)}`);
    await server.stop();
    tell('b2bua', ours, floor);
  });
}

/** `BENCH=sip-long make bench`: 100,000 callbacks, and the memory that is held after the first fifth, and at the end. */
export async function sipLong(): Promise<void> {
  await withPhones(async (agent, customer) => {
    const server = await serverToMeasure();
    let begun = 0;
    let failed = 0;
    let early = Number.NaN;
    const began = performance.now();
    await atRate(LONG_CALLS, async () => {
      if (++begun === Math.floor(LONG_CALLS / 5)) early = (await server.used()).rssMb;
      await callback(server, agent, customer)
        .then(({ over }) => over)
        .catch(() => failed++);
    });
    const rate = (begun / (performance.now() - began)) * 1000;
    report('sip-long', 'callbacks_rate', rate, CALLBACKS_A_SECOND, '/s');
    report('sip-long', 'callbacks_failed', failed, 0, 'calls');
    report('sip-long', 'memory', (await server.used()).rssMb, early, 'MB');
    await server.stop();
  });
}

const uriOf = (port: number): string => `sip:callee@127.0.0.1:${String(port)}`;

/** Agent first, then the customer, then the agent is told of the customer: as the product does it. */
async function callback(
  { app }: Measured,
  agent: number,
  customer: number,
): Promise<{ over: Promise<unknown> }> {
  const options = { localSdp: sdp('callback') };
  const first: AppDialog = await app.createUAC(uriOf(agent), options);
  const second: AppDialog = await app.createUAC(uriOf(customer), options);
  const told = await first.request({ method: 'INVITE', body: second.remote.sdp });
  if (told.status !== 200) throw new Error(`the agent was not told: ${String(told.status)}`);
  return { over: Promise.all([first.destroy(), second.destroy()]) };
}

/** Callbacks begun at a steady rate. */
async function callbacks(
  used: () => Promise<{ cpuMs: number }>,
  one: () => Promise<{ over: Promise<unknown> }>,
): Promise<Figures> {
  const took: number[] = [];
  const answeredAt: number[] = [];
  let failed = 0;
  const begin = async (): Promise<void> => {
    const from = performance.now();
    try {
      const { over } = await one();
      answeredAt.push(performance.now());
      took.push(performance.now() - from);
      await over;
    } catch {
      failed++;
    }
  };
  // Until the compiler has seen enough of it.
  for (let n = 0; n < WARM_UP; n += 20) await Promise.all(Array.from({ length: 20 }, begin));
  took.length = answeredAt.length = 0;
  const before = await used();
  const total = CALLBACKS_A_SECOND * LASTING_S;
  await atRate(total, begin);
  const after = await used();
  return {
    rate: rateOf(answeredAt),
    p50: quantile(took, 0.5),
    p95: quantile(took, 0.95),
    cpuMs: (after.cpuMs - before.cpuMs) / total,
    failed,
  };
}

/** How many came in a second, from the first to the last: a program's start and end are no part of it. */
function rateOf(atMs: readonly number[]): number {
  const span = quantile(atMs, 1) - quantile(atMs, 0);
  return ((atMs.length - 1) / span) * 1000;
}

/** Begins callbacks as they fall due; no more than so many are under way. */
async function atRate(total: number, begin: () => Promise<void>): Promise<void> {
  const began = performance.now();
  const underWay = new Set<Promise<void>>();
  for (let begun = 0; begun < total;) {
    const due = Math.min(total, ((performance.now() - began) / 1000) * CALLBACKS_A_SECOND);
    for (; begun < due && underWay.size < AT_ONCE; begun++) {
      const one = begin().finally(() => underWay.delete(one));
      underWay.add(one);
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(underWay);
}

/** Calls of sipp's at a steady rate; it measures from INVITE to 200. */
async function calls(used: () => Promise<{ cpuMs: number }>, target: string): Promise<Figures> {
  await inFolder(async (folder) => {
    await call(folder, target, WARM_UP).done;
  });
  return inFolder(async (folder) => {
    const before = await used();
    const total = CALLS_A_SECOND * LASTING_S;
    await call(folder, target, total).done;
    const after = await used();
    const took: number[] = [];
    const answeredAt: number[] = [];
    for (const file of await readdir(folder)) {
      if (!file.endsWith('_rtt.csv')) continue;
      for (const line of (await readFile(join(folder, file), 'latin1')).split('\n').slice(1)) {
        const [at, ms] = line.split(';');
        if (ms === undefined) continue;
        answeredAt.push(Number(at));
        took.push(Number(ms));
      }
    }
    return {
      rate: rateOf(answeredAt),
      p50: quantile(took, 0.5),
      p95: quantile(took, 0.95),
      cpuMs: (after.cpuMs - before.cpuMs) / total,
      failed: total - took.length,
    };
  });
}

function call(folder: string, target: string, count: number): Sipp {
  const args = [
    '-m',
    String(count),
    '-r',
    String(CALLS_A_SECOND),
    '-l',
    '5000',
    '-trace_rtt',
    '-rtt_freq',
    '1',
  ];
  return sipp('uac.xml', [...LARGE_BUFFERS, ...args, target], LONGEST_S, folder);
}

async function inFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'sip-bench-'));
  try {
    return await run(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** An agent's and a customer's telephone that take any number of calls. */
async function withPhones(run: (agent: number, customer: number) => Promise<void>): Promise<void> {
  const [agentPort, customerPort] = [await freePort(), await freePort()];
  const agent = await sippWaiting(AGENT, agentPort, 'udp', LARGE_BUFFERS, LONGEST_S);
  const customer = await sippWaiting('uas.xml', customerPort, 'udp', LARGE_BUFFERS, LONGEST_S);
  try {
    await run(agentPort, customerPort);
  } finally {
    agent.stop();
    customer.stop();
  }
}

function ownUse(): Promise<{ cpuMs: number }> {
  const { user, system } = process.cpuUsage();
  return Promise.resolve({ cpuMs: (user + system) / 1000 });
}

function tell(what: string, ours: Figures, floor: Figures): void {
  for (const [metric, unit] of [
    ['rate', '/s'],
    ['p50', 'ms'],
    ['p95', 'ms'],
    ['cpuMs', 'ms a call'],
    ['failed', 'calls'],
  ] as const) {
    report('sip', `${what}_${metric === 'cpuMs' ? 'cpu' : metric}`, ours[metric], floor[metric], unit);
  }
}

import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serialize } from 'bson';
import mongoose from 'mongoose';
import { startOurs } from '../../embedded/launch/backends.ts';
import type { Program } from '../../embedded/launch/program.ts';
import { report } from '../report.ts';
import { type Ask, bareClients, wireClients } from './wire-client.ts';

const DOCS = 100_000;
const IN_FLIGHT = 16;
const EACH_MS = 4_000;
const COLLECTION = 'callbacks';
const DURABLE = { w: 'majority', journal: true } as const;
const DURABLE_ON_WIRE = { w: 'majority', j: true } as const;
const quiet = () => (): void => {};

/**
 * A hundred thousand documents with three indexes beside `_id`, 16 requests in flight, on the embedded MongoDB server or
 * on the one of MONGODB_URL. The floor beside each figure does the same bare: BSON there and back over TCP, with an
 * append and a shared fdatasync before the answer to a write; for the reopening, reading the documents from a file.
 */
export async function mongo(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'bench-mongo-'));
  const env = { ...definedEnv(), DATA_DIR: dataDir, MONGO_PORT: '0', LOG_LEVEL: 'error' };
  const given = process.env['MONGODB_URL'];
  const start = (): Promise<Program> => startOurs('mongodb', 'embedded/mongo-server/main.ts', env, quiet);
  let server = given ? undefined : await start();
  const floor = await startOurs('floor', 'bench/mongo/bare/main.ts', env, quiet);
  const url = (): string => given ?? (server?.ready['mongo'] as { url: string }).url;
  const db = `bench-${String(process.pid)}`;
  try {
    await fill(url(), db);
    if (server) {
      server.kill('SIGKILL');
      await server.exited;
      server = await reopened(start, env, dataDir);
    }
    await rates(url(), db, server?.pid, floor);
  } finally {
    if (given) await withDriver(given, (client) => client.db(db).dropDatabase());
    await floor.stop();
    await server?.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function fill(url: string, db: string): Promise<void> {
  await withDriver(url, async (client) => {
    const docs = client.db(db).collection<Doc>(COLLECTION, { writeConcern: DURABLE });
    await docs.createIndexes([
      { key: { centre: 1, key: 1 }, unique: true },
      { key: { centre: 1, open: 1, dueAt: 1 }, partialFilterExpression: { open: { $exists: true } } },
      { key: { expireAt: 1 }, expireAfterSeconds: 0 },
    ]);
    for (let from = 0; from < DOCS; from += 1000) {
      await docs.insertMany(Array.from({ length: 1000 }, (_, i) => fresh(from + i)));
    }
  });
}

/** Starts the killed server again, and tells how long it takes until it answers with all documents. */
async function reopened(
  start: () => Promise<Program>,
  env: Record<string, string>,
  dataDir: string,
): Promise<Program> {
  const file = join(dataDir, 'docs');
  for (let from = 0; from < DOCS; from += 10_000) {
    const docs = Array.from({ length: 10_000 }, (_, i) => serialize(fresh(from + i)));
    await appendFile(file, Buffer.concat(docs));
  }
  const timed = async (run: () => Promise<Program>): Promise<[Program, seconds: number]> => {
    const began = performance.now();
    return [await run(), (performance.now() - began) / 1000];
  };
  const [bare, floor] = await timed(() =>
    startOurs('floor', 'bench/mongo/bare/main.ts', { ...env, FLOOR_DOCS: file }, quiet),
  );
  await bare.stop();
  const [server, ours] = await timed(start);
  tell('reopen_100k', ours, floor, 's');
  return server;
}

async function rates(url: string, db: string, pid: number | undefined, floor: Program): Promise<void> {
  const callers = await wireClients(url, db, IN_FLIGHT);
  const bareCallers = await bareClients(Number(floor.ready['port']), IN_FLIGHT);
  const bare = (durable: boolean) => () => rate(bareCallers, (ask) => ask({ ...fresh(0), durable }));
  const ours = (command: () => object) => () => rate(callers, (ask) => ask(command()));
  const any = (): string => `callback-${String(Math.floor(Math.random() * DOCS))}`;
  const echo = await measured(floor.pid, bare(false));
  const durable = await measured(floor.pid, bare(true));
  const find = () => ({
    find: COLLECTION,
    filter: { _id: any() },
    limit: 1,
    singleBatch: true,
    batchSize: 1,
  });
  reportBoth('findOne', await measured(pid, ours(find)), echo);
  const move = () => ({
    findAndModify: COLLECTION,
    query: { _id: any() },
    remove: false,
    new: true,
    update: { $set: { state: 'matched', dueAt: Date.now() }, $inc: { version: 1 } },
    writeConcern: DURABLE_ON_WIRE,
  });
  reportBoth('findOneAndUpdate', await measured(pid, ours(move)), durable);
  let next = DOCS;
  const insert = () => ({
    insert: COLLECTION,
    ordered: true,
    documents: [fresh(next++)],
    writeConcern: DURABLE_ON_WIRE,
  });
  reportBoth('insertOne', await measured(pid, ours(insert)), durable);
}

async function withDriver(
  url: string,
  run: (client: mongoose.mongo.MongoClient) => Promise<unknown>,
): Promise<void> {
  const client = await mongoose.mongo.MongoClient.connect(url);
  try {
    await run(client);
  } finally {
    await client.close();
  }
}

type Doc = ReturnType<typeof fresh>;

/** Of the size and shape of a callback. */
function fresh(n: number) {
  return {
    _id: `callback-${String(n)}`,
    centre: 'main',
    key: `0b9d7c1e-53b5-4f0e-8f57-${String(n).padStart(12, '0')}`,
    open: true,
    state: 'queued',
    version: 1,
    dueAt: 1_800_000_000_000 + n,
    expireAt: new Date(4_000_000_000_000 + n),
    wish: { phone: `+4420794${String(n % 10_000).padStart(5, '0')}`, topic: 'sales', language: 'en' },
    history: [{ at: 1_800_000_000_000 + n, type: 'requested', by: 'visitor' }],
  };
}

interface Measured {
  /** Calls a second. */
  rate: number;
  /** Processor time that a call costs the server, in microseconds: tells more than the rate on a machine that is busy. */
  cpu: number | undefined;
}

async function measured(pid: number | undefined, run: () => Promise<number>): Promise<Measured> {
  await run(); // what is called for the first time is compiled only later
  const [before, began] = [await cpuOf(pid), performance.now()];
  const rate = await run();
  const [after, seconds] = [await cpuOf(pid), (performance.now() - began) / 1000];
  return {
    rate,
    cpu: before === undefined || after === undefined ? undefined : (after - before) / (rate * seconds),
  };
}

/** Microseconds of processor time a process has had (proc(5): utime and stime, in hundredths of a second). */
async function cpuOf(pid: number | undefined): Promise<number | undefined> {
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => undefined);
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields && (Number(fields[11]) + Number(fields[12])) * 10_000;
}

function reportBoth(metric: string, ours: Measured, floor: Measured): void {
  tell(metric, ours.rate, floor.rate);
  if (ours.cpu !== undefined && floor.cpu !== undefined) tell(`${metric}_cpu`, ours.cpu, floor.cpu, 'us');
}

/** Calls a second, each of the callers always with one call on its way. */
async function rate(callers: readonly Ask[], call: (ask: Ask) => Promise<unknown>): Promise<number> {
  const until = performance.now() + EACH_MS;
  let done = 0;
  const began = performance.now();
  await Promise.all(
    callers.map(async (caller) => {
      for (; performance.now() < until; done++) await call(caller);
    }),
  );
  return (done * 1000) / (performance.now() - began);
}

function tell(metric: string, value: number, floor: number, unit = '1/s'): void {
  report('mongo', metric, value, floor, unit);
}

function definedEnv(): Record<string, string> {
  return Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >;
}

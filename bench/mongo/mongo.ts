import { once } from 'node:events';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deserialize, serialize } from 'bson';
import mongoose from 'mongoose';
import { startOurs } from '../../embedded/launch/backends.ts';
import type { Program } from '../../embedded/launch/program.ts';
import { report } from '../report.ts';

const DOCS = 100_000;
const IN_FLIGHT = 16;
const EACH_MS = 4_000;
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
  const server = given ? undefined : await start();
  const floor = await startOurs('floor', 'bench/mongo/bare/main.ts', env, quiet);
  try {
    const url = given ?? (server?.ready['mongo'] as { url: string }).url;
    await rates(url, server?.pid, floor);
    if (server) await reopening(server, start, env, dataDir);
  } finally {
    await floor.stop();
    await server?.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function rates(url: string, pid: number | undefined, floor: Program): Promise<void> {
  const client = await mongoose.mongo.MongoClient.connect(url, { maxPoolSize: IN_FLIGHT });
  const db = client.db(`bench-${String(process.pid)}`);
  const docs = db.collection<Doc>('callbacks', { writeConcern: { w: 'majority', journal: true } });
  try {
    await docs.createIndexes([
      { key: { centre: 1, key: 1 }, unique: true },
      { key: { centre: 1, open: 1, dueAt: 1 }, partialFilterExpression: { open: { $exists: true } } },
      { key: { expireAt: 1 }, expireAfterSeconds: 0 },
    ]);
    for (let from = 0; from < DOCS; from += 1000) {
      await docs.insertMany(Array.from({ length: 1000 }, (_, i) => fresh(from + i)));
    }
    const port = Number(floor.ready['port']);
    const bare = (durable: boolean) => async () =>
      rate(await exchange(port), (call) => call({ ...fresh(0), durable }));
    const echo = await measured(floor.pid, bare(false));
    const durable = await measured(floor.pid, bare(true));
    const any = (): string => `callback-${String(Math.floor(Math.random() * DOCS))}`;
    let next = DOCS;
    const callbacks = Array.from({ length: IN_FLIGHT }, () => docs);
    const find = () => rate(callbacks, (it) => it.findOne({ _id: any() }));
    reportBoth('findOne', await measured(pid, find), echo);
    const move = () => ({ $set: { state: 'matched', dueAt: Date.now() }, $inc: { version: 1 } });
    const after = { returnDocument: 'after' } as const;
    const update = () => rate(callbacks, (it) => it.findOneAndUpdate({ _id: any() }, move(), after));
    reportBoth('findOneAndUpdate', await measured(pid, update), durable);
    const insert = () => rate(callbacks, (it) => it.insertOne(fresh(next++)));
    reportBoth('insertOne', await measured(pid, insert), durable);
  } finally {
    if (process.env['MONGODB_URL']) await db.dropDatabase();
    await client.close();
  }
}

/** Kills the server, and tells how long it takes until it is ready again with all documents. */
async function reopening(
  server: Program,
  start: () => Promise<Program>,
  env: Record<string, string>,
  dataDir: string,
): Promise<void> {
  server.kill('SIGKILL');
  await server.exited;
  const seconds = async (run: () => Promise<Program>): Promise<number> => {
    const began = performance.now();
    const program = await run();
    const took = (performance.now() - began) / 1000;
    await program.stop();
    return took;
  };
  const file = join(dataDir, 'docs');
  for (let from = 0; from < DOCS; from += 10_000) {
    const docs = Array.from({ length: 10_000 }, (_, i) => serialize(fresh(from + i)));
    await appendFile(file, Buffer.concat(docs));
  }
  const ours = await seconds(start);
  const bare = await seconds(() =>
    startOurs('floor', 'bench/mongo/bare/main.ts', { ...env, FLOOR_DOCS: file }, quiet),
  );
  tell('reopen_100k', ours, bare, 's');
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
async function rate<T>(callers: readonly T[], call: (caller: T) => Promise<unknown>): Promise<number> {
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

/** Sixteen connections to the floor, each a function that sends a document and waits for it to come back. */
function exchange(port: number): Promise<((doc: object) => Promise<unknown>)[]> {
  return Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      const socket = connect(port, '127.0.0.1');
      socket.setNoDelay(true).unref();
      await once(socket, 'connect');
      return async (doc: object) => {
        socket.write(serialize(doc));
        const [bytes] = (await once(socket, 'data')) as [Buffer];
        return deserialize(bytes);
      };
    }),
  );
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

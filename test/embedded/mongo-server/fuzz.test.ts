import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { type Socket, connect } from 'node:net';
import { Decimal128, Double, Long, MaxKey, MinKey, ObjectId, Timestamp, deserialize, serialize } from 'bson';
import { type ChildServer, startChild } from './support/child-server.ts';
import { temporaryDirectory } from './support/server.ts';

/** How long; `FUZZ_MS=600000` is ten minutes. `FUZZ_SEED` repeats what a failure printed. */
const LASTS_MS = Number(process.env['FUZZ_MS'] ?? 1_500);
const SEED = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 31));
const MOST_MB = 700;

/**
 * OP_MSG as a hostile or broken client sends it: commands that are valid, commands with a part swapped for another, bytes
 * turned over, bytes cut and joined, and noise. The server may refuse or close; it may not end, fall silent, forget or grow.
 */
describe(`The embedded MongoDB server under fuzz (FUZZ_SEED=${String(SEED)})`, function () {
  this.timeout(LASTS_MS + 60_000);
  let directory: ReturnType<typeof temporaryDirectory>;
  let server: ChildServer;
  before(async () => {
    directory = temporaryDirectory();
    server = await startChild(directory.path, { MONGO_MEMORY_MB: '64', LOG_LEVEL: 'silent' });
  });
  after(async () => {
    await server.end('SIGTERM');
    directory.remove();
  });

  it('answers a good client all the while, stays within its memory, and keeps what it acknowledged [MO4]', async () => {
    const random = generator(SEED);
    const port = Number(new URL(server.url).port);
    const good = await Line.open(port);
    const until = performance.now() + LASTS_MS;
    const count = { bursts: 0, answered: 0, refused: 0, closed: 0 };
    // On a slow disk few bursts go by in that time: it ends when each thing has happened.
    const goesOn = () => performance.now() < until || Math.min(...Object.values(count)) === 0;
    for (let bad = await Line.open(port); goesOn(); count.bursts++) {
      bad.write(Buffer.concat(Array.from({ length: 1 + random(8) }, () => hostile(random))));
      const raise = { q: { _id: 1 }, u: { $inc: { n: 1 } }, upsert: true };
      const reply = await good.ask({ update: 'kept', updates: [raise], $db: 'good' });
      assert.deepEqual({ n: reply['n'], ok: reply['ok'] }, { n: 1, ok: 1 });
      if (!bad.isClosed && random(100) > 0) continue;
      if (bad.isClosed) count.closed++;
      count.answered += bad.answered;
      count.refused += bad.refused;
      bad.end();
      bad = await Line.open(port);
      if (random(20) === 0) await good.ask({ dropDatabase: 1, $db: 'fuzz' });
      assert.ok(residentMb(server.process.pid) < MOST_MB, 'its memory grew');
    }
    good.end();
    if (process.env['FUZZ_MS']) process.stderr.write(`${JSON.stringify({ seed: SEED, ...count })}\n`);
    await server.end('SIGKILL');
    server = await startChild(directory.path, { LOG_LEVEL: 'silent' });
    const again = await Line.open(Number(new URL(server.url).port));
    const { cursor } = await again.ask({ find: 'kept', $db: 'good' });
    assert.deepEqual((cursor as { firstBatch: object }).firstBatch, [{ _id: 1, n: count.bursts }]);
    again.end();
  });
});

/** What a process takes of the machine's memory; 0 where there is no /proc. */
function residentMb(pid = 0): number {
  const file = `/proc/${String(pid)}/status`;
  if (!existsSync(file)) return 0;
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(file, 'utf8'))?.[1] ?? 0) / 1024;
}

type Random = (below: number) => number;

/** Mulberry32: small, fast, and the same numbers for the same seed. */
function generator(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const NAMES = [
  '_id',
  'a',
  'a.b',
  'a.$',
  'a.$[]',
  'a.$[e]',
  '$',
  '',
  '__proto__',
  '$where',
  'a..b',
  '0',
  'é\u{1f600}',
];
const WORDS = (
  'hello ping find insert update delete findAndModify aggregate count createIndexes dropIndexes listIndexes drop create ' +
  'getMore killCursors listCollections listDatabases saslStart saslContinue filter query sort projection limit skip batchSize ' +
  'updates documents deletes q u multi upsert arrayFilters pipeline cursor indexes key name unique partialFilterExpression ' +
  'expireAfterSeconds $and $or $nor $not $in $nin $eq $ne $gt $lt $exists $type $regex $options $elemMatch $set $unset $inc ' +
  '$min $max $push $pull $addToSet $each $slice $setOnInsert $match $group $project $sort $limit $skip $count $sample $unionWith $sum'
).split(' ');

function pick<T>(random: Random, from: readonly T[]): T {
  return from[random(from.length)] as T;
}

function anyValue(random: Random, depth = 0): unknown {
  const kind = random(depth > 4 ? 13 : 17);
  if (kind < 3) return random(10) - 3;
  if (kind < 5) return pick(random, [...NAMES, ...WORDS]);
  if (kind > 14) return Array.from({ length: random(4) }, () => anyValue(random, depth + 1));
  if (kind > 12) return anyDoc(random, depth + 1);
  return pick<unknown>(random, [
    null,
    true,
    NaN,
    1e308,
    new Double(1),
    Long.MAX_VALUE,
    new Date(8.64e15),
    new ObjectId(),
    /^x+$/i,
    new MinKey(),
    new MaxKey(),
    Decimal128.fromString('1E+400'),
    new Timestamp({ t: 1, i: 1 }),
    Buffer.alloc(random(9)),
    'x'.repeat(random(5000)),
  ]);
}

function anyDoc(random: Random, depth = 0): Record<string, unknown> {
  const names = Array.from({ length: random(4) }, () => pick(random, random(2) ? NAMES : WORDS));
  return Object.fromEntries(names.map((name) => [name, anyValue(random, depth + 1)]));
}

/** A command that means something. */
function goodCommand(random: Random): Record<string, unknown> {
  const filter = { a: random(20) };
  const at = { $db: 'fuzz' };
  return pick<Record<string, unknown>>(random, [
    { insert: 'c', documents: [{ _id: random(500), a: random(20), list: [{ x: 1 }] }], ...at },
    {
      find: 'c',
      filter: { $or: [filter, { list: { $elemMatch: { x: 1 } } }] },
      sort: { a: -1 },
      limit: 5,
      ...at,
    },
    { find: 'c', filter, projection: { a: 1 }, batchSize: 2, ...at },
    {
      update: 'c',
      updates: [{ q: filter, u: { $set: { 'list.$[].x': 2 }, $inc: { n: 1 } }, upsert: true }],
      ...at,
    },
    { delete: 'c', deletes: [{ q: filter, limit: 1 }], ...at },
    {
      findAndModify: 'c',
      query: filter,
      update: { $push: { list: { $each: [1], $slice: -3 } } },
      new: true,
      ...at,
    },
    {
      aggregate: 'c',
      pipeline: [{ $match: filter }, { $group: { _id: '$a', n: { $sum: 1 } } }],
      cursor: {},
      ...at,
    },
    { createIndexes: 'c', indexes: [{ key: { a: 1, 'list.x': -1 }, name: 'i' }], ...at },
    { dropIndexes: 'c', index: '*', ...at },
    { getMore: Long.fromNumber(random(1e9)), collection: 'c', ...at },
    { hello: 1, client: { driver: { name: 'fuzz' } }, $db: 'admin' },
    { listCollections: 1, cursor: {}, ...at },
    { listDatabases: 1, $db: 'admin' },
  ]);
}

/** Puts another value somewhere into a command. */
function spoiled(random: Random, value: unknown): unknown {
  if (random(4) === 0) return anyValue(random);
  if (Array.isArray(value) && value.length > 0) {
    const at = random(value.length);
    return value.map((it: unknown, i) => (i === at ? spoiled(random, it) : it));
  }
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) {
    return anyValue(random);
  }
  const entries = Object.entries(value);
  const at = random(entries.length + 1);
  if (at === entries.length) return { ...value, ...anyDoc(random) };
  return Object.fromEntries(entries.map(([name, it], i) => [name, i === at ? spoiled(random, it) : it]));
}

function hostile(random: Random): Buffer {
  const how = random(10);
  const command = how < 3 ? goodCommand(random) : (spoiled(random, goodCommand(random)) as object);
  const bytes = message(how === 3 ? anyDoc(random) : command, random(1 << 30));
  if (how < 7) return bytes;
  if (how === 7) {
    for (let i = random(6) + 1; i > 0; i--) bytes.writeUInt8(random(256), 16 + random(bytes.length - 16));
    return bytes;
  }
  if (how === 8) {
    for (let i = random(3) + 1; i > 0; i--) bytes.writeUInt8(random(256), random(bytes.length));
    return random(2) ? bytes : bytes.subarray(0, random(bytes.length));
  }
  return Buffer.from(Array.from({ length: random(200) }, () => random(256)));
}

function message(body: object, id: number): Buffer {
  let bson: Uint8Array;
  try {
    bson = serialize(Array.isArray(body) || Object.getPrototypeOf(body) !== Object.prototype ? {} : body);
  } catch {
    bson = serialize({}); // what a driver would not send either, such as a name with a zero in it
  }
  const bytes = Buffer.alloc(21 + bson.length);
  bytes.writeInt32LE(bytes.length, 0);
  bytes.writeInt32LE(id, 4);
  bytes.writeInt32LE(2013, 12);
  bytes.set(bson, 21);
  return bytes;
}

/** One connection, which counts the answers it gets. */
class Line {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #rest = Buffer.alloc(0);
  #nextId = 2 ** 30;
  isClosed = false;
  answered = 0;
  refused = 0;

  static async open(port: number): Promise<Line> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new Line(socket);
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => {}); // a reset is as good as an end
    socket.on('close', () => (this.isClosed = true));
    socket.on('data', (chunk) => this.#heard(chunk));
  }

  write(bytes: Buffer): void {
    if (!this.isClosed) this.#socket.write(bytes);
  }

  ask(command: object): Promise<Reply> {
    const id = ++this.#nextId;
    this.write(message(command, id));
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  end(): void {
    this.#socket.destroy();
  }

  #heard(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= 4 && this.#rest.length >= this.#rest.readInt32LE(0)) {
      const bytes = this.#rest.subarray(0, this.#rest.readInt32LE(0));
      this.#rest = this.#rest.subarray(bytes.length);
      if (bytes.readInt32LE(12) !== 2013) continue; // an answer to what became an OP_QUERY
      const reply: Reply = deserialize(bytes.subarray(21));
      this.answered++;
      if (reply['ok'] === 0) this.refused++;
      const id = bytes.readInt32LE(8);
      this.#waiting.get(id)?.(reply);
      this.#waiting.delete(id);
    }
  }
}

type Reply = Record<string, unknown>;

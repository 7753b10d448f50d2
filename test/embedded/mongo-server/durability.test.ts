import assert from 'node:assert/strict';
import {
  constants,
  cpSync,
  existsSync,
  readdirSync,
  renameSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import mongoose from 'mongoose';
import { pino } from 'pino';
import { search } from '../../../embedded/mongo-server/query/find.ts';
import { MAGIC } from '../../../embedded/mongo-server/storage/journal-file.ts';
import { Store } from '../../../embedded/mongo-server/storage/store.ts';
import { startMongoServer } from '../../../embedded/mongo-server/server.ts';
import { startChild } from './support/child-server.ts';
import { temporaryDirectory } from './support/server.ts';

const { MongoClient } = mongoose.mongo;
const log = pino({ level: 'silent' });

describe('What the embedded MongoDB server has acknowledged', () => {
  let directory: ReturnType<typeof temporaryDirectory>;
  beforeEach(() => (directory = temporaryDirectory()));
  afterEach(() => directory.remove());

  const openStore = async (path: string, memoryBytes = 1e9): Promise<Store> => {
    const store = new Store({ directory: path, memoryBytes, log, onFailure: () => {} });
    await store.open();
    return store;
  };

  it('is there after a restart: documents, indexes, and what was dropped stays dropped', async () => {
    const first = await startMongoServer({ directory: directory.path });
    const client = await MongoClient.connect(first.url);
    const db = client.db('shop');
    await db
      .collection('calls')
      .createIndex({ state: 1 }, { unique: true, partialFilterExpression: { state: 'open' } }, undefined);
    await db.collection('calls').insertMany([{ state: 'open', n: 1 }, { state: 'done' }, { state: 'done' }]);
    await db.collection('calls').updateOne({ state: 'open' }, { $inc: { n: 41 } });
    await db.collection('calls').deleteOne({ state: 'done' });
    await db.collection('gone').insertOne({ x: 1 });
    await db.dropCollection('gone');
    await db.createCollection('empty');
    const before = await db.collection('calls').find().toArray();
    await client.close();
    await first.close();

    const second = await startMongoServer({ directory: directory.path });
    const again = (await MongoClient.connect(second.url)).db('shop');
    assert.deepEqual(await again.collection('calls').find().toArray(), before);
    assert.equal(before[0]?.['n'], 42);
    await assert.rejects(again.collection('calls').insertOne({ state: 'open' }), { code: 11000 });
    const names = (await again.listCollections().toArray()).map(({ name }) => name);
    assert.deepEqual(names.sort(), ['calls', 'empty']);
    await again.client.close();
    await second.close();
  });

  it('is on disk before the answer is sent: no answer comes while the durable write is held up', async () => {
    const server = await startMongoServer({ directory: directory.path });
    const client = await MongoClient.connect(server.url);
    const calls = client.db('shop').collection<{ _id: number }>('calls');
    await calls.insertOne({ _id: 0 });
    const [reached, gate] = [deferred(), deferred()];
    let isDurable = false;
    const restore = await replace(directory.path, 'writeFile', async (write, file) => {
      isDurable = isWrittenThrough(file);
      reached.resolve();
      await gate.promise;
      return write();
    });
    let acknowledged = 0;
    try {
      const writes = [1, 2, 3].map((_id) => calls.insertOne({ _id }).then(() => acknowledged++));
      await reached.promise;
      assert.equal(
        await calls.countDocuments({}),
        1 + (await calls.find({ _id: { $gt: 0 } }).toArray()).length,
      );
      assert.equal(acknowledged, 0);
      gate.resolve();
      await Promise.all(writes);
      assert.equal(acknowledged, 3);
      assert.ok(isDurable);
    } finally {
      restore();
    }
    await client.close();
    await server.close();
  });

  it('is all there is: when the disk refuses, nothing more is acknowledged', async () => {
    const failures: Error[] = [];
    const server = await startMongoServer({
      directory: directory.path,
      onFailure: (error) => failures.push(error),
    });
    const client = await MongoClient.connect(server.url);
    const calls = client.db('shop').collection<{ _id: number }>('calls');
    await calls.insertOne({ _id: 0 });
    const restore = await replace(directory.path, 'writeFile', () =>
      Promise.reject(new Error('no space left')),
    );
    try {
      await assert.rejects(calls.insertOne({ _id: 1 }), /no space left/);
    } finally {
      restore();
    }
    await assert.rejects(calls.insertOne({ _id: 2 }), /no space left/);
    assert.deepEqual(
      failures.map(({ message }) => message),
      ['no space left'],
    );
    await client.close();
    await server.close();
  });

  it('survives kill -9 under concurrent writes, five times over [MO1]', async function () {
    this.timeout(60_000);
    const inserted = new Set<string>();
    const counted = new Map<number, number>();
    for (let round = 0; round < 5; round++) {
      const child = await startChild(directory.path);
      const client = await MongoClient.connect(child.url, {
        serverSelectionTimeoutMS: 500,
        retryWrites: false,
      });
      const db = client.db('shop');
      let acknowledged = 0;
      const enough = deferred();
      const worker = async (number: number): Promise<void> => {
        for (let i = 0; ; i++) {
          const id = `${round}-${number}-${i}`;
          await db
            .collection<{ _id: string; text: string }>('calls')
            .insertOne({ _id: id, text: 'x'.repeat(i % 500) });
          inserted.add(id);
          const counter = await db
            .collection<{ _id: number; n: number }>('counters')
            .findOneAndUpdate({ _id: number }, { $inc: { n: 1 } }, { upsert: true, returnDocument: 'after' });
          counted.set(number, counter?.n ?? 0);
          if (++acknowledged === 200 + round * 37) enough.resolve();
        }
      };
      const workers = Array.from({ length: 16 }, (_, number) => worker(number).catch(() => {}));
      await enough.promise;
      await child.end('SIGKILL');
      await client.close(true);
      await Promise.all(workers);
    }
    const store = await openStore(join(directory.path, 'mongo'));
    const found = new Set([...(store.collection('shop.calls')?.items ?? [])].map(({ doc }) => doc['_id']));
    const lost = [...inserted].filter((id) => !found.has(id));
    assert.deepEqual(lost, []);
    assert.ok(inserted.size >= 1000);
    for (const { doc } of store.collection('shop.counters')?.items ?? []) {
      assert.ok((doc['n'] as number) >= (counted.get(doc['_id'] as number) ?? 0));
    }
    await store.close();
  });

  it('that lies before a torn or damaged end is found again, wherever the tear is [MO1]', async () => {
    const store = await openStore(directory.path);
    const collection = store.ensureCollection('shop.calls');
    for (let i = 0; i < 200; i++) collection.insert({ _id: i, text: 'x'.repeat(i) });
    await store.settled();
    const whole = join(directory.path, 'journal-00000001');
    const size = statSync(whole).size;
    const ends = entryEnds(readFileSync(whole));
    await store.close();
    for (let round = 0; round < 60; round++) {
      const cut = (round * 7919 * 31) % size;
      const copy = temporaryDirectory();
      cpSync(directory.path, copy.path, { recursive: true });
      const path = join(copy.path, 'journal-00000001');
      if (round % 2 === 0) truncateSync(path, cut);
      else flipByte(path, cut);
      const reopened = await openStore(copy.path);
      const survivors = [...(reopened.collection('shop.calls')?.items ?? [])].map(({ doc }) => doc['_id']);
      const expected = Math.max(0, ends.filter((end) => end <= cut).length - 1); // the first entry makes the collection
      assert.deepEqual(
        survivors,
        Array.from({ length: cut < 8 ? 0 : expected }, (_, i) => i),
      );
      reopened.ensureCollection('shop.calls').insert({ _id: 'after' });
      await reopened.settled();
      await reopened.close();
      const last = await openStore(copy.path);
      assert.equal(last.collection('shop.calls')?.size, survivors.length + 1);
      await last.close();
      copy.remove();
    }
  });

  it('outlives compaction, which keeps the journal near the size of what lives', async () => {
    const store = await openStore(directory.path);
    const collection = store.ensureCollection('shop.calls');
    store.createIndex(collection, { v: 2, key: { n: 1 }, name: 'n_1', unique: true });
    const items = Array.from({ length: 20 }, (_, i) => collection.insert({ _id: i, n: i, text: '' }));
    for (let i = 0; i < 2500; i++) {
      const item = items[i % 20];
      if (item) collection.replace(item, { ...item.doc, text: String(i).padEnd(20_000, 'x') });
      if (i % 50 === 0) await store.settled();
    }
    await store.settled();
    collection.insert({ _id: 'late', n: -1 });
    await store.close();
    assert.ok(store.journal.compactionsDone >= 1);
    const files = readdirSync(directory.path);
    const bytes = files.reduce((sum, name) => sum + statSync(join(directory.path, name)).size, 0);
    assert.ok(bytes < 40_000_000, `${bytes} bytes in ${files.join()}`);

    const reopened = await openStore(directory.path);
    const again = reopened.ensureCollection('shop.calls');
    assert.equal(again.size, 21);
    assert.equal(
      [...again.items].find(({ doc }) => doc['_id'] === 19)?.doc['text'],
      '2499'.padEnd(20_000, 'x'),
    );
    assert.throws(() => again.insert({ n: -1 }), { code: 11000 });
    await reopened.close();
  });

  it('is served at once after a restart, and read in the background by what nobody asks for [MO1]', async () => {
    const store = await openStore(directory.path);
    const collection = store.ensureCollection('shop.calls');
    store.createIndex(collection, { v: 2, key: { 'caller.n': 1 }, name: 'n_1', unique: true });
    const before = Array.from({ length: 2500 }, (_, i) => ({
      _id: i,
      caller: { n: i },
      tags: ['a', String(i)],
    }));
    for (const doc of before) collection.insert(doc);
    await store.settled();
    await store.close();

    const reopened = await openStore(directory.path);
    const again = reopened.ensureCollection('shop.calls');
    assert.ok([...again.items].some(({ isRead }) => !isRead));
    assert.throws(() => again.insert({ caller: { n: 2499 } }), { code: 11000 });
    const [hit] = search(again, { filter: { 'caller.n': 2000 } });
    assert.deepEqual(hit?.item.doc, before[2000]);
    if (hit) again.replace(hit.item, { _id: 2000, caller: { n: -1 } });
    while ([...again.items].some(({ isRead }) => !isRead)) await new Promise(setImmediate);
    assert.deepEqual(
      [...again.items].map(({ doc }) => doc),
      before.map((doc) => (doc._id === 2000 ? { _id: 2000, caller: { n: -1 } } : doc)),
    );
    reopened.compact(); // what has been read and what has not goes into one snapshot
    await reopened.close();
    const last = await openStore(directory.path);
    assert.equal(last.ensureCollection('shop.calls').size, 2500);
    last.compact();
    await last.close();
    const compacted = await openStore(directory.path);
    assert.deepEqual(
      search(compacted.collection('shop.calls'), { filter: { _id: 7 } }).map(({ item }) => item.doc),
      [before[7]],
    );
    await compacted.close();
  });

  it('stays whole when the power goes during compaction: no snapshot knows more than the journal beside it', async () => {
    const store = await openStore(directory.path);
    const collection = store.ensureCollection('shop.calls');
    store.createIndex(collection, { v: 2, key: { claim: 1 }, name: 'claim_1', unique: true });
    const [one, other] = [
      collection.insert({ _id: 1, claim: 'a' }),
      collection.insert({ _id: 2, claim: 'b' }),
    ];
    await store.settled();
    const [written, gate] = [deferred(), deferred()];
    const restoreSync = await replace(directory.path, 'datasync', async (sync) => {
      await sync();
      written.resolve();
    });
    const restoreWrite = await replace(directory.path, 'writeFile', async (write, _file, data) => {
      // What begins a file goes through, what is then appended to it does not.
      const begins = (data as Buffer).subarray(0, MAGIC.length).equals(MAGIC);
      if (!begins) await gate.promise;
      await write();
    });
    const copy = temporaryDirectory();
    try {
      store.compact();
      while (!existsSync(join(directory.path, 'journal-00000002'))) await new Promise(setImmediate);
      // Moves the claim from one to the other, in entries that are on their way to the disk and not there yet.
      collection.replace(one, { _id: 1, claim: 'c' });
      collection.replace(other, { _id: 2, claim: 'a' });
      const settled = store.settled();
      await written.promise;
      for (let i = 0; i < 50; i++) await stat(directory.path); // time to close and to rename, were it in a hurry
      const files = readdirSync(directory.path).filter((name) => name !== 'lock');
      for (const name of files) cpSync(join(directory.path, name), join(copy.path, name));
      assert.deepEqual(
        files.filter((name) => /^snapshot-\d+$/.test(name)),
        [],
      );
      gate.resolve();
      await settled;
    } finally {
      gate.resolve();
      restoreSync();
      restoreWrite();
    }
    await store.close();
    const reopened = await openStore(copy.path);
    assert.equal(reopened.collection('shop.calls')?.size, 2);
    await reopened.close();
    copy.remove();
  });

  it('is not passed over in silence: damage before later files keeps the server from starting', async () => {
    const store = await openStore(directory.path);
    const collection = store.ensureCollection('shop.calls');
    collection.insert({ _id: 1, text: 'x'.repeat(1000) });
    await store.settled();
    store.compact();
    await store.close();
    const snapshot = join(directory.path, 'snapshot-00000002');
    assert.ok(existsSync(snapshot));
    const whole = readFileSync(snapshot);
    flipByte(snapshot, 300);
    await assert.rejects(openStore(directory.path), /snapshot-00000002 is damaged at byte/);
    writeFileSync(snapshot, whole);
    const again = await openStore(directory.path);
    assert.equal(again.collection('shop.calls')?.size, 1);
    await again.close();
    renameSync(join(directory.path, 'journal-00000002'), join(directory.path, 'journal-00000003'));
    await assert.rejects(openStore(directory.path), /a file before .*journal-00000003 is missing/);
  });

  it('belongs to one process at a time, and a dead one does not keep it', async () => {
    const child = await startChild(directory.path);
    await assert.rejects(openStore(join(directory.path, 'mongo')), /is in use by process/);
    await child.end('SIGKILL');
    assert.ok(existsSync(join(directory.path, 'mongo', 'lock')));
    const store = await openStore(join(directory.path, 'mongo'));
    await assert.rejects(openStore(join(directory.path, 'mongo')), /is in use by this process/);
    await store.close();
    writeFileSync(join(directory.path, 'mongo', 'lock'), `${process.ppid} another-boot/1\n`);
    await (await openStore(join(directory.path, 'mongo'))).close();
  });

  it('never outgrows the memory it was given: writes are refused, deletions are not [MO4]', async () => {
    const server = await startMongoServer({ directory: directory.path, memoryBytes: 1_000_000 });
    const client = await MongoClient.connect(server.url);
    const calls = client.db('shop').collection<{ _id: number; text: string }>('calls');
    let stored = 0;
    const fill = async (): Promise<void> => {
      for (; ; stored++) await calls.insertOne({ _id: stored, text: 'x'.repeat(1000) });
    };
    await assert.rejects(fill(), { code: 146, message: /MONGO_MEMORY_MB/ });
    assert.ok(stored > 50 && stored < 500);
    await assert.rejects(calls.updateOne({ _id: 1 }, { $set: { text: 'y'.repeat(10_000) } }), { code: 146 });
    await calls.deleteOne({ _id: 0 });
    await calls.insertOne({ _id: -1, text: 'x'.repeat(1000) });
    await client.close();
    await server.close();
  });
});

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

/** Puts something in the place of what writes files, or syncs them, until the function it returns is called. */
async function replace(
  directory: string,
  method: 'writeFile' | 'datasync',
  instead: (work: () => Promise<void>, file: FileHandle, data: unknown) => Promise<void>,
): Promise<() => void> {
  const probe = await open(join(directory, 'lock'));
  const prototype = Object.getPrototypeOf(probe) as unknown as Record<
    string,
    (...args: unknown[]) => Promise<void>
  >;
  await probe.close();
  const original = prototype[method] ?? assert.fail(method);
  prototype[method] = function (this: FileHandle, ...args: unknown[]) {
    return instead(() => original.apply(this, args), this, args[0]);
  };
  return () => (prototype[method] = original);
}

/** Whether what is written to this file is on disk when the write is done, as Linux shows it; true where nothing shows it. */
function isWrittenThrough({ fd }: FileHandle): boolean {
  const path = `/proc/self/fdinfo/${String(fd)}`;
  if (!existsSync(path)) return true;
  const flags = Number.parseInt(/^flags:\s+(\d+)/m.exec(readFileSync(path, 'utf8'))?.[1] ?? '0', 8);
  return (flags & constants.O_DSYNC) !== 0;
}

function flipByte(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 0x5a, at);
  writeFileSync(path, bytes);
}

/** Where each entry of a journal ends, from its length fields. */
function entryEnds(bytes: Buffer): number[] {
  const ends: number[] = [];
  for (let at = 8; at < bytes.length;) ends.push((at += 8 + bytes.readUInt32LE(at)));
  return ends;
}

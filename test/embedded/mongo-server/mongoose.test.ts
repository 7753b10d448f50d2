import assert from 'node:assert/strict';
import mongoose from 'mongoose';
import type { MongoServer } from '../../../embedded/mongo-server/server.ts';
import { openServer } from './support/server.ts';

describe('A program that keeps its callbacks with mongoose', () => {
  let server: MongoServer;
  let connection: mongoose.Connection;
  let Callback: ReturnType<typeof callbackModel>;

  before(async () => {
    server = await openServer();
    connection = await mongoose.createConnection(`${server.url}/centre`, { autoIndex: false }).asPromise();
    Callback = callbackModel(connection);
  });
  after(async () => {
    await connection.close();
    await server.close();
  });
  beforeEach(async () => {
    await connection.dropDatabase();
    await Callback.createIndexes();
  });

  const ask = (phone: string, more: object = {}) =>
    Callback.create({ key: `key-${phone}`, phone, state: 'queued', version: 0, dueAt: new Date(0), ...more });

  it('gets back what it saved, typed and with its defaults', async () => {
    const made = await ask('+442079460101', { meta: { page: '/offer', tries: [1, 2] } });
    const found = await Callback.findById(made._id).orFail();
    assert.equal(found.phone, '+442079460101');
    assert.equal(found.version, 0);
    assert.ok(found.createdAt instanceof Date);
    assert.equal(found.attempts.length, 0);
    const lean = await Callback.findOne({ key: 'key-+442079460101' }).lean().orFail();
    assert.deepEqual(lean.meta, { page: '/offer', tries: [1, 2] });
    found.attempts.push({ at: new Date(5), outcome: 'busy' });
    await found.save();
    assert.equal(
      (await Callback.findOne({ 'attempts.outcome': 'busy' }).orFail()).attempts[0]?.at.getTime(),
      5,
    );
  });

  it('accepts one callback for one idempotency key, however many ask at once', async () => {
    const answers = await Promise.allSettled(Array.from({ length: 20 }, () => ask('+442079460102')));
    assert.equal(answers.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const answer of answers) {
      if (answer.status === 'rejected') assert.equal((answer.reason as { code: number }).code, 11000);
    }
    assert.equal(await Callback.countDocuments(), 1);
  });

  it('keeps one open callback for a phone, and any number that are over', async () => {
    await ask('+442079460103', { key: 'a' });
    await assert.rejects(ask('+442079460103', { key: 'b' }), (error: { code: number; keyValue: object }) => {
      assert.equal(error.code, 11000);
      assert.deepEqual(error.keyValue, { phone: '+442079460103' });
      return true;
    });
    await Callback.updateOne({ key: 'a' }, { state: 'completed' });
    await ask('+442079460103', { key: 'b' });
    await Callback.updateOne({ key: 'b' }, { state: 'completed' });
    assert.equal(await Callback.countDocuments({ phone: '+442079460103' }), 2);
  });

  it('moves a callback once for each version: of many with the same expectation one wins', async () => {
    const { _id } = await ask('+442079460104');
    const moves = await Promise.all(
      Array.from({ length: 16 }, (_, by) =>
        Callback.findOneAndUpdate(
          { _id, version: 0 },
          { $set: { state: 'matched', by }, $inc: { version: 1 } },
          { returnDocument: 'after' },
        ).lean(),
      ),
    );
    const winners = moves.filter((move) => move !== null);
    assert.equal(winners.length, 1);
    assert.equal(winners[0]?.version, 1);
    assert.deepEqual(await Callback.findById(_id).select('by -_id').lean(), { by: winners[0].by });
  });

  it('meets E11000 in a race of upserts, and succeeds when it asks once more', async () => {
    const upsert = (n: number) =>
      Callback.findOneAndUpdate(
        { key: 'one', version: n },
        { $setOnInsert: { phone: `+44${n}`, state: 'queued' } },
        { upsert: true, returnDocument: 'after' },
      );
    const results = await Promise.allSettled([upsert(0), upsert(1), upsert(2)]);
    const failed = results.filter((result) => result.status === 'rejected');
    assert.equal(failed.length, 2);
    for (const { reason } of failed) assert.equal((reason as { code: number }).code, 11000);
    const same = await Promise.all(
      Array.from({ length: 10 }, () =>
        Callback.findOneAndUpdate(
          { key: 'two' },
          { $set: { phone: '+1' } },
          { upsert: true, returnDocument: 'after' },
        ),
      ),
    );
    assert.equal(new Set(same.map((it) => String(it._id))).size, 1);
  });

  it('pages through what is due, by index and by range', async () => {
    await Callback.insertMany(
      Array.from({ length: 250 }, (_, i) => ({
        key: `k${i}`,
        phone: `+1${i}`,
        state: i % 5 === 0 ? 'done' : 'queued',
        dueAt: new Date(i),
      })),
    );
    const pages: number[] = [];
    let after = new Date(-1);
    for (;;) {
      const page = await Callback.find({ state: 'queued', dueAt: { $gt: after } })
        .sort({ dueAt: 1 })
        .limit(60)
        .lean();
      if (page.length === 0) break;
      pages.push(page.length);
      after = page.at(-1)?.dueAt ?? after;
    }
    assert.deepEqual(pages, [60, 60, 60, 20]);
    let seen = 0;
    for await (const callback of Callback.find().batchSize(30).lean().cursor())
      seen += callback.phone ? 1 : 0;
    assert.equal(seen, 250);
    assert.deepEqual(
      await Callback.aggregate([
        { $match: { dueAt: { $lt: new Date(10) } } },
        { $group: { _id: '$state', n: { $sum: 1 } } },
        { $sort: { _id: 1 } },
      ]),
      [
        { _id: 'done', n: 2 },
        { _id: 'queued', n: 8 },
      ],
    );
  });

  it('is rid of what a TTL index says is over', async () => {
    const soon = await ask('+442079460105', { key: 'x', expiresAt: new Date(Date.now() - 1000) });
    await ask('+442079460106', { key: 'y', expiresAt: new Date(Date.now() + 60_000) });
    await ask('+442079460107', { key: 'z' });
    assert.equal(await server.expire(), 1);
    assert.equal(await Callback.exists({ _id: soon._id }), null);
    assert.equal(await Callback.countDocuments(), 2);
  });

  it('is told that transactions and change streams need a replica set', async () => {
    await assert.rejects(
      connection.transaction((session) =>
        Callback.create([{ key: 't', phone: '+1', state: 'queued' }], { session }),
      ),
      /does not support retryable writes/, // what the driver makes of code 20
    );
    assert.equal(await Callback.countDocuments(), 0);
    const stream = Callback.collection.watch();
    await assert.rejects(stream.next(), { code: 40573 });
    await stream.close();
  });
});

interface CallbackDoc {
  key: string;
  phone: string;
  state: string;
  version: number;
  by?: number;
  dueAt: Date;
  expiresAt?: Date;
  attempts: { at: Date; outcome: string }[];
  meta?: object;
  createdAt: Date;
}

function callbackModel(connection: mongoose.Connection) {
  const schema = new mongoose.Schema<CallbackDoc>(
    {
      key: String,
      phone: String,
      state: String,
      version: Number,
      by: Number,
      dueAt: Date,
      expiresAt: Date,
      attempts: [{ _id: false, at: Date, outcome: String }],
      meta: mongoose.Schema.Types.Mixed,
    },
    { timestamps: true },
  );
  schema.index({ key: 1 }, { unique: true });
  schema.index({ phone: 1 }, { unique: true, partialFilterExpression: { state: 'queued' } });
  schema.index({ state: 1, dueAt: 1 });
  schema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });
  return connection.model<CallbackDoc>('Callback', schema);
}

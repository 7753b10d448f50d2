import assert from 'node:assert/strict';
import mongoose from 'mongoose';
import { openAnyServer } from './support/server.ts';

const { MongoClient } = mongoose.mongo;

/** What MongoDB's manual says of indexes and aggregation; runs against a real server when MONGODB_URL names one. */
describe('A collection', () => {
  let close: () => Promise<void>;
  let client: InstanceType<typeof MongoClient>;
  let collection: ReturnType<typeof things>;
  const things = (name: string) => client.db('semantics').collection<{ _id: unknown }>(name);

  before(async () => {
    const server = await openAnyServer();
    close = server.close;
    client = await MongoClient.connect(server.url);
  });
  after(async () => {
    await client.db('semantics').dropDatabase();
    await client.close();
    await close();
  });
  beforeEach(async () => {
    collection = things('indexes');
    await collection.drop();
  });

  const insert = (...docs: object[]) => collection.insertMany(docs as never);
  const duplicate = { code: 11000 };

  it('with a unique index refuses a second document, and says which and why', async () => {
    await collection.createIndex({ email: 1 }, { unique: true }, undefined);
    await insert({ _id: 1, email: 'ana@example.org' }, { _id: 2 });
    await assert.rejects(collection.insertOne({ _id: 3, email: 'ana@example.org' } as never), {
      code: 11000,
      keyPattern: { email: 1 },
      keyValue: { email: 'ana@example.org' },
      message:
        'E11000 duplicate key error collection: semantics.indexes index: email_1 dup key: { email: "ana@example.org" }',
    });
    await assert.rejects(insert({ _id: 4 }), duplicate);
    await assert.rejects(
      collection.updateOne({ _id: 2 } as never, { $set: { email: 'ana@example.org' } }),
      duplicate,
    );
    await collection.updateOne({ _id: 1 } as never, { $set: { email: 'rui@example.org' } });
    await insert({ _id: 5, email: 'ana@example.org' });
    await assert.rejects(collection.createIndex({ none: 1 }, { unique: true }, undefined), duplicate);
  });

  it('with a partial unique index minds only the documents it covers', async () => {
    await collection.createIndex(
      { agent: 1 },
      { unique: true, partialFilterExpression: { state: 'open' } },
      undefined,
    );
    await insert({ _id: 1, agent: 'ana', state: 'open' }, { _id: 2, agent: 'ana', state: 'done' });
    await assert.rejects(insert({ _id: 3, agent: 'ana', state: 'open' }), duplicate);
    await assert.rejects(collection.updateOne({ _id: 2 } as never, { $set: { state: 'open' } }), duplicate);
    await collection.updateOne({ _id: 1 } as never, { $set: { state: 'done' } });
    await collection.updateOne({ _id: 2 } as never, { $set: { state: 'open' } });
    assert.equal(await collection.countDocuments({ agent: 'ana' }), 2);
    assert.equal(await collection.countDocuments({ agent: 'ana', state: 'open' }), 1);
  });

  it('with a sparse unique index lets many be without the field', async () => {
    await collection.createIndex({ key: 1 }, { unique: true, sparse: true }, undefined);
    await insert({ _id: 1 }, { _id: 2 }, { _id: 3, key: 'a' });
    await assert.rejects(insert({ _id: 4, key: 'a' }), duplicate);
    assert.equal(await collection.countDocuments({ key: null }), 2);
    assert.equal((await collection.find().sort({ key: 1 }).toArray()).length, 3);
  });

  it('with an index over arrays finds each element, and keeps it unique among documents', async () => {
    await collection.createIndex({ tags: 1, n: -1 }, { unique: true }, undefined);
    await insert(
      { _id: 1, tags: ['a', 'b'], n: 1 },
      { _id: 2, tags: ['b'], n: 2 },
      { _id: 3, tags: [], n: 1 },
    );
    await assert.rejects(insert({ _id: 4, tags: ['x', 'a'], n: 1 }), duplicate);
    const ids = async (filter: object) =>
      (await collection.find(filter).sort({ _id: 1 }).toArray()).map(({ _id }) => _id);
    assert.deepEqual(await ids({ tags: 'b' }), [1, 2]);
    assert.deepEqual(await ids({ tags: { $in: ['a', 'b'] } }), [1, 2]);
    assert.deepEqual(await ids({ tags: [] }), [3]);
    await collection.updateOne({ _id: 1 } as never, { $pull: { tags: 'a' } });
    assert.deepEqual(await ids({ tags: 'a' }), []);
    await insert({ _id: 4, tags: ['x', 'a'], n: 1 });
    await assert.rejects(insert({ _id: 5, tags: [1], n: [2] }), { code: 171 });
  });

  it('lists, refuses and drops its indexes', async () => {
    await collection.createIndex({ a: 1, b: -1 }, { name: 'ab' }, undefined);
    await collection.createIndex({ at: 1 }, { expireAfterSeconds: 60 }, undefined);
    assert.deepEqual(await collection.indexes(), [
      { v: 2, key: { _id: 1 }, name: '_id_' },
      { v: 2, key: { a: 1, b: -1 }, name: 'ab' },
      { v: 2, key: { at: 1 }, name: 'at_1', expireAfterSeconds: 60 },
    ]);
    assert.equal(await collection.createIndex({ a: 1, b: -1 }, { name: 'ab' }, undefined), 'ab');
    await assert.rejects(collection.createIndex({ a: 1, b: -1 }, { name: 'other' }, undefined), { code: 85 });
    await assert.rejects(collection.createIndex({ c: 1 }, { name: 'ab' }, undefined), { code: 86 });
    await assert.rejects(
      collection.createIndex(
        { a: 1 },
        { unique: true, partialFilterExpression: { b: { $ne: 1 } } },
        undefined,
      ),
      { code: 67 },
    );
    await collection.dropIndex('ab');
    await assert.rejects(collection.dropIndex('ab'), { code: 27 });
    await assert.rejects(collection.dropIndex('_id_'), { code: 72 });
    await collection.dropIndexes();
    assert.equal((await collection.indexes()).length, 1);
    const names = await client.db('semantics').listCollections().toArray();
    assert.deepEqual(
      names.map(({ name, type }) => [name, type]),
      [['indexes', 'collection']],
    );
    await collection.drop();
    await assert.rejects(collection.indexes(), { code: 26 });
  });

  it('aggregates: match, group, sort, project, unwind, lookup, facet', async () => {
    await insert(
      { _id: 1, line: 'pt', wait: 10, tags: ['x', 'y'], at: new Date('2026-01-01T10:20:00Z') },
      { _id: 2, line: 'pt', wait: 20, tags: [], at: new Date('2026-01-01T10:40:00Z') },
      { _id: 3, line: 'en', wait: 5, at: new Date('2026-01-02T09:00:00Z') },
    );
    const run = (...stages: object[]) => collection.aggregate(stages).toArray();
    assert.deepEqual(
      await run(
        {
          $group: {
            _id: '$line',
            n: { $sum: 1 },
            mean: { $avg: '$wait' },
            most: { $max: '$wait' },
            ids: { $push: '$_id' },
          },
        },
        { $sort: { _id: 1 } },
      ),
      [
        { _id: 'en', n: 1, mean: 5, most: 5, ids: [3] },
        { _id: 'pt', n: 2, mean: 15, most: 20, ids: [1, 2] },
      ],
    );
    assert.deepEqual(
      await run(
        { $match: { wait: { $gte: 10 } } },
        { $sort: { wait: -1 } },
        { $limit: 1 },
        { $project: { wait: 1 } },
      ),
      [{ _id: 2, wait: 20 }],
    );
    assert.deepEqual(await run({ $unwind: '$tags' }, { $project: { _id: 0, tag: '$tags' } }), [
      { tag: 'x' },
      { tag: 'y' },
    ]);
    assert.equal((await run({ $unwind: { path: '$tags', preserveNullAndEmptyArrays: true } })).length, 4);
    assert.deepEqual(await run({ $match: { line: 'pt' } }, { $count: 'n' }), [{ n: 2 }]);
    assert.deepEqual(
      await run(
        { $group: { _id: { $dateToString: { date: '$at', format: '%Y-%m-%d %H' } }, n: { $sum: 1 } } },
        { $sort: { _id: 1 } },
      ),
      [
        { _id: '2026-01-01 10', n: 2 },
        { _id: '2026-01-02 09', n: 1 },
      ],
    );
    assert.deepEqual(
      await run(
        { $sort: { _id: 1 } },
        {
          $addFields: {
            long: { $cond: [{ $gt: ['$wait', 9] }, 'yes', 'no'] },
            'deep.n': { $size: { $ifNull: ['$tags', []] } },
          },
        },
        { $project: { _id: 0, long: 1, deep: 1 } },
      ),
      [
        { long: 'yes', deep: { n: 2 } },
        { long: 'yes', deep: { n: 0 } },
        { long: 'no', deep: { n: 0 } },
      ],
    );
    await things('lines').drop();
    await things('lines').insertMany([{ _id: 'pt', name: 'Português' }] as never);
    assert.deepEqual(
      await run(
        { $match: { _id: { $in: [1, 3] } } },
        { $sort: { _id: 1 } },
        { $lookup: { from: 'lines', localField: 'line', foreignField: '_id', as: 'line' } },
        { $project: { line: 1 } },
      ),
      [
        { _id: 1, line: [{ _id: 'pt', name: 'Português' }] },
        { _id: 3, line: [] },
      ],
    );
    const [facets] = await run({
      $facet: {
        all: [{ $count: 'n' }],
        long: [{ $match: { wait: { $gt: 15 } } }, { $project: { wait: 1 } }],
      },
    });
    assert.deepEqual(facets, { all: [{ n: 3 }], long: [{ _id: 2, wait: 20 }] });
    assert.deepEqual(await collection.distinct('tags'), ['x', 'y']);
    await things('lines').drop();
  });
});

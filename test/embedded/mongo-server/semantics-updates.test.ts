import assert from 'node:assert/strict';
import mongoose from 'mongoose';
import { openAnyServer } from './support/server.ts';

const { Double, Long, MongoClient } = mongoose.mongo;

/** What MongoDB's manual says of updates; runs against a real server when MONGODB_URL names one. */
describe('An update', () => {
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
    collection = things('updates');
    await collection.drop();
  });

  /** Applies an update to a document with `_id` 1 and gives what has become of it, without the `_id`. */
  async function changed(
    before: object,
    update: object,
    filter: object = {},
    options: object = {},
  ): Promise<object> {
    await collection.deleteMany({});
    await collection.insertOne({ _id: 1, ...before });
    await collection.updateOne({ _id: 1, ...filter } as never, update, options);
    const { _id, ...rest } = (await collection.findOne({ _id: 1 } as never)) ?? { _id: 0 };
    assert.equal(_id, 1);
    return rest;
  }

  it('sets, unsets and renames fields, and makes documents on the way', async () => {
    assert.deepEqual(await changed({ a: 1 }, { $set: { 'b.c': 2, a: null } }), { a: null, b: { c: 2 } });
    assert.deepEqual(await changed({ a: { x: 1, y: 2 } }, { $unset: { 'a.x': '' } }), { a: { y: 2 } });
    assert.deepEqual(await changed({ a: [1, 2, 3] }, { $unset: { 'a.1': '' } }), { a: [1, null, 3] });
    assert.deepEqual(await changed({ a: [1] }, { $set: { 'a.3': 4 } }), { a: [1, null, null, 4] });
    assert.deepEqual(await changed({ a: 1 }, { $rename: { a: 'b.c' } }), { b: { c: 1 } });
    assert.deepEqual(await changed({ a: 1 }, { $set: { z: 1, m: 2 } }), { a: 1, m: 2, z: 1 });
    await assert.rejects(changed({ a: 1 }, { $set: { 'a.b': 1 } }), { code: 28 });
  });

  it('counts without losing the type of a number', async () => {
    assert.deepEqual(await changed({ n: 5 }, { $inc: { n: 2, m: 3 } }), { m: 3, n: 7 });
    assert.deepEqual(await changed({ n: 2147483647 }, { $inc: { n: 1 } }), { n: 2147483648 });
    assert.deepEqual(await changed({ n: 5 }, { $mul: { n: 1.5, m: 4 } }), { m: 0, n: 7.5 });
    assert.deepEqual(await changed({ n: 5 }, { $min: { n: 3, m: 1 }, $max: { k: 2 } }), { k: 2, m: 1, n: 3 });
    assert.deepEqual(await changed({ n: 5 }, { $max: { n: 3 } }), { n: 5 });
    await changed({ n: new Double(1) }, { $inc: { n: 1 } });
    assert.equal(await collection.countDocuments({ n: { $type: 'double' } }), 1);
    await changed({ n: 2147483647 }, { $inc: { n: 1 } });
    assert.equal(await collection.countDocuments({ n: { $type: 'long' } }), 1);
    await assert.rejects(changed({ n: 'x' }, { $inc: { n: 1 } }), { code: 14 });
    await assert.rejects(changed({ n: Long.MAX_VALUE }, { $inc: { n: 1 } }), { code: 2 });
  });

  it('pushes into arrays with $each, $position, $sort and $slice, and pulls out of them', async () => {
    assert.deepEqual(await changed({}, { $push: { a: 1 } }), { a: [1] });
    assert.deepEqual(await changed({ a: [1] }, { $push: { a: { $each: [2, 3], $position: 0 } } }), {
      a: [2, 3, 1],
    });
    assert.deepEqual(await changed({ a: [5, 1] }, { $push: { a: { $each: [3], $sort: 1, $slice: 2 } } }), {
      a: [1, 3],
    });
    assert.deepEqual(await changed({ a: [1, 2, 3] }, { $push: { a: { $each: [4], $slice: -2 } } }), {
      a: [3, 4],
    });
    assert.deepEqual(
      await changed({ a: [{ n: 2 }] }, { $push: { a: { $each: [{ n: 1 }], $sort: { n: 1 } } } }),
      { a: [{ n: 1 }, { n: 2 }] },
    );
    assert.deepEqual(await changed({ a: [1] }, { $addToSet: { a: { $each: [1, 2] } } }), { a: [1, 2] });
    assert.deepEqual(await changed({ a: [{ x: 1 }] }, { $addToSet: { a: { x: 1 } } }), { a: [{ x: 1 }] });
    assert.deepEqual(await changed({ a: [1, 2, 1] }, { $pull: { a: 1 } }), { a: [2] });
    assert.deepEqual(await changed({ a: [1, 5, 9] }, { $pull: { a: { $gt: 4 } } }), { a: [1] });
    assert.deepEqual(await changed({ a: [{ x: 1, y: 1 }, { x: 2 }] }, { $pull: { a: { x: 1 } } }), {
      a: [{ x: 2 }],
    });
    assert.deepEqual(await changed({ a: [1, 2, 3] }, { $pullAll: { a: [1, 3] } }), { a: [2] });
    assert.deepEqual(await changed({ a: [1, 2, 3] }, { $pop: { a: -1 } }), { a: [2, 3] });
    await assert.rejects(changed({ a: 1 }, { $push: { a: 1 } }), { code: 2 });
  });

  it('reaches the matched element with $, all with $[] and chosen ones with $[name]', async () => {
    const list = { list: [{ x: 1 }, { x: 2 }, { x: 3 }] };
    assert.deepEqual(await changed(list, { $set: { 'list.$.y': 9 } }, { 'list.x': 2 }), {
      list: [{ x: 1 }, { x: 2, y: 9 }, { x: 3 }],
    });
    assert.deepEqual(await changed({ a: [4, 8] }, { $inc: { 'a.$': 1 } }, { a: { $gt: 5 } }), { a: [4, 9] });
    assert.deepEqual(
      await changed(list, { $set: { 'list.$.y': 9 } }, { list: { $elemMatch: { x: { $gte: 3 } } } }),
      {
        list: [{ x: 1 }, { x: 2 }, { x: 3, y: 9 }],
      },
    );
    assert.deepEqual(await changed(list, { $inc: { 'list.$[].x': 1 } }), {
      list: [{ x: 2 }, { x: 3 }, { x: 4 }],
    });
    const arrayFilters = [{ 'e.x': { $gte: 2 } }];
    assert.deepEqual(await changed(list, { $set: { 'list.$[e].x': 0 } }, {}, { arrayFilters }), {
      list: [{ x: 1 }, { x: 0 }, { x: 0 }],
    });
    await assert.rejects(changed(list, { $set: { 'list.$.y': 9 } }), { code: 2 });
    await assert.rejects(changed(list, { $set: { 'list.$[f].x': 0 } }, {}, { arrayFilters }), { code: 2 });
  });

  it('counts what it matched, what it changed and what it made', async () => {
    await collection.insertMany([
      { _id: 1, a: 1 },
      { _id: 2, a: 2 },
      { _id: 3, a: 2 },
    ] as never);
    const many = await collection.updateMany({}, { $set: { a: 2 } });
    assert.deepEqual([many.matchedCount, many.modifiedCount], [3, 1]);
    const made = await collection.updateOne(
      { _id: 9, b: { $gt: 1 }, c: 'x' } as never,
      { $setOnInsert: { d: 1 } },
      {
        upsert: true,
      },
    );
    assert.deepEqual([made.matchedCount, made.upsertedCount, made.upsertedId], [0, 1, 9]);
    assert.deepEqual(await collection.findOne({ _id: 9 } as never), { _id: 9, c: 'x', d: 1 });
    const byTen: object = { _id: { $eq: 10 }, c: 1 };
    const other = await collection.replaceOne(
      byTen,
      { e: 2 },
      {
        upsert: true,
      },
    );
    assert.equal(other.upsertedId, 10);
    assert.deepEqual(await collection.findOneAndDelete({ _id: 10 } as object), { _id: 10, e: 2 });
    const replaced = await collection.replaceOne({ _id: 9 } as never, { e: 1 });
    assert.equal(replaced.modifiedCount, 1);
    assert.deepEqual(await collection.findOne({ _id: 9 } as never), { _id: 9, e: 1 });
    assert.equal((await collection.deleteMany({ a: 2 })).deletedCount, 3);
    assert.equal((await collection.deleteOne({})).deletedCount, 1);
  });

  it('by findOneAndUpdate gives the document before or after', async () => {
    await collection.insertMany([
      { _id: 1, v: 1 },
      { _id: 2, v: 1 },
    ] as never);
    const change = (filter: object, update: object, options: object = {}) =>
      collection.findOneAndUpdate(filter, update, options);
    assert.deepEqual(await change({ v: 1 }, { $inc: { v: 1 } }, { sort: { _id: -1 } }), { _id: 2, v: 1 });
    assert.deepEqual(await change({ _id: 2, v: 2 }, { $inc: { v: 1 } }, { returnDocument: 'after' }), {
      _id: 2,
      v: 3,
    });
    assert.equal(await change({ _id: 2, v: 2 }, { $inc: { v: 1 } }), null);
    assert.equal(await change({ _id: 5 }, { $set: { v: 1 } }, { upsert: true }), null);
    const after = { upsert: true, returnDocument: 'after', projection: { _id: 0 } };
    assert.deepEqual(await change({ _id: 6 }, { $set: { v: 7 } }, after), { v: 7 });
    assert.deepEqual(await collection.findOneAndDelete({ _id: 6 } as never), { _id: 6, v: 7 });
    assert.deepEqual(
      await collection.findOneAndReplace({ _id: 5 } as never, { w: 1 } as never, { returnDocument: 'after' }),
      {
        _id: 5,
        w: 1,
      },
    );
  });

  it('may be a pipeline', async () => {
    assert.deepEqual(
      await changed({ a: 2, b: 3 }, [{ $set: { sum: { $add: ['$a', '$b'] } } }, { $unset: 'a' }]),
      {
        b: 3,
        sum: 5,
      },
    );
  });

  it('that makes no sense is refused with the code MongoDB gives, and changes nothing', async () => {
    const refused = (update: object, code: number) =>
      assert.rejects(changed({ a: 1, b: [1] }, update), { code });
    await refused({ $frob: { a: 1 } }, 9);
    await refused({ $set: { a: 1, 'a.b': 2 } }, 40);
    await refused({ $set: { a: 1 }, $inc: { a: 1 } }, 40);
    await refused({ $set: { _id: 2 } }, 66);
    await refused({ $set: { 'a..b': 1 } }, 56);
    await refused({ $inc: { a: 'x' } }, 14);
    await refused({ $set: { c: 1 }, $push: { a: 1 } }, 2);
    assert.deepEqual(await collection.findOne({}), { _id: 1, a: 1, b: [1] });
  });

  it('of many in one command stops at the first failure only if they are ordered', async () => {
    const docs = [{ _id: 1 }, { _id: 1 }, { _id: 2 }] as never;
    await assert.rejects(collection.insertMany(docs), { code: 11000 });
    assert.equal(await collection.countDocuments(), 1);
    await collection.deleteMany({});
    await assert.rejects(collection.insertMany(docs, { ordered: false }), { code: 11000 });
    assert.equal(await collection.countDocuments(), 2);
    const result = await collection.bulkWrite([
      { insertOne: { document: { _id: 7, n: 1 } as never } },
      { updateOne: { filter: { _id: 7 } as never, update: { $inc: { n: 1 } } } },
      { deleteOne: { filter: { _id: 1 } as never } },
    ]);
    assert.deepEqual([result.insertedCount, result.modifiedCount, result.deletedCount], [1, 1, 1]);
  });
});

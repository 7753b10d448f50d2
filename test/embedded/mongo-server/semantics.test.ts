import assert from 'node:assert/strict';
import mongoose from 'mongoose';
import { openAnyDatabase } from './support/server.ts';

const { Double, Int32, Long, MaxKey, MinKey, ObjectId, BSONRegExp } = mongoose.mongo;
interface Thing {
  _id: number;
  [field: string]: unknown;
}

/**
 * What we rely on in MongoDB, as its manual has it. Runs over the wire against the embedded server, and unchanged
 * against a real one where MONGODB_URL names it.
 */
describe('What we rely on in MongoDB [MO3]', () => {
  let at: Awaited<ReturnType<typeof openAnyDatabase>>;
  let collection: ReturnType<typeof things>;
  const things = (name: string) => at.db.collection<Thing>(name);

  before(async () => void (at = await openAnyDatabase()));
  after(() => at.close());
  beforeEach(async () => {
    collection = things('things');
    await collection.drop();
  });

  const update = (filter: object, change: object, options: object = {}) =>
    collection.updateOne(filter, change, options);
  const insert = (...docs: Thing[]) => collection.insertMany(docs);
  const idsOf = (docs: Thing[]) => docs.map(({ _id }) => _id);

  /** Stores the documents and expects the filter to find those with these ids. */
  async function expectIds(docs: Thing[], filter: object, ids: unknown[]): Promise<void> {
    await collection.deleteMany({});
    await collection.insertMany(docs);
    const found = await collection.find(filter).sort({ _id: 1 }).toArray();
    assert.deepEqual(idsOf(found), ids, JSON.stringify(filter));
  }

  describe('of filters', () => {
    it('one that names a value finds it in a field, in an array, and in documents within arrays', async () => {
      const docs = [
        { _id: 1, a: 5 },
        { _id: 2, a: [4, 5] },
        { _id: 3, a: [[5]] },
        { _id: 4, a: { b: 5 } },
        { _id: 5, a: [{ b: 5 }, { b: 6 }] },
        { _id: 6, a: [{ b: [7, 5] }] },
      ];
      await expectIds(docs, { a: 5 }, [1, 2]);
      await expectIds(docs, { a: [5] }, [3]);
      await expectIds(docs, { a: [4, 5] }, [2]);
      await expectIds(docs, { 'a.b': 5 }, [4, 5, 6]);
      await expectIds(docs, { a: { b: 5 } }, [4, 5]);
      await expectIds(docs, { 'a.0': 4 }, [2]);
      await expectIds(docs, { 'a.0.b': 5 }, [5, 6]);
      await expectIds(docs, { 'a.1.b': 6 }, [5]);
    });

    it('null finds null and what is missing, and $exists tells them apart', async () => {
      const docs = [
        { _id: 1, a: null },
        { _id: 2 },
        { _id: 3, a: 0 },
        { _id: 4, a: [1, null] },
        { _id: 5, a: { c: 1 } },
      ];
      await expectIds(docs, { a: null }, [1, 2, 4]);
      await expectIds(docs, { a: { $ne: null } }, [3, 5]);
      await expectIds(docs, { a: { $exists: true } }, [1, 3, 4, 5]);
      await expectIds(docs, { a: { $exists: false } }, [2]);
      await expectIds(docs, { 'a.b': null }, [1, 2, 3, 5]);
      await expectIds(docs, { a: { $in: [null, 0] } }, [1, 2, 3, 4]);
      await expectIds(docs, { a: { $gte: null } }, [1, 2, 4]);
    });

    it('a comparison brackets types: it sees values of one type only, and all numbers as one', async () => {
      const docs = [
        { _id: 1, a: new Int32(5) },
        { _id: 2, a: new Double(5.5) },
        { _id: 3, a: Long.fromString('9007199254740993') },
        { _id: 4, a: new Double(5) },
        { _id: 5, a: '6' },
        { _id: 6, a: new Date(7) },
        { _id: 7, a: true },
        { _id: 8, a: NaN },
        { _id: 9, a: [1, 9] },
        { _id: 10 },
      ];
      await expectIds(docs, { a: { $gt: 5 } }, [2, 3, 9]);
      await expectIds(docs, { a: { $gte: 5, $lte: 5.3 } }, [1, 4, 9]);
      await expectIds(docs, { a: { $lt: 5 } }, [9]);
      await expectIds(docs, { a: 5 }, [1, 4]);
      await expectIds(docs, { a: { $gt: '5' } }, [5]);
      await expectIds(docs, { a: { $lte: new Date(7) } }, [6]);
      await expectIds(docs, { a: NaN }, [8]);
      await expectIds(docs, { a: { $gte: new MinKey() } }, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
      await expectIds(docs, { a: { $not: { $gt: 5 } } }, [1, 4, 5, 6, 7, 8, 10]);
    });

    it('whole numbers beyond 2^53 are compared, kept and counted exactly', async () => {
      const big = (text: string) => Long.fromString(text);
      const docs = [
        { _id: 1, a: big('9007199254740992') },
        { _id: 2, a: big('9007199254740993') },
        { _id: 3, a: big('-9223372036854775808') },
        { _id: 4, a: big('9223372036854775807') },
      ];
      await expectIds(docs, { a: big('9007199254740993') }, [2]);
      await expectIds(docs, { a: { $gt: 9007199254740992 } }, [2, 4]);
      await expectIds(docs, { a: { $gt: big('9223372036854775806') } }, [4]);
      await update({ _id: 2 }, { $inc: { a: 1 } });
      const options = { promoteLongs: false };
      const [, kept] = await collection.find({}, options).sort({ _id: 1 }).toArray();
      assert.deepEqual(kept, { _id: 2, a: big('9007199254740994') });
    });

    it('$elemMatch asks all of one element, and without it the array as a whole answers', async () => {
      const two = [
        { x: 1, y: 2 },
        { x: 3, y: 4 },
      ];
      const docs = [
        { _id: 1, a: two },
        { _id: 2, a: [{ x: 1, y: 4 }] },
        { _id: 3, a: [1, 8] },
        { _id: 4, a: [5] },
      ];
      await expectIds(docs, { 'a.x': 1, 'a.y': 4 }, [1, 2]);
      await expectIds(docs, { a: { $elemMatch: { x: 1, y: 4 } } }, [2]);
      await expectIds(docs, { a: { $gt: 2, $lt: 7 } }, [3, 4]);
      await expectIds(docs, { a: { $elemMatch: { $gt: 2, $lt: 7 } } }, [4]);
    });

    it('conditions are joined with $and, $or, $nor and $not', async () => {
      const docs = [{ _id: 1, a: 1, b: 1 }, { _id: 2, a: 1, b: 2 }, { _id: 3, a: 2, b: 2 }, { _id: 4 }];
      await expectIds(docs, { $or: [{ a: 2 }, { b: 1 }] }, [1, 3]);
      await expectIds(docs, { $nor: [{ a: 1 }, { b: 1 }] }, [3, 4]);
      await expectIds(docs, { $and: [{ a: 1 }, { b: { $ne: 1 } }] }, [2]);
      await expectIds(docs, { a: { $nin: [1] } }, [3, 4]);
      await expectIds(docs, { a: { $not: { $in: [2] } } }, [1, 2, 4]);
    });

    it('texts are matched by pattern, and types by name', async () => {
      const docs = [
        { _id: 1, a: 'Maria' },
        { _id: 2, a: 'mario' },
        { _id: 3, a: ['x', 'Marius'] },
        { _id: 4, a: 7 },
        { _id: 5, a: new Double(4) },
      ];
      await expectIds(docs, { a: /^Mari/ }, [1, 3]);
      await expectIds(docs, { a: { $regex: '^mari', $options: 'i' } }, [1, 2, 3]);
      await expectIds(docs, { a: { $in: [/o$/, 7] } }, [2, 4]);
      await expectIds(docs, { a: { $not: new BSONRegExp('a') } }, [4, 5]);
      await expectIds(docs, { a: { $type: 'string' } }, [1, 2, 3]);
      await expectIds(docs, { a: { $type: ['array', 'int'] } }, [3, 4]);
      await expectIds(docs, { a: { $type: 'double' } }, [5]);
      await expectIds(docs, { a: { $type: 'number' } }, [4, 5]);
    });

    it('one that nobody understands is an error with a code', async () => {
      await collection.insertOne({ _id: 1 });
      const find = (filter: object) => collection.find(filter).toArray();
      await assert.rejects(find({ a: { $foo: 1 } }), { code: 2, message: 'unknown operator: $foo' });
      await assert.rejects(find({ $foo: 1 }), { code: 2 });
      await assert.rejects(find({ a: { $in: 1 } }), { code: 2 });
      await assert.rejects(find({ a: { $type: 'frob' } }), { code: 2 });
      await assert.rejects(find({ $or: [] }), { code: 2 });
      await assert.rejects(find({ a: { $regex: '(' } }), { code: 51091 });
      await assert.rejects(at.db.command({ frobnicate: 1 }), { code: 59, codeName: 'CommandNotFound' });
      await assert.rejects(at.db.command({ find: 'things', frob: 1 }), { code: 40415 });
      await assert.rejects(collection.aggregate([{ $frob: {} }]).toArray(), { code: 40324 });
    });
  });

  describe('of results', () => {
    it('every type is sorted in its place, with an index and without', async () => {
      const values = [
        new MinKey(),
        null,
        ...[NaN, -Infinity, Long.fromString('-9007199254740993'), -5.5, 0, 0.1],
        ...[Long.fromString('9007199254740992'), Long.fromString('9007199254740993'), 1e300],
        ...['', 'A', 'a', 'a\0b', 'aa', '\ufffd', '\u{1f600}'],
        ...[{}, { a: 1 }, { a: 1, b: 0 }, { b: 1 }, { a: 'x' }],
        ...[new ObjectId('0'.repeat(24)), new ObjectId('f'.repeat(24))],
        ...[false, true, new Date(-1), new Date(1)],
        new MaxKey(),
      ];
      const shuffled = values
        .map((a, _id) => ({ _id, a }))
        .sort((x, y) => ((x._id * 7919) % 31) - ((y._id * 7919) % 31));
      await insert(...shuffled);
      const ids = values.map((_, id) => id);
      assert.deepEqual(idsOf(await collection.find().sort({ a: 1 }).toArray()), ids);
      await collection.createIndex({ a: -1 }, undefined, undefined);
      assert.deepEqual(idsOf(await collection.find().sort({ a: -1 }).toArray()), ids.reverse());
    });

    it('an array is sorted by its least element upwards and its greatest downwards; missing is null', async () => {
      await insert({ _id: 1, a: [3, 9] }, { _id: 2, a: 4 }, { _id: 3, a: [] }, { _id: 4 });
      assert.deepEqual(idsOf(await collection.find().sort({ a: 1 }).toArray()), [3, 4, 1, 2]);
      assert.deepEqual(idsOf(await collection.find().sort({ a: -1 }).toArray()), [1, 2, 4, 3]);
    });

    it('a projection keeps the fields it names, or leaves them out', async () => {
      const list = [
        { x: 1, y: 1 },
        { x: 2, y: 2 },
      ];
      await insert({ _id: 1, a: { b: 1, c: 2 }, list, n: 3 });
      const project = (projection: object) => collection.findOne({}, { projection });
      assert.deepEqual(await project({ n: 1 }), { _id: 1, n: 3 });
      assert.deepEqual(await project({ _id: 1 }), { _id: 1 });
      assert.deepEqual(await project({ _id: 0, 'a.b': 1 }), { a: { b: 1 } });
      assert.deepEqual(await project({ _id: 0, a: { b: 1 } }), { a: { b: 1 } });
      assert.deepEqual(await project({ _id: 0, a: 0, n: 0 }), { list });
      assert.deepEqual(await project({ a: 0, n: 0 }), { _id: 1, list });
      assert.deepEqual(await project({ 'list.x': 1 }), { _id: 1, list: [{ x: 1 }, { x: 2 }] });
      assert.deepEqual(await project({ _id: 0, a: 0, 'list.y': 0 }), { list: [{ x: 1 }, { x: 2 }], n: 3 });
      await assert.rejects(project({ a: 1, n: 0 }), { code: 31254 });
      await assert.rejects(project({ a: 0, n: 1 }), { code: 31253 });
    });

    it('a long one is walked batch by batch, and a page by range and limit', async () => {
      const all = Array.from({ length: 1000 }, (_, id) => id);
      await insert(...all.map((_id) => ({ _id })));
      const ids: unknown[] = [];
      for await (const { _id } of collection.find().sort({ _id: 1 }).batchSize(64)) ids.push(_id);
      assert.deepEqual(ids, all);
      assert.equal(await collection.countDocuments({ _id: { $gte: 900 } }), 100);
      const after = collection.find({ _id: { $gt: 500 } }).sort({ _id: 1 });
      assert.deepEqual(idsOf(await after.skip(1).limit(3).toArray()), [502, 503, 504]);
      const half = collection.find().batchSize(10);
      await half.next();
      await half.close();
    });
  });

  describe('of updates', () => {
    /** Applies an update to a document with `_id` 1 and gives what has become of it, without the `_id`. */
    async function changed(
      before: object,
      update: object,
      filter: object = {},
      options: object = {},
    ): Promise<object> {
      await collection.deleteMany({});
      await collection.insertOne({ _id: 1, ...before });
      await collection.updateOne({ _id: 1, ...filter }, update, options);
      const { _id, ...rest } = (await collection.findOne({ _id: 1 })) ?? { _id: 0 };
      assert.equal(_id, 1);
      return rest;
    }

    it('$set and $unset reach down paths and make documents on the way', async () => {
      assert.deepEqual(await changed({ a: 1 }, { $set: { 'b.c': 2, a: null } }), { a: null, b: { c: 2 } });
      assert.deepEqual(await changed({ a: { x: 1, y: 2 } }, { $unset: { 'a.x': '' } }), { a: { y: 2 } });
      assert.deepEqual(await changed({ a: [1, 2, 3] }, { $unset: { 'a.1': '' } }), { a: [1, null, 3] });
      assert.deepEqual(await changed({ a: [1] }, { $set: { 'a.3': 4 } }), { a: [1, null, null, 4] });
      assert.deepEqual(await changed({ a: 1 }, { $set: { z: 1, m: 2 } }), { a: 1, m: 2, z: 1 });
      assert.deepEqual(await changed({ a: 1 }, { $set: { b: 1 }, $setOnInsert: { c: 1 } }), { a: 1, b: 1 });
      await assert.rejects(changed({ a: 1 }, { $set: { 'a.b': 1 } }), { code: 28 });
    });

    it('$inc, $min and $max keep the type of a number, and begin where there is none', async () => {
      assert.deepEqual(await changed({ n: 5 }, { $inc: { n: 2, m: 3 } }), { m: 3, n: 7 });
      assert.deepEqual(await changed({ n: 5 }, { $inc: { n: 1.5 } }), { n: 6.5 });
      assert.deepEqual(await changed({ n: 2147483647 }, { $inc: { n: 1 } }), { n: 2147483648 });
      assert.equal(await collection.countDocuments({ n: { $type: 'long' } }), 1);
      await changed({ n: new Double(1) }, { $inc: { n: 1 } });
      assert.equal(await collection.countDocuments({ n: { $type: 'double' } }), 1);
      assert.deepEqual(await changed({ n: 5 }, { $min: { n: 3, m: 1 }, $max: { k: 2 } }), {
        k: 2,
        m: 1,
        n: 3,
      });
      assert.deepEqual(await changed({ n: 5 }, { $max: { n: 3 } }), { n: 5 });
      await assert.rejects(changed({ n: 'x' }, { $inc: { n: 1 } }), { code: 14 });
      await assert.rejects(changed({ n: Long.MAX_VALUE }, { $inc: { n: 1 } }), { code: 2 });
    });

    it('$push and $pull change arrays, and nothing else', async () => {
      assert.deepEqual(await changed({}, { $push: { a: 1 } }), { a: [1] });
      assert.deepEqual(await changed({ a: [1] }, { $push: { a: [2] } }), { a: [1, [2]] });
      assert.deepEqual(await changed({ a: [1, 2, 3] }, { $push: { a: { $each: [4], $slice: -2 } } }), {
        a: [3, 4],
      });
      assert.deepEqual(await changed({ a: [1, 2, 1] }, { $pull: { a: 1 } }), { a: [2] });
      assert.deepEqual(await changed({ a: [1, 5, 9] }, { $pull: { a: { $gt: 4 } } }), { a: [1] });
      assert.deepEqual(await changed({ a: [{ x: 1, y: 1 }, { x: 2 }] }, { $pull: { a: { x: 1 } } }), {
        a: [{ x: 2 }],
      });
      await assert.rejects(changed({ a: 1 }, { $push: { a: 1 } }), { code: 2 });
    });

    it('the matched element is reached with $, all with $[] and chosen ones with $[name]', async () => {
      const list = { list: [{ x: 1 }, { x: 2 }, { x: 3 }] };
      assert.deepEqual(await changed(list, { $set: { 'list.$.y': 9 } }, { 'list.x': 2 }), {
        list: [{ x: 1 }, { x: 2, y: 9 }, { x: 3 }],
      });
      assert.deepEqual(await changed({ a: [4, 8] }, { $inc: { 'a.$': 1 } }, { a: { $gt: 5 } }), {
        a: [4, 9],
      });
      const third = { list: { $elemMatch: { x: { $gte: 3 } } } };
      assert.deepEqual(await changed(list, { $set: { 'list.$.y': 9 } }, third), {
        list: [{ x: 1 }, { x: 2 }, { x: 3, y: 9 }],
      });
      assert.deepEqual(await changed(list, { $inc: { 'list.$[].x': 1 } }), {
        list: [{ x: 2 }, { x: 3 }, { x: 4 }],
      });
      const arrayFilters = [{ 'e.x': { $gte: 2 } }];
      assert.deepEqual(await changed(list, { $set: { 'list.$[e].x': 0 } }, {}, { arrayFilters }), {
        list: [{ x: 1 }, { x: 0 }, { x: 0 }],
      });
      await assert.rejects(changed(list, { $set: { 'list.$.y': 9 } }), { code: 2 });
      await assert.rejects(changed(list, { $set: { 'list.$[f].x': 0 } }, {}, { arrayFilters }), { code: 2 });
      await assert.rejects(changed(list, { $set: { z: 0 } }, {}, { arrayFilters }), { code: 9 });
    });

    it('an upsert begins with what the filter says is equal, and $setOnInsert counts only then', async () => {
      const upsert = { upsert: true };
      const once = { $setOnInsert: { d: 1 }, $inc: { n: 1 } };
      const filter: object = { _id: 9, b: { $gt: 1 }, c: 'x' };
      const made = await update(filter, once, upsert);
      assert.deepEqual([made.matchedCount, made.upsertedCount, made.upsertedId], [0, 1, 9]);
      assert.deepEqual(await collection.findOne({ _id: 9 }), { _id: 9, c: 'x', d: 1, n: 1 });
      const again: object = { $setOnInsert: { d: 2 }, $inc: { n: 1 } };
      assert.equal((await collection.updateOne({ _id: 9 }, again, upsert)).upsertedCount, 0);
      assert.deepEqual(await collection.findOne({ _id: 9 }), { _id: 9, c: 'x', d: 1, n: 2 });
      const byTen: object = { _id: { $eq: 10 }, c: 1 };
      assert.equal((await collection.replaceOne(byTen, { e: 2 }, upsert)).upsertedId, 10);
      assert.deepEqual(await collection.findOne({ _id: 10 }), { _id: 10, e: 2 });
    });

    it('counts say what was matched, what was changed and what was deleted', async () => {
      await insert({ _id: 1, a: 1 }, { _id: 2, a: 2 }, { _id: 3, a: 2 });
      const many = await collection.updateMany({}, { $set: { a: 2 } });
      assert.deepEqual([many.matchedCount, many.modifiedCount], [3, 1]);
      assert.equal((await collection.replaceOne({ _id: 1 }, { e: 1 })).modifiedCount, 1);
      assert.deepEqual(await collection.findOne({ _id: 1 }), { _id: 1, e: 1 });
      assert.equal((await collection.deleteMany({ a: 2 })).deletedCount, 2);
      assert.equal((await collection.deleteOne({})).deletedCount, 1);
    });

    it('findOneAndUpdate gives the document before or after, and one of many that expect a version wins', async () => {
      await insert({ _id: 1, v: 1 }, { _id: 2, v: 1 });
      const change = (filter: object, update: object, options: object = {}) =>
        collection.findOneAndUpdate(filter, update, options);
      const after = { returnDocument: 'after' } as const;
      assert.deepEqual(await change({ v: 1 }, { $inc: { v: 1 } }, { sort: { _id: -1 } }), { _id: 2, v: 1 });
      assert.deepEqual(await change({ _id: 2, v: 2 }, { $inc: { v: 1 } }, after), { _id: 2, v: 3 });
      assert.equal(await change({ _id: 2, v: 2 }, { $inc: { v: 1 } }), null);
      assert.equal(await change({ _id: 5 }, { $set: { v: 1 } }, { upsert: true }), null);
      const bare = { upsert: true, ...after, projection: { _id: 0 } };
      assert.deepEqual(await change({ _id: 6 }, { $set: { v: 7 } }, bare), { v: 7 });
      assert.deepEqual(await collection.findOneAndDelete({ _id: 6 }), { _id: 6, v: 7 });
      assert.deepEqual(await collection.findOneAndReplace({ _id: 5 }, { w: 1 }, after), {
        _id: 5,
        w: 1,
      });
      const moves = Array.from({ length: 16 }, (_, by) =>
        change({ _id: 1, v: 1 }, { $set: { by }, $inc: { v: 1 } }, after),
      );
      const winners = (await Promise.all(moves)).filter((it) => it !== null);
      assert.deepEqual(winners, [await collection.findOne({ _id: 1 })]);
    });

    it('what makes no sense is refused with a code, and changes nothing', async () => {
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

    it('of many in one command the first failure ends only what is ordered', async () => {
      const docs = [{ _id: 1 }, { _id: 1 }, { _id: 2 }];
      await assert.rejects(insert(...docs), { code: 11000 });
      assert.equal(await collection.countDocuments(), 1);
      await collection.deleteMany({});
      await assert.rejects(collection.insertMany(docs, { ordered: false }), { code: 11000 });
      assert.equal(await collection.countDocuments(), 2);
      const bump: object = { $inc: { n: 1 } };
      const result = await collection.bulkWrite([
        { insertOne: { document: { _id: 7, n: 1 } } },
        { updateOne: { filter: { _id: 7 }, update: bump } },
        { deleteOne: { filter: { _id: 1 } } },
      ]);
      assert.deepEqual([result.insertedCount, result.modifiedCount, result.deletedCount], [1, 1, 1]);
    });
  });

  describe('of indexes', () => {
    const unique = { unique: true };
    const duplicate = { code: 11000 };

    it('a unique one refuses a second document, and says which and why', async () => {
      await collection.createIndex({ email: 1 }, unique, undefined);
      await insert({ _id: 1, email: 'ana@example.org' }, { _id: 2 });
      await assert.rejects(insert({ _id: 3, email: 'ana@example.org' }), {
        code: 11000,
        message: `E11000 duplicate key error collection: ${at.name}.things index: email_1 dup key: { email: "ana@example.org" }`,
      });
      await assert.rejects(collection.insertOne({ _id: 3, email: 'ana@example.org' }), {
        keyPattern: { email: 1 },
        keyValue: { email: 'ana@example.org' },
      });
      await assert.rejects(insert({ _id: 4 }), /index: email_1 dup key: \{ email: null \}$/);
      await assert.rejects(insert({ _id: 1, email: 'x' }), /index: _id_ dup key: \{ _id: 1 \}$/);
      const toAna: object = { $set: { email: 'ana@example.org' } };
      await assert.rejects(collection.updateOne({ _id: 2 }, toAna), duplicate);
      await collection.updateOne({ _id: 1 }, { $set: { email: 'rui@example.org' } });
      await collection.updateOne({ _id: 2 }, toAna);
      await assert.rejects(collection.createIndex({ none: 1 }, unique, undefined), duplicate);
    });

    it('a compound unique one names all its fields', async () => {
      await collection.createIndex({ centre: 1, n: -1 }, unique, undefined);
      await insert({ _id: 1, centre: 'main', n: 5 }, { _id: 2, centre: 'main', n: 6 });
      await assert.rejects(insert({ _id: 3, centre: 'main', n: 6 }), /dup key: \{ centre: "main", n: 6 \}$/);
    });

    it('a partial unique one minds only the documents it covers', async () => {
      const open = { unique: true, partialFilterExpression: { state: 'open' } };
      await collection.createIndex({ agent: 1 }, open, undefined);
      const claimed = { unique: true, partialFilterExpression: { claim: { $exists: true } } };
      await collection.createIndex({ claim: 1 }, claimed, undefined);
      await insert({ _id: 1, agent: 'ana', state: 'open' }, { _id: 2, agent: 'ana', state: 'done' });
      await assert.rejects(insert({ _id: 3, agent: 'ana', state: 'open' }), duplicate);
      const become = (_id: number, set: object) => update({ _id }, { $set: set });
      await assert.rejects(become(2, { state: 'open' }), duplicate);
      await become(1, { state: 'done', claim: 'c' });
      await become(2, { state: 'open' });
      await assert.rejects(become(2, { claim: 'c' }), duplicate);
      assert.equal(await collection.countDocuments({ agent: 'ana' }), 2);
      assert.equal(await collection.countDocuments({ agent: 'ana', state: 'open' }), 1);
    });

    it('one over arrays finds each element, and keeps it unique among documents', async () => {
      await collection.createIndex({ tags: 1, n: -1 }, unique, undefined);
      await insert(
        { _id: 1, tags: ['a', 'b', 'a'], n: 1 },
        { _id: 2, tags: ['b'], n: 2 },
        { _id: 3, tags: [], n: 1 },
      );
      await assert.rejects(insert({ _id: 4, tags: ['x', 'a'], n: 1 }), duplicate);
      const ids = async (filter: object) => idsOf(await collection.find(filter).sort({ _id: 1 }).toArray());
      assert.deepEqual(await ids({ tags: 'b' }), [1, 2]);
      assert.deepEqual(await ids({ tags: { $in: ['a', 'b'] } }), [1, 2]);
      assert.deepEqual(await ids({ tags: [] }), [3]);
      await update({ _id: 1 }, { $pull: { tags: 'a' } });
      assert.deepEqual(await ids({ tags: 'a' }), []);
      await insert({ _id: 4, tags: ['x', 'a'], n: 1 });
      await assert.rejects(insert({ _id: 5, tags: [1], n: [2] }), { code: 171 });
    });

    it('upserts that race for one unique key make one document, and agree when they ask once more', async () => {
      await collection.createIndex({ key: 1 }, unique, undefined);
      const ask = async (by: number): Promise<unknown> => {
        const change: object = { $setOnInsert: { _id: by }, $inc: { n: 1 } };
        await update({ key: 'one' }, change, { upsert: true });
        return (await collection.findOne({ key: 'one' }))?._id;
      };
      const askTwice = (by: number) =>
        ask(by).catch((error: unknown) => {
          assert.equal((error as { code: number }).code, 11000);
          return ask(by);
        });
      const answers = await Promise.all(Array.from({ length: 20 }, (_, by) => askTwice(by)));
      assert.equal(new Set(answers).size, 1);
      assert.equal((await collection.findOne({ n: 20 }))?._id, answers[0]);
      assert.equal(await collection.countDocuments(), 1);
    });

    it('they are listed, refused and dropped by name', async () => {
      await collection.createIndex({ a: 1, b: -1 }, { name: 'ab' }, undefined);
      await collection.createIndex({ at: 1 }, { expireAfterSeconds: 60 }, undefined);
      assert.deepEqual(await collection.indexes(), [
        { v: 2, key: { _id: 1 }, name: '_id_' },
        { v: 2, key: { a: 1, b: -1 }, name: 'ab' },
        { v: 2, key: { at: 1 }, name: 'at_1', expireAfterSeconds: 60 },
      ]);
      assert.equal(await collection.createIndex({ a: 1, b: -1 }, { name: 'ab' }, undefined), 'ab');
      await assert.rejects(collection.createIndex({ a: 1, b: -1 }, { name: 'other' }, undefined), {
        code: 85,
      });
      await assert.rejects(collection.createIndex({ c: 1 }, { name: 'ab' }, undefined), { code: 86 });
      const notEqual = { partialFilterExpression: { b: { $ne: 1 } } };
      await assert.rejects(collection.createIndex({ a: 1 }, notEqual, undefined), { code: 67 });
      await collection.dropIndex('ab');
      await assert.rejects(collection.dropIndex('ab'), { code: 27 });
      await assert.rejects(collection.dropIndex('_id_'), { code: 72 });
      await collection.dropIndexes();
      assert.equal((await collection.indexes()).length, 1);
      const listed = await at.db.listCollections({ name: 'things' }).toArray();
      assert.deepEqual(
        listed.map(({ name, type }) => [name, type]),
        [['things', 'collection']],
      );
      await collection.drop();
      await assert.rejects(collection.indexes(), { code: 26 });
    });
  });
});

import assert from 'node:assert/strict';
import mongoose from 'mongoose';
import { openAnyServer } from './support/server.ts';

const { Decimal128, Double, Int32, Long, MaxKey, MinKey, MongoClient, ObjectId, BSONRegExp } = mongoose.mongo;
type Docs = Record<string, unknown>[];

/** What MongoDB's manual says of queries; runs against a real server when MONGODB_URL names one. */
describe('A filter', () => {
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
    collection = things('queries');
    await collection.drop();
  });

  /** Stores the documents and expects the filter to find those with these ids, in any order. */
  async function expectIds(docs: Docs, filter: object, ids: unknown[]): Promise<void> {
    await collection.deleteMany({});
    await collection.insertMany(docs as never);
    const found = await collection.find(filter).sort({ _id: 1 }).toArray();
    assert.deepEqual(
      found.map((doc) => doc._id),
      ids,
      JSON.stringify(filter),
    );
  }

  it('that names a value finds it in a field, in an array, and in documents within arrays', async () => {
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

  it('for null finds null and what is not there, and $exists tells them apart', async () => {
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

  it('compares values of one type only, and all numbers with each other', async () => {
    const docs = [
      { _id: 1, a: new Int32(5) },
      { _id: 2, a: new Double(5.5) },
      { _id: 3, a: Long.fromString('9007199254740993') },
      { _id: 4, a: Decimal128.fromString('5.25') },
      { _id: 5, a: '6' },
      { _id: 6, a: new Date(7) },
      { _id: 7, a: true },
      { _id: 8, a: NaN },
      { _id: 9, a: [1, 9] },
    ];
    await expectIds(docs, { a: { $gt: 5 } }, [2, 3, 4, 9]);
    await expectIds(docs, { a: { $gte: 5, $lte: 5.3 } }, [1, 4, 9]);
    await expectIds(docs, { a: { $lt: 5 } }, [9]);
    await expectIds(docs, { a: { $gt: 9007199254740992 } }, [3]);
    await expectIds(docs, { a: 5.25 }, [4]);
    await expectIds(docs, { a: { $gt: '5' } }, [5]);
    await expectIds(docs, { a: { $lte: new Date(7) } }, [6]);
    await expectIds(docs, { a: NaN }, [8]);
    await expectIds(docs, { a: { $gte: new MinKey() } }, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    await expectIds(docs, { a: { $not: { $gt: 5 } } }, [1, 5, 6, 7, 8]);
  });

  it('with $elemMatch asks all of one element, and without it of the array', async () => {
    const docs = [
      {
        _id: 1,
        a: [
          { x: 1, y: 2 },
          { x: 3, y: 4 },
        ],
      },
      { _id: 2, a: [{ x: 1, y: 4 }] },
      { _id: 3, a: [1, 8] },
      { _id: 4, a: [5] },
    ];
    await expectIds(docs, { 'a.x': 1, 'a.y': 4 }, [1, 2]);
    await expectIds(docs, { a: { $elemMatch: { x: 1, y: 4 } } }, [2]);
    await expectIds(docs, { a: { $gt: 2, $lt: 7 } }, [3, 4]);
    await expectIds(docs, { a: { $elemMatch: { $gt: 2, $lt: 7 } } }, [4]);
    await expectIds(docs, { a: { $size: 2 } }, [1, 3]);
    await expectIds(docs, { a: { $all: [1, 8] } }, [3]);
    await expectIds(docs, { a: { $all: [{ $elemMatch: { x: 1 } }, { $elemMatch: { y: 4 } }] } }, [1, 2]);
    await expectIds(docs, { a: { $all: [] } }, []);
  });

  it('joins conditions with $and, $or, $nor and $not', async () => {
    const docs = [{ _id: 1, a: 1, b: 1 }, { _id: 2, a: 1, b: 2 }, { _id: 3, a: 2, b: 2 }, { _id: 4 }];
    await expectIds(docs, { $or: [{ a: 2 }, { b: 1 }] }, [1, 3]);
    await expectIds(docs, { $nor: [{ a: 1 }, { b: 1 }] }, [3, 4]);
    await expectIds(docs, { $and: [{ a: 1 }, { b: { $ne: 1 } }] }, [2]);
    await expectIds(docs, { a: { $nin: [1] } }, [3, 4]);
    await expectIds(docs, { a: { $not: { $in: [2] } } }, [1, 2, 4]);
    await expectIds(docs, { $expr: { $eq: ['$a', '$b'] } }, [1, 3, 4]);
    await expectIds(docs, { $expr: { $gt: [{ $add: ['$a', '$b'] }, 3] } }, [3]);
  });

  it('matches texts by pattern, types by name and numbers by remainder', async () => {
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
    await expectIds(docs, { a: { $not: /a/ } }, [4, 5]);
    await expectIds(docs, { a: { $not: new BSONRegExp('r') } }, [4, 5]);
    await expectIds(docs, { a: { $type: 'string' } }, [1, 2, 3]);
    await expectIds(docs, { a: { $type: ['array', 'int'] } }, [3, 4]);
    await expectIds(docs, { a: { $type: 'double' } }, [5]);
    await expectIds(docs, { a: { $type: 'number' } }, [4, 5]);
    await expectIds(docs, { a: { $mod: [2, 1] } }, [4]);
  });

  it('sorts every type in its place', async () => {
    const ids = [new ObjectId('0'.repeat(24)), new ObjectId('f'.repeat(24))];
    const values = [
      new MinKey(),
      null,
      NaN,
      -Infinity,
      Long.fromString('-9007199254740993'),
      -5.5,
      0,
      Decimal128.fromString('0.1'),
      0.1,
      Long.fromString('9007199254740992'),
      Long.fromString('9007199254740993'),
      Decimal128.fromString('1E+400'),
      '',
      'A',
      'a',
      'a\0b',
      'aa',
      '\ufffd',
      '\u{1f600}',
      {},
      { a: 1 },
      { a: 1, b: 0 },
      { b: 1 },
      { a: 'x' },
      ...ids,
      false,
      true,
      new Date(-1),
      new Date(1),
      new MaxKey(),
    ];
    const shuffled = values
      .map((a, _id) => ({ _id, a }))
      .sort((x, y) => ((x._id * 7919) % 31) - ((y._id * 7919) % 31));
    await collection.insertMany(shuffled);
    const expected = values.map((_, id) => id);
    const up = await collection.find().sort({ a: 1 }).toArray();
    assert.deepEqual(
      up.map((doc) => doc._id),
      expected,
    );
    await collection.createIndex({ a: -1 }, undefined, undefined);
    const down = await collection.find().sort({ a: -1 }).hint({ a: -1 }).toArray();
    assert.deepEqual(
      down.map((doc) => doc._id),
      expected.reverse(),
    );
  });

  it('sorts an array by its least element upwards and its greatest downwards', async () => {
    await collection.insertMany([
      { _id: 1, a: [3, 9] },
      { _id: 2, a: 4 },
      { _id: 3, a: [] },
      { _id: 4 },
    ] as never);
    assert.deepEqual(
      (await collection.find().sort({ a: 1 }).toArray()).map((doc) => doc._id),
      [3, 4, 1, 2],
    );
    assert.deepEqual(
      (await collection.find().sort({ a: -1 }).toArray()).map((doc) => doc._id),
      [1, 2, 4, 3],
    );
  });

  it('gives the fields that the projection names', async () => {
    await collection.insertOne({
      _id: 1,
      a: { b: 1, c: 2 },
      list: [
        { x: 1, y: 1 },
        { x: 2, y: 2 },
      ],
      n: 3,
    } as never);
    const project = (projection: object, filter = {}) => collection.findOne(filter, { projection });
    assert.deepEqual(await project({ n: 1 }), { _id: 1, n: 3 });
    assert.deepEqual(await project({ _id: 0, 'a.b': 1 }), { a: { b: 1 } });
    assert.deepEqual(await project({ a: 0, n: 0 }), {
      _id: 1,
      list: [
        { x: 1, y: 1 },
        { x: 2, y: 2 },
      ],
    });
    assert.deepEqual(await project({ 'list.x': 1 }), { _id: 1, list: [{ x: 1 }, { x: 2 }] });
    assert.deepEqual(await project({ list: { $elemMatch: { x: 2 } } }), { _id: 1, list: [{ x: 2, y: 2 }] });
    assert.deepEqual(await project({ 'list.$': 1 }, { 'list.x': 2 }), { _id: 1, list: [{ x: 2, y: 2 }] });
    assert.deepEqual(await project({ list: { $slice: -1 }, a: 0, n: 0 }), { _id: 1, list: [{ x: 2, y: 2 }] });
    assert.deepEqual(await project({ _id: 0, double: { $multiply: ['$n', 2] } }), { double: 6 });
    assert.deepEqual(await project({ _id: 0, n: { deep: '$a.b' } }), { n: { deep: 1 } });
    await assert.rejects(project({ a: 1, n: 0 }), { code: 31254 });
  });

  it('that nobody understands is an error with the code MongoDB gives', async () => {
    await collection.insertOne({ _id: 1 });
    const find = (filter: object) => collection.find(filter).toArray();
    await assert.rejects(find({ a: { $near: [1, 2], $foo: 1 } }), { code: 2 });
    await assert.rejects(find({ a: { $foo: 1 } }), { code: 2, message: 'unknown operator: $foo' });
    await assert.rejects(find({ $foo: 1 }), { code: 2 });
    await assert.rejects(find({ a: { $in: 1 } }), { code: 2 });
    await assert.rejects(find({ $or: [] }), { code: 2 });
    await assert.rejects(find({ a: { $regex: '(' } }), { code: 51091 });
    await assert.rejects(client.db('semantics').command({ frobnicate: 1 }), {
      code: 59,
      codeName: 'CommandNotFound',
    });
    await assert.rejects(client.db('semantics').command({ find: 'queries', frob: 1 }), { code: 40415 });
    await assert.rejects(collection.aggregate([{ $frob: {} }]).toArray(), { code: 40324 });
    await assert.rejects(collection.find().hint('nowhere').toArray(), { code: 2 });
  });

  it('walks a long result batch by batch, as it was when the query ran', async () => {
    await collection.insertMany(Array.from({ length: 1000 }, (_, _id) => ({ _id })));
    const cursor = collection.find().sort({ _id: 1 }).batchSize(64);
    const ids: unknown[] = [];
    for await (const doc of cursor) ids.push(doc._id);
    assert.deepEqual(
      ids,
      Array.from({ length: 1000 }, (_, id) => id),
    );
    assert.equal(await collection.countDocuments({ _id: { $gte: 900 } } as never), 100);
    const page = await collection
      .find({ _id: { $gt: 500 } } as never)
      .sort({ _id: 1 })
      .limit(3)
      .toArray();
    assert.deepEqual(
      page.map((doc) => doc._id),
      [501, 502, 503],
    );
    const half = collection.find().batchSize(10);
    await half.next();
    await half.close();
  });
});

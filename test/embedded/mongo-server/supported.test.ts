import assert from 'node:assert/strict';
import mongoose from 'mongoose';
import { ACCUMULATORS } from '../../../embedded/mongo-server/aggregation/group.ts';
import { STAGES } from '../../../embedded/mongo-server/aggregation/stages.ts';
import { COMMANDS } from '../../../embedded/mongo-server/commands/dispatch.ts';
import { FIELD_OPERATORS, TOP_OPERATORS } from '../../../embedded/mongo-server/query/filter.ts';
import type { MongoServer } from '../../../embedded/mongo-server/server.ts';
import { SUPPORTED } from '../../../embedded/mongo-server/supported.ts';
import { MODIFIERS } from '../../../embedded/mongo-server/update/modifiers.ts';
import { openServer } from './support/server.ts';

const { Decimal128, MongoClient } = mongoose.mongo;

describe('The list of what the embedded MongoDB server supports', () => {
  const lists: [keyof typeof SUPPORTED, string[]][] = [
    ['commands', [...COMMANDS.keys()]],
    ['queryOperators', [...keys(FIELD_OPERATORS), ...keys(TOP_OPERATORS)]],
    ['updateOperators', [...keys(MODIFIERS), '$unset']],
    ['stages', keys(STAGES)],
    ['accumulators', keys(ACCUMULATORS)],
  ];
  for (const [name, inCode] of lists) {
    it(`names exactly the ${name} that the code has [MO2]`, () => {
      assert.deepEqual([...SUPPORTED[name]].sort(), inCode.sort());
    });
  }

  let server: MongoServer;
  let client: InstanceType<typeof MongoClient>;
  const db = () => client.db('test');
  before(async () => {
    server = await openServer();
    client = await MongoClient.connect(server.url);
    await db().collection('things').insertOne({ a: 1 });
  });
  after(async () => {
    await client.close();
    await server.close();
  });

  it('names the options an index may have', async () => {
    const examples: Record<string, unknown> = {
      unique: true,
      partialFilterExpression: { a: { $exists: true } },
      expireAfterSeconds: 5,
      sparse: true,
      hidden: true,
      collation: { locale: 'fr' },
      weights: {},
      wildcardProjection: {},
    };
    const taken: string[] = [];
    for (const [option, value] of Object.entries(examples)) {
      const indexes = [{ key: { [option]: 1 }, name: option, [option]: value }];
      await db()
        .command({ createIndexes: 'things', indexes })
        .then(
          () => taken.push(option),
          (error: unknown) => assert.equal((error as { code: number }).code, 238, option),
        );
    }
    assert.deepEqual(taken.sort(), [...SUPPORTED.indexOptions].sort());
  });

  it('has what mongosh and Compass ask when they connect and browse', async () => {
    const asked: object[] = [
      { hello: 1 },
      { buildInfo: 1 },
      { hostInfo: 1 },
      { connectionStatus: 1, showPrivileges: true },
      { listDatabases: 1, nameOnly: true },
      { listCollections: 1, cursor: {}, nameOnly: false, authorizedCollections: true },
      { dbStats: 1 },
      { collStats: 'things' },
      { count: 'things' },
      { listIndexes: 'things', cursor: {} },
      { find: 'things', filter: {}, skip: 0, limit: 20, maxTimeMS: 60_000 },
      {
        aggregate: 'things',
        pipeline: [{ $match: {} }, { $sample: { size: 1000 } }],
        cursor: {},
        allowDiskUse: true,
      },
      {
        aggregate: 'things',
        pipeline: [{ $match: {} }, { $skip: 0 }, { $group: { _id: 1, n: { $sum: 1 } } }],
        cursor: {},
      },
    ];
    for (const command of asked)
      assert.equal((await db().command(command))['ok'], 1, JSON.stringify(command));
    const first = await db().collection('things').findOne({ a: 1 });
    const replace = { findAndModify: 'things', query: { a: 1 }, update: { a: 1, b: 2 }, new: true };
    assert.deepEqual((await db().command(replace))['value'], { ...first, b: 2 });
  });

  const cursor = {};
  const refused: [what: string, command: object, code: number, codeName: string][] = [
    ['a command', { mapReduce: 'things' }, 59, 'CommandNotFound'],
    ['explain', { explain: { find: 'things' } }, 59, 'CommandNotFound'],
    ['a field of a command', { find: 'things', frob: 1 }, 40415, 'Location40415'],
    ['a collation', { find: 'things', collation: { locale: 'fr' } }, 238, 'NotImplemented'],
    ['a hint', { find: 'things', hint: 'a_1' }, 238, 'NotImplemented'],
    ['a tailable cursor', { find: 'things', tailable: true }, 238, 'NotImplemented'],
    ['a capped collection', { create: 'capped', capped: true, size: 1 }, 238, 'NotImplemented'],
    ['a validator', { create: 'checked', validator: { a: 1 } }, 238, 'NotImplemented'],
    ['a view', { create: 'view', viewOn: 'things', pipeline: [] }, 238, 'NotImplemented'],
    ['text search', { find: 'things', filter: { $text: { $search: 'x' } } }, 2, 'BadValue'],
    ['geometry', { find: 'things', filter: { a: { $near: [1, 2] } } }, 2, 'BadValue'],
    ['JavaScript', { find: 'things', filter: { $where: '1' } }, 2, 'BadValue'],
    ['an expression in a filter', { find: 'things', filter: { $expr: '$a' } }, 2, 'BadValue'],
    ['a computed projection', { find: 'things', projection: { b: '$a' } }, 238, 'NotImplemented'],
    ['a positional projection', { find: 'things', projection: { 'a.$': 1 } }, 238, 'NotImplemented'],
    ['a stage', { aggregate: 'things', pipeline: [{ $lookup: {} }], cursor }, 40324, 'Location40324'],
    [
      'an expression',
      { aggregate: 'things', pipeline: [{ $group: { _id: { $year: '$a' } } }], cursor },
      168,
      'InvalidPipelineOperator',
    ],
    [
      'a variable',
      { aggregate: 'things', pipeline: [{ $group: { _id: '$$NOW' } }], cursor },
      168,
      'InvalidPipelineOperator',
    ],
    ['an aggregate without a collection', { aggregate: 1, pipeline: [], cursor }, 238, 'NotImplemented'],
    [
      'a change stream',
      { aggregate: 'things', pipeline: [{ $changeStream: {} }], cursor },
      40573,
      'Location40573',
    ],
    [
      'a transaction',
      { insert: 'things', documents: [{}], txnNumber: 1, autocommit: false, startTransaction: true },
      20,
      'IllegalOperation',
    ],
    ['a snapshot', { find: 'things', readConcern: { level: 'snapshot' } }, 238, 'NotImplemented'],
    [
      'a text index',
      { createIndexes: 'things', indexes: [{ key: { a: 'text' }, name: 't' }] },
      67,
      'CannotCreateIndex',
    ],
    [
      'a wildcard index',
      { createIndexes: 'things', indexes: [{ key: { '$**': 1 }, name: 'w' }] },
      67,
      'CannotCreateIndex',
    ],
    ['a decimal', { insert: 'things', documents: [{ a: new Decimal128('1') }] }, 238, 'NotImplemented'],
  ];
  for (const [what, command, code, codeName] of refused) {
    it(`leaves out ${what}, which is refused by MongoDB's code and name [MO2]`, async () => {
      await assert.rejects(db().command(command), { code, codeName });
    });
  }

  it('leaves out update operators and pipelines, which are refused and change nothing', async () => {
    const things = db().collection('things');
    const of = (update: object) => things.updateOne({}, update);
    for (const operator of ['$rename', '$mul', '$currentDate', '$bit', '$pop', '$pullAll', '$addToSet']) {
      await assert.rejects(of({ [operator]: { a: 1 } }), { code: 9 }, operator);
    }
    await assert.rejects(of({ $push: { b: { $each: [], $sort: 1 } } }), { code: 238 });
    await assert.rejects(of([{ $set: { a: 2 } }]), { code: 238 });
    await assert.rejects(things.updateOne({}, { $set: { a: 2 } }, { hint: 'x' }), { code: 238 });
    assert.equal((await things.findOne({}))?.['a'], 1);
  });
});

function keys(table: object): string[] {
  return Object.keys(table);
}

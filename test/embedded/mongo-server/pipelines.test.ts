import assert from 'node:assert/strict';
import { openAnyDatabase } from './support/server.ts';

interface Thing {
  _id: number;
  [field: string]: unknown;
}

/** As its manual has it; where MONGODB_URL names a real one, against that. */
describe('What we rely on in pipelines of MongoDB [MO3]', () => {
  let at: Awaited<ReturnType<typeof openAnyDatabase>>;
  let collection: ReturnType<typeof things>;
  const things = (name: string) => at.db.collection<Thing>(name);

  before(async () => void (at = await openAnyDatabase()));
  after(() => at.close());
  beforeEach(async () => {
    collection = things('piped');
    await collection.drop();
  });

  const insert = (...docs: Thing[]) => collection.insertMany(docs);
  const run = (...stages: object[]) => collection.aggregate(stages).toArray();

  it('one matches, sorts, limits, groups, counts and draws', async () => {
    await insert(
      { _id: 1, line: 'pt', wait: 10 },
      { _id: 2, line: 'pt', wait: 20 },
      { _id: 3, line: 'en', wait: 5 },
      { _id: 4, wait: 'x' },
    );
    const group = {
      _id: '$line',
      n: { $sum: 1 },
      all: { $sum: '$wait' },
      mean: { $avg: '$wait' },
      least: { $min: '$wait' },
      most: { $max: '$wait' },
    };
    assert.deepEqual(await run({ $group: group }, { $sort: { _id: 1 } }), [
      { _id: null, n: 1, all: 0, mean: null, least: 'x', most: 'x' },
      { _id: 'en', n: 1, all: 5, mean: 5, least: 5, most: 5 },
      { _id: 'pt', n: 2, all: 30, mean: 15, least: 10, most: 20 },
    ]);
    const longest = [{ $match: { wait: { $gte: 5 } } }, { $sort: { wait: -1 } }, { $limit: 1 }];
    assert.deepEqual(await run(...longest, { $project: { wait: 1 } }), [{ _id: 2, wait: 20 }]);
    assert.deepEqual(await run({ $sort: { _id: 1 } }, { $skip: 3 }), [{ _id: 4, wait: 'x' }]);
    assert.deepEqual(await run({ $match: { line: 'pt' } }, { $count: 'n' }), [{ n: 2 }]);
    assert.deepEqual(await run({ $match: { line: 'fr' } }, { $count: 'n' }), []);
    assert.equal((await run({ $sample: { size: 2 } })).length, 2);
  });

  it('one goes on with what another finds elsewhere', async () => {
    await insert({ _id: 1, line: 'pt' }, { _id: 2, line: 'pt' }, { _id: 3, line: 'en' });
    const elsewhere = 'piped-else';
    await things(elsewhere).drop();
    await things(elsewhere).insertMany([
      { _id: 1, n: 7 },
      { _id: 2, n: 8 },
    ]);
    const first = [{ $match: { line: 'en' } }, { $limit: 1 }];
    const found = [{ _id: 3, line: 'en' }];
    const eight = { coll: elsewhere, pipeline: [{ $match: { n: { $gt: 7 } } }] };
    assert.deepEqual(await run(...first, { $unionWith: eight }), [...found, { _id: 2, n: 8 }]);
    const counted = { coll: elsewhere, pipeline: [{ $limit: 5 }, { $count: 'all' }] };
    assert.deepEqual(await run(...first, { $unionWith: counted }), [...found, { all: 2 }]);
    assert.deepEqual(await run({ $match: { line: 'fr' } }, { $unionWith: counted }), [{ all: 2 }]);
    assert.deepEqual(await run({ $unionWith: elsewhere }, { $count: 'n' }), [{ n: 5 }]);
    assert.deepEqual(await run(...first, { $unionWith: 'nowhere' }), found);
    await assert.rejects(run({ $unionWith: { pipeline: [] } }));
    await assert.rejects(run({ $unionWith: { coll: elsewhere, pipeline: [{ $frob: 1 }] } }), {
      code: 40324,
    });
  });
});

import assert from 'node:assert/strict';
import { Long } from 'bson';
import fc from 'fast-check';
import { search } from '../../../embedded/mongo-server/query/find.ts';
import { type Searchable, plan } from '../../../embedded/mongo-server/query/planner.ts';
import { parseSort, sortKey } from '../../../embedded/mongo-server/query/sort.ts';
import { Collection } from '../../../embedded/mongo-server/storage/collection.ts';
import { compareValues, complement, orderKey } from '../../../embedded/mongo-server/values/order.ts';
import type { Doc } from '../../../embedded/mongo-server/values/value.ts';

const host = { reserve: () => {}, put: () => {}, remove: () => {} };
const INDEXES: { key: Doc; partialFilterExpression?: Doc }[] = [
  { key: { a: 1 } },
  { key: { a: -1, b: 1 } },
  { key: { b: 1, a: 1 } },
  { key: { 'c.x': 1, d: -1 } },
  { key: { a: 1, d: 1 }, partialFilterExpression: { b: 2 } },
  { key: { d: 1 }, partialFilterExpression: { a: { $exists: true } } },
];

function collectionOf(docs: readonly Doc[], isIndexed: boolean): Collection {
  const collection = new Collection('test.things', host);
  for (const doc of docs.slice(0, docs.length / 2)) collection.insert(doc);
  if (isIndexed) {
    for (const index of INDEXES) collection.createIndex({ v: 2, name: orderKey(index), ...index });
  }
  for (const doc of docs.slice(docs.length / 2)) collection.insert(doc);
  return collection;
}

const scalar = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 5 }) },
  fc.constantFrom(null, 'x', 'y', 2.5, NaN, true, Long.fromNumber(3), new Date(3), { x: 1 }),
);
const value = fc.oneof({ weight: 5, arbitrary: scalar }, fc.array(scalar, { maxLength: 3 }));
const element = fc.record({ x: scalar, y: scalar }, { requiredKeys: [] });
const document = fc
  .record(
    { a: value, b: scalar, c: fc.oneof(element, fc.array(element, { maxLength: 3 })), d: scalar },
    { requiredKeys: [] },
  )
  .map((doc) => doc as Doc);
const condition = fc.oneof(
  scalar,
  fc.record({ $eq: value }),
  fc.record({ $in: fc.array(scalar, { maxLength: 3 }) }),
  fc
    .record({ $gt: scalar, $gte: scalar, $lt: scalar, $lte: scalar }, { requiredKeys: [] })
    .filter((it) => Object.keys(it).length > 0),
  fc.record({ $exists: fc.boolean() }),
  fc.record({ $ne: scalar }),
);
const clause = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'c.x', 'c.y', 'd'), condition, { maxKeys: 3 });
const filter = fc.oneof(
  clause,
  fc.tuple(clause, clause).map(([one, other]) => ({ $and: [one, other] })),
) as fc.Arbitrary<Doc>;
const sort = fc.constantFrom<Doc>(
  {},
  { a: 1 },
  { a: -1 },
  { b: 1, a: 1 },
  { b: -1, a: -1 },
  { a: -1, b: 1 },
  { 'c.x': 1 },
  { d: 1 },
  { d: -1 },
);

/** Which documents a search finds, and in what order as far as the sort decides it. */
function found(collection: Searchable, filter: Doc, by: Doc): object {
  const docs = search(collection, { filter, sort: by }).map(({ item }) => item.doc);
  return {
    ids: docs.map((doc) => doc['_id']).sort((a, b) => compareValues(a, b)),
    order: docs.map((doc) => sortKey(doc, parseSort(by))),
  };
}

describe('A search', () => {
  it('finds the same with indexes as without, in the same order, whatever is asked', () => {
    fc.assert(
      fc.property(
        fc.array(document, { maxLength: 25 }),
        fc.array(fc.tuple(filter, sort), { minLength: 20, maxLength: 20 }),
        (docs, asked) => {
          const numbered = docs.map((doc, _id) => ({ _id, ...doc }));
          const [plain, indexed] = [collectionOf(numbered, false), collectionOf(numbered, true)];
          for (const [filter, by] of asked) {
            const expected = found(plain, filter, by);
            assert.deepEqual(found(indexed, filter, by), expected);
            // With one index only, the planner has no better one to hide a wrong one behind.
            for (const index of indexed.indexes) {
              const only = { indexes: [index], items: indexed.items, size: 1e6 };
              assert.deepEqual(found(only, filter, by), expected, index.spec.name);
            }
          }
        },
      ),
      { numRuns: 80 },
    );
  });

  it('takes the index that fits, for equality, range and order', () => {
    const docs = Array.from({ length: 1000 }, (_, _id) => ({
      _id,
      state: _id % 100 ? 'done' : 'open',
      at: _id,
      key: `k${_id}`,
    }));
    const collection = new Collection('test.calls', host);
    for (const doc of docs) collection.insert(doc);
    for (const key of [{ state: 1, at: 1 }, { at: 1 }, { key: 1 }] as Doc[]) {
      collection.createIndex({ v: 2, key, name: Object.keys(key).join('_') });
    }
    const used = (filter: Doc, by: Doc = {}) => {
      const { items, index, isSorted } = plan(collection, filter, parseSort(by));
      return [index, isSorted, [...items].length];
    };
    assert.deepEqual(used({ _id: 7 }), ['_id_', true, 1]);
    assert.deepEqual(used({ key: 'k5', state: 'done' }), ['key', true, 1]);
    assert.deepEqual(used({ state: 'open' }, { at: -1 }), ['state_at', true, 10]);
    assert.deepEqual(used({ state: 'open', at: { $gte: 300, $lt: 500 } }), ['state_at', true, 2]);
    assert.deepEqual(used({ state: { $in: ['open', 'lost'] } }), ['state_at', true, 10]);
    const keys = docs.slice(0, 400).map(({ key }) => key);
    assert.deepEqual(used({ key: { $in: keys } }), ['key', true, 400]);
    assert.deepEqual(used({ at: { $lt: 20 } }, { at: 1 }), ['at', true, 20]);
    assert.deepEqual(used({}, { at: 1 }), ['at', true, 1000]);
    assert.deepEqual(used({ other: 1 }), [undefined, true, 1000]);
  });
});

describe('The order of values', () => {
  it('is total, and turned round by the complement, and no key begins another', () => {
    const anything = fc.oneof(
      value,
      fc.string({ unit: 'binary' }),
      fc.double(),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((it) => Long.fromBigInt(it)),
    );
    fc.assert(
      fc.property(anything, anything, anything, (a, b, c) => {
        const [x, y, z] = [orderKey(a), orderKey(b), orderKey(c)];
        assert.equal(Math.sign(compareValues(a, b)), x < y ? -1 : x > y ? 1 : 0);
        assert.equal(x < y, complement(x) > complement(y));
        assert.ok(x === y || !x.startsWith(y));
        if (x !== y) assert.equal(x + z < y + z, x < y);
      }),
      { numRuns: 500 },
    );
  });

  it('compares longs and doubles exactly', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.bigInt({ min: -3n, max: 3n }),
        (base, step) => {
          const near = Number(base + step);
          const exact = BigInt(near);
          const expected = base < exact ? -1 : base > exact ? 1 : 0;
          assert.equal(Math.sign(compareValues(Long.fromBigInt(base), near)), expected);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('compares texts by code point, as UTF-8 does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        assert.equal(
          Math.sign(compareValues(a, b)),
          Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))),
        );
      }),
      { numRuns: 500 },
    );
  });
});

import assert from 'node:assert/strict';
import {
  BSONRegExp,
  Binary,
  Code,
  Decimal128,
  Double,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  serialize,
} from 'bson';
import fc from 'fast-check';
import { fieldsFromBson, fromBson } from '../../../embedded/mongo-server/values/bson-reader.ts';
import { type Doc, toBson } from '../../../embedded/mongo-server/values/value.ts';

const name = fc.oneof(
  fc.constantFrom('_id', 'a', '__proto__', 'constructor', '0', 'é', 'a.b', 'x'.repeat(60)),
  fc.string({ unit: 'grapheme' }).filter((it) => !it.includes('\0') && it !== '_bsontype'),
);
const scalar = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.string({ unit: 'grapheme' }),
  fc.boolean(),
  fc.constantFrom<unknown>(
    null,
    '',
    new Double(5),
    -0,
    Infinity,
    Long.MAX_VALUE,
    Long.fromNumber(-3),
    new Date(-1),
    new ObjectId('0123456789abcdef01234567'),
    new Binary(Buffer.from([0, 1, 255]), 5),
    new Binary(Buffer.alloc(0)),
    new BSONRegExp('^ü+', 'i'),
    new MinKey(),
    new MaxKey(),
  ),
);
const { document } = fc.letrec<{ document: Doc; value: unknown }>((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, scalar, tie('document'), fc.array(tie('value'), { maxLength: 4 })),
  document: fc
    .array(fc.tuple(name, tie('value')), { maxLength: 6 })
    .map((entries): Doc => Object.fromEntries(entries)),
}));

const whole = (bytes: Uint8Array) => ({ bytes: Buffer.from(bytes), from: 0, to: bytes.length });

describe('What the embedded MongoDB server reads', () => {
  it('is what was written, to the byte and without losing a type [MO3]', () => {
    fc.assert(
      fc.property(document, (doc) => {
        const bytes = toBson(doc);
        assert.deepEqual(Buffer.from(toBson(fromBson(whole(bytes)))), Buffer.from(bytes));
      }),
    );
  });

  it('can be some of the fields only, wherever the document lies', () => {
    fc.assert(
      fc.property(document, fc.array(name), (doc, names) => {
        const bson = toBson(doc);
        const bytes = Buffer.concat([Buffer.alloc(7, 0xff), bson, Buffer.alloc(5, 0xff)]);
        const some = fieldsFromBson({ bytes, from: 7, to: 7 + bson.length }, new Set(names));
        const all = fromBson(whole(bson));
        const wanted = Object.entries(all).filter(([key]) => names.includes(key));
        assert.deepEqual(some, Object.fromEntries(wanted));
      }),
    );
  });

  it('is refused when it is cut short, or says another length than it has [MO4]', () => {
    const bytes = Buffer.from(serialize({ a: 1, b: 'text', c: { d: [1, 2, 'three'] }, e: new ObjectId() }));
    for (let length = 0; length < bytes.length; length++) {
      assert.throws(() => fromBson(whole(bytes.subarray(0, length))), RangeError);
    }
    assert.throws(() => fromBson(whole(Buffer.concat([bytes, Buffer.alloc(1)]))), RangeError);
    for (let at = 0; at < bytes.length; at++) {
      const spoiled = Buffer.from(bytes);
      spoiled.writeUInt8(bytes.readUInt8(at) ^ 0x41, at);
      try {
        toBson(fromBson(whole(spoiled)));
      } catch (error) {
        assert.ok(error instanceof Error);
      }
    }
  });

  it('holds no type that nobody here stores: that is an error by name [MO2]', () => {
    const refused = { code: 238 };
    for (const value of [Decimal128.fromString('1'), new Timestamp({ t: 1, i: 1 }), new Code('x')]) {
      assert.throws(() => fromBson(whole(serialize({ value }))), refused);
    }
    assert.throws(() => fromBson(whole(Buffer.from([8, 0, 0, 0, 6, 97, 0, 0]))), refused); // undefined
    assert.throws(() => fromBson(whole(Buffer.from([8, 0, 0, 0, 0x55, 97, 0, 0]))), RangeError);
  });

  it('is text in UTF-8 and nothing else', () => {
    const bytes = Buffer.from(serialize({ text: 'ab' }));
    bytes.writeUInt8(0xff, bytes.indexOf('ab'));
    assert.throws(() => fromBson(whole(bytes)), TypeError);
  });
});

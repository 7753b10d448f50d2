import { BSONRegExp, Binary, Double, Long, MaxKey, MinKey, ObjectId } from 'bson';
import { MongoError, unsupported } from '../mongo-error.ts';
import { type Doc, isInt32, setField } from './value.ts';

/** Deeper documents than this are no message; how deep one may be that is stored is for the collection to say. */
const MAX_DEPTH = 1000;

/**
 * Reads BSON (bsonspec.org, version 1.1) without losing a type: int32 and most doubles become plain numbers, a double
 * with a whole value stays a `Double`, longs stay `Long`, the rest are the classes of `bson`. Types nobody here stores are
 * a `MongoError`; bytes that are no BSON are any other error. The reader of `bson` makes an object of every number,
 * and a second walk would have to take them out again.
 */
export function fromBson({ bytes, from, to }: Written): Doc {
  return new BsonReader(bytes, from).document(to);
}

/** The fields of these names; the others are not looked at, which is many times as fast. */
export function fieldsFromBson({ bytes, from, to }: Written, wanted: ReadonlySet<string>): Doc {
  return new BsonReader(bytes, from).document(to, wanted);
}

/** Where a document's BSON lies within other bytes. */
export interface Written {
  readonly bytes: Buffer;
  readonly from: number;
  readonly to: number;
}

class BsonReader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, from: number) {
    this.#bytes = bytes;
    this.#at = from;
  }

  document(to: number, wanted?: ReadonlySet<string>): Doc {
    const doc = this.#doc(to, 0, wanted);
    return this.#at === to ? doc : malformed('bytes behind it');
  }

  #doc(limit: number, depth: number, wanted?: ReadonlySet<string>): Doc {
    const end = this.#begin(limit, depth);
    const doc: Doc = {};
    for (;;) {
      const type = this.#byte();
      if (type === 0) break;
      const name = this.#name();
      if (wanted && !wanted.has(name)) this.#skip(type);
      else setField(doc, name, this.#value(type, end, depth));
    }
    return this.#at === end ? doc : malformed('a document of another length than it says');
  }

  #array(limit: number, depth: number): unknown[] {
    const end = this.#begin(limit, depth);
    const array: unknown[] = [];
    for (;;) {
      const type = this.#byte();
      if (type === 0) break;
      while (this.#byte() !== 0); // its name, which is its position
      array.push(this.#value(type, end, depth));
    }
    return this.#at === end ? array : malformed('an array of another length than it says');
  }

  /** Where the document ends that begins here; it may not go beyond what it stands in. */
  #begin(limit: number, depth: number): number {
    if (depth > MAX_DEPTH) malformed('too many levels');
    const end = this.#at + this.#bytes.readInt32LE(this.#at);
    if (end < this.#at + 5 || end > limit) malformed('a document longer than what it stands in');
    this.#at += 4;
    return end;
  }

  #value(type: number, limit: number, depth: number): unknown {
    const at = this.#at;
    switch (type) {
      case 0x01: {
        const double = this.#bytes.readDoubleLE(at);
        this.#at += 8;
        return isInt32(double) ? new Double(double) : double;
      }
      case 0x02:
        return this.#string();
      case 0x03:
        return this.#doc(limit, depth + 1);
      case 0x04:
        return this.#array(limit, depth + 1);
      case 0x05: {
        const subType = this.#bytes.readUInt8(at + 4);
        this.#at += 5;
        return new Binary(this.#take(this.#bytes.readInt32LE(at)), subType);
      }
      case 0x07:
        return new ObjectId(this.#take(12));
      case 0x08:
        return this.#byte() === 1;
      case 0x09:
        return new Date(this.#long().toNumber());
      case 0x0a:
        return null;
      case 0x0b:
        return new BSONRegExp(this.#text(), this.#text());
      case 0x10:
        this.#at += 4;
        return this.#bytes.readInt32LE(at);
      case 0x12:
        return this.#long();
      case 0x7f:
        return new MaxKey();
      case 0xff:
        return new MinKey();
    }
    const name = REFUSED[type];
    return name ? refuse(name) : malformed(`a value of type ${type}`);
  }

  #skip(type: number): void {
    const fixed = FIXED[type];
    if (fixed !== undefined) this.#at += fixed;
    else if (type === 0x0b) {
      this.#text();
      this.#text();
    } else {
      const length = this.#bytes.readInt32LE(this.#at);
      if (length < 0) malformed('a value of less than nothing');
      this.#at += type === 0x02 ? 4 + length : type === 0x05 ? 5 + length : length;
    }
  }

  #byte(): number {
    return this.#bytes[this.#at++] ?? malformed('an end too early');
  }

  #long(): Long {
    const at = this.#at;
    this.#at += 8;
    return new Long(this.#bytes.readInt32LE(at), this.#bytes.readInt32LE(at + 4));
  }

  /** A copy of so many bytes: what is stored must not hold on to the message it came in. */
  #take(length: number): Uint8Array {
    const from = this.#at;
    this.#at += length;
    if (length < 0 || this.#at > this.#bytes.length) malformed('a value longer than what it stands in');
    return Uint8Array.prototype.slice.call(this.#bytes, from, this.#at);
  }

  #string(): string {
    const from = this.#at + 4;
    const end = from + this.#bytes.readInt32LE(this.#at);
    if (end <= from || end > this.#bytes.length || this.#bytes[end - 1] !== 0)
      malformed('a text without an end');
    this.#at = end;
    return textOf(this.#bytes, from, end - 1);
  }

  /** A text that ends with a zero. */
  #text(): string {
    const from = this.#at;
    while (this.#byte() !== 0);
    return textOf(this.#bytes, from, this.#at - 1);
  }

  #name(): string {
    const bytes = this.#bytes;
    const from = this.#at;
    let to = from;
    let hash = 0;
    for (let byte = bytes[to]; byte !== 0; byte = bytes[++to]) {
      if (byte === undefined) malformed('a name without an end');
      hash = (Math.imul(hash, 31) + byte) | 0;
    }
    this.#at = to + 1;
    const slot = hash & (NAMES - 1);
    const known = names[slot];
    if (known !== undefined && stands(known, bytes, from, to)) return known;
    const name = textOf(bytes, from, to);
    if (name === '_bsontype') throw new MongoError('BadValue', 'A field cannot be called _bsontype');
    if (name.length <= LONGEST_KEPT_NAME) names[slot] = Object.keys({ [name]: 0 })[0]; // the engine's own copy
    return name;
  }
}

/** Names that came before, by a hash of their bytes: there are few, and making a text is what reading costs most. */
const NAMES = 4096;
const LONGEST_KEPT_NAME = 40;
const names = new Array<string | undefined>(NAMES).fill(undefined);

function stands(name: string, bytes: Buffer, from: number, to: number): boolean {
  if (name.length !== to - from) return false;
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) !== bytes[from + i]) return false;
  return true;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function textOf(bytes: Buffer, from: number, to: number): string {
  for (let at = from; at < to; at++) {
    if ((bytes[at] ?? 0) > 0x7f) return utf8.decode(bytes.subarray(from, to));
  }
  return bytes.toString('latin1', from, to);
}

/** How long values are that always have one length. */
const FIXED: Partial<Record<number, number>> = {
  0x01: 8,
  0x07: 12,
  0x08: 1,
  0x09: 8,
  0x0a: 0,
  0x10: 4,
  0x12: 8,
  0x7f: 0,
  0xff: 0,
};

const REFUSED: Partial<Record<number, string>> = {
  0x06: 'Undefined',
  0x0c: 'DBPointer',
  0x0d: 'Code',
  0x0e: 'BSONSymbol',
  0x0f: 'Code',
  0x11: 'Timestamp',
  0x13: 'Decimal128',
};

function refuse(type: string): never {
  throw unsupported(`the BSON type ${type}`);
}

function malformed(what: string): never {
  throw new RangeError(`no BSON: ${what}`);
}

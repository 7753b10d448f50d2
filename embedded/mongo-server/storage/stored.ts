import { type Written, fieldsFromBson, fromBson } from '../values/bson-reader.ts';
import { type Doc, toBson } from '../values/value.ts';

/**
 * A stored document. Documents are never changed, only replaced, so that cursors may hold on to them. One that comes from
 * the journal is read when somebody first asks for it.
 */
export class Stored {
  /** Rises in the order in which documents come. */
  readonly seq: number;
  #doc: Doc;
  #unread: Written | undefined;
  #size: number;

  private constructor(seq: number, doc: Doc, unread: Written | undefined, size: number) {
    this.seq = seq;
    this.#doc = doc;
    this.#unread = unread;
    this.#size = size;
  }

  static of(seq: number, doc: Doc, size: number): Stored {
    return new Stored(seq, doc, undefined, size);
  }

  static unread(seq: number, written: Written): Stored {
    return new Stored(seq, NOTHING, written, written.to - written.from);
  }

  get doc(): Doc {
    this.read();
    return this.#doc;
  }

  get isRead(): boolean {
    return this.#unread === undefined;
  }

  read(): void {
    if (!this.#unread) return;
    this.#doc = fromBson(this.#unread);
    this.#unread = undefined;
  }

  /** Its fields of these names at least. */
  fields(names: ReadonlySet<string>): Doc {
    return this.#unread ? fieldsFromBson(this.#unread, names) : this.#doc;
  }

  /** Bytes of BSON. */
  get size(): number {
    return this.#size;
  }

  get bson(): Uint8Array {
    return this.#unread ? this.#unread.bytes.subarray(this.#unread.from, this.#unread.to) : toBson(this.#doc);
  }

  replace(doc: Doc, size: number): void {
    this.#doc = doc;
    this.#unread = undefined;
    this.#size = size;
  }
}

const NOTHING: Doc = {};

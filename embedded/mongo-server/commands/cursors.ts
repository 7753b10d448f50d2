import { randomBytes } from 'node:crypto';
import { Long } from 'bson';
import { MongoError } from '../mongo-error.ts';
import { type Doc, bsonSize } from '../values/value.ts';

interface OpenCursor {
  id: Long;
  namespace: string;
  docs: readonly Doc[];
  at: number;
  present: (doc: Doc, index: number) => Doc;
  usedAt: number;
  neverTimesOut: boolean;
}

const FIRST_BATCH = 101;
const MAX_BATCH_BYTES = 16_000_000;
const IDLE_MS = 10 * 60_000;
const MOST_CURSORS = 10_000;

/** What a query answers with: its first documents, and whether there are more. */
export interface CursorRequest {
  namespace: string;
  docs: readonly Doc[];
  /** What the client sees of a document, made when it is asked for. */
  present?: (doc: Doc, index: number) => Doc;
  batchSize?: number | undefined;
  singleBatch?: boolean;
  neverTimesOut?: boolean;
}

/** Results that are fetched batch by batch. A cursor shows the documents as they were when the query ran. */
export class Cursors {
  readonly #open = new Map<string, OpenCursor>();

  start(request: CursorRequest): Doc {
    const {
      namespace,
      docs,
      present = (doc: Doc) => doc,
      batchSize,
      singleBatch,
      neverTimesOut = false,
    } = request;
    const id = Long.fromBytesLE([...randomBytes(8)]).and(Long.MAX_VALUE);
    const cursor: OpenCursor = { id, namespace, docs, at: 0, present, usedAt: Date.now(), neverTimesOut };
    const firstBatch = take(cursor, batchSize ?? FIRST_BATCH);
    const isOver = cursor.at >= docs.length || singleBatch === true;
    if (!isOver) {
      if (this.#open.size >= MOST_CURSORS)
        throw new MongoError('ExceededMemoryLimit', 'too many open cursors');
      this.#open.set(id.toString(), cursor);
    }
    return { cursor: { firstBatch, id: isOver ? Long.ZERO : id, ns: namespace } };
  }

  more(id: Long, namespace: string, batchSize: number | undefined): Doc {
    const cursor = this.#open.get(id.toString());
    if (cursor?.namespace !== namespace) {
      throw new MongoError('CursorNotFound', `cursor id ${id.toString()} not found`);
    }
    cursor.usedAt = Date.now();
    const nextBatch = take(cursor, batchSize ?? Infinity);
    const isOver = cursor.at >= cursor.docs.length;
    if (isOver) this.#open.delete(id.toString());
    return { cursor: { nextBatch, id: isOver ? Long.ZERO : id, ns: namespace } };
  }

  /** True if the cursor was open. */
  kill(id: Long): boolean {
    return this.#open.delete(id.toString());
  }

  /** Forgets the cursors of a namespace that is gone. */
  killAll(namespace: string): void {
    for (const [key, cursor] of this.#open) if (cursor.namespace === namespace) this.#open.delete(key);
  }

  /** Forgets cursors nobody has asked for in ten minutes. */
  sweep(): void {
    const limit = Date.now() - IDLE_MS;
    for (const [key, { usedAt, neverTimesOut }] of this.#open) {
      if (usedAt < limit && !neverTimesOut) this.#open.delete(key);
    }
  }
}

function take(cursor: OpenCursor, most: number): Doc[] {
  const batch: Doc[] = [];
  let bytes = 0;
  while (batch.length < most && cursor.at < cursor.docs.length) {
    const doc = cursor.docs[cursor.at];
    if (!doc) break;
    const presented = cursor.present(doc, cursor.at);
    bytes += bsonSize(presented);
    if (bytes > MAX_BATCH_BYTES && batch.length > 0) break;
    batch.push(presented);
    cursor.at++;
  }
  return batch;
}

import { randomBytes } from 'node:crypto';
import { Long, calculateObjectSize } from 'bson';
import { MongoError } from '../mongo-error.ts';
import type { Doc } from '../values/value.ts';

/** What a query answers with: its first documents, and whether there are more. */
export interface CursorRequest {
  namespace: string;
  docs: readonly Doc[];
  /** What the client sees of a document, made when it is asked for. */
  present?: (doc: Doc) => Doc;
  batchSize?: number | undefined;
  singleBatch?: boolean;
}

interface OpenCursor {
  id: Long;
  request: CursorRequest;
  at: number;
  usedAt: number;
}

const FIRST_BATCH = 101;
const MAX_BATCH_BYTES = 16_000_000;
const IDLE_MS = 10 * 60_000;
const MOST_CURSORS = 10_000;
/** How many documents all open cursors together may hold on to. */
const MOST_HELD = 2_000_000;

/** Results that are fetched batch by batch. A cursor shows the documents as they were when the query ran. */
export class Cursors {
  readonly #open = new Map<string, OpenCursor>();
  #held = 0;

  start(request: CursorRequest): Doc {
    const cursor = { id: Long.ZERO, request, at: 0, usedAt: Date.now() };
    const { docs, namespace, batchSize = FIRST_BATCH, singleBatch } = request;
    const firstBatch = take(cursor, batchSize);
    if (cursor.at < docs.length && singleBatch !== true) this.#keep(cursor);
    return { cursor: { firstBatch, id: cursor.id, ns: namespace } };
  }

  more(id: Long, namespace: string, batchSize: number): Doc {
    const cursor = this.#open.get(id.toString());
    if (cursor?.request.namespace !== namespace) {
      throw new MongoError('CursorNotFound', `cursor id ${id.toString()} not found`);
    }
    cursor.usedAt = Date.now();
    const nextBatch = take(cursor, batchSize);
    const isOver = cursor.at >= cursor.request.docs.length;
    if (isOver) this.kill(id);
    return { cursor: { nextBatch, id: isOver ? Long.ZERO : id, ns: namespace } };
  }

  /** True if the cursor was open. */
  kill(id: Long): boolean {
    this.#held -= this.#open.get(id.toString())?.request.docs.length ?? 0;
    return this.#open.delete(id.toString());
  }

  /** Forgets the cursors of a namespace that is gone. */
  killAll(namespace: string): void {
    for (const { id, request } of this.#open.values()) if (request.namespace === namespace) this.kill(id);
  }

  /** Forgets cursors nobody has asked for in ten minutes. */
  sweep(): void {
    const limit = Date.now() - IDLE_MS;
    for (const { id, usedAt } of this.#open.values()) if (usedAt < limit) this.kill(id);
  }

  #keep(cursor: OpenCursor): void {
    cursor.id = Long.fromBytesLE([...randomBytes(8)]).and(Long.MAX_VALUE);
    this.#held += cursor.request.docs.length;
    this.#open.set(cursor.id.toString(), cursor);
    if (this.#open.size <= MOST_CURSORS && this.#held <= MOST_HELD) return;
    this.kill(cursor.id);
    throw new MongoError('ExceededMemoryLimit', 'open cursors hold too much: use a limit');
  }
}

function take(cursor: OpenCursor, most: number): Doc[] {
  const { docs, present } = cursor.request;
  const batch: Doc[] = [];
  for (let bytes = 0; batch.length < most; cursor.at++) {
    const doc = docs[cursor.at];
    if (!doc) break;
    const presented = present ? present(doc) : doc;
    if (most > 1) bytes += calculateObjectSize(presented);
    if (bytes > MAX_BATCH_BYTES && batch.length > 0) break;
    batch.push(presented);
  }
  return batch;
}

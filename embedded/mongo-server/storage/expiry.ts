import { search } from '../query/find.ts';
import type { Store } from './store.ts';

/** At most this many documents of one index go at once, so that clients are not kept waiting. */
const MOST_AT_ONCE = 5000;

/** Deletes what TTL indexes say is over; of an array the earliest date counts. Returns how many documents went. */
export function expireDocuments(store: Store, now: number): number {
  let gone = 0;
  for (const collection of store.collections) {
    for (const { spec } of collection.indexes) {
      if (spec.expireAfterSeconds === undefined) continue;
      const [name = ''] = Object.keys(spec.key);
      const due = { [name]: { $lte: new Date(now - spec.expireAfterSeconds * 1000) } };
      const filter = { $and: [spec.partialFilterExpression ?? {}, due] };
      for (const { item } of search(collection, { filter, limit: MOST_AT_ONCE })) {
        collection.delete(item);
        gone++;
      }
    }
  }
  return gone;
}

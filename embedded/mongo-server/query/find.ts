import { MongoError } from '../mongo-error.ts';
import type { Collection } from '../storage/collection.ts';
import type { Stored } from '../storage/collection-index.ts';
import type { Found } from '../values/path.ts';
import type { Doc } from '../values/value.ts';
import { compileFilter } from './filter.ts';
import { plan } from './planner.ts';
import { parseSort, sortDocs } from './sort.ts';

export interface Search {
  filter: Doc;
  sort?: Doc | undefined;
  skip?: number | undefined;
  limit?: number | undefined;
  hint?: unknown;
  /** Longer searches are an error. */
  maxTimeMs?: number | undefined;
}

/** A document that matched, and where in an array it did. */
export interface Hit {
  item: Stored;
  found: Found;
}

/** Finds what a search asks for, through an index where one helps. */
export function search(collection: Collection | undefined, what: Search): Hit[] {
  const matches = compileFilter(what.filter);
  const sort = parseSort(what.sort ?? {});
  const natural = sort.length === 1 && sort[0]?.name === '$natural';
  if (!collection) return [];
  const { items, isSorted } = plan(collection, what.filter, natural ? [] : sort, what.hint);
  const skip = what.skip ?? 0;
  const wanted = what.limit ? skip + what.limit : Infinity;
  const deadline = what.maxTimeMs ? Date.now() + what.maxTimeMs : Infinity;
  const hits: Hit[] = [];
  let looked = 0;
  for (const item of natural && sort[0]?.descending ? [...items].reverse() : items) {
    if ((++looked & 1023) === 0 && Date.now() > deadline) {
      throw new MongoError('MaxTimeMSExpired', 'operation exceeded time limit');
    }
    const found: Found = {};
    if (!matches(item.doc, found)) continue;
    hits.push({ item, found });
    if (isSorted && hits.length >= wanted) break;
  }
  const sorted = isSorted || natural ? hits : sortDocs(hits, sort, ({ item }) => item.doc);
  return skip > 0 || sorted.length > wanted ? sorted.slice(skip, wanted) : sorted;
}

import { MongoError } from '../mongo-error.ts';
import type { Stored } from '../storage/stored.ts';
import type { Found } from '../values/path.ts';
import type { Doc } from '../values/value.ts';
import { compileFilter } from './filter.ts';
import { type Searchable, plan } from './planner.ts';
import { parseSort, sortDocs } from './sort.ts';

export interface Search {
  filter: Doc;
  sort?: Doc | undefined;
  skip?: number | undefined;
  /** 0 is no limit. */
  limit?: number | undefined;
  /** Longer searches are an error. */
  maxTimeMs?: number | undefined;
}

/** A document that matched, and where in an array it did. */
export interface Hit {
  item: Stored;
  found: Found;
}

/** Finds what a search asks for, through an index where one helps. */
export function search(collection: Searchable | undefined, what: Search): Hit[] {
  const matches = compileFilter(what.filter);
  const sort = parseSort(what.sort ?? {});
  if (!collection) return [];
  const { items, isSorted } = plan(collection, what.filter, sort);
  const skip = what.skip ?? 0;
  const wanted = what.limit ? skip + what.limit : Infinity;
  const deadline = what.maxTimeMs ? Date.now() + what.maxTimeMs : Infinity;
  const hits: Hit[] = [];
  let looked = 0;
  for (const item of items) {
    if ((++looked & 1023) === 0 && Date.now() > deadline) {
      throw new MongoError('MaxTimeMSExpired', 'operation exceeded time limit');
    }
    const found: Found = {};
    if (!matches(item.doc, found)) continue;
    hits.push({ item, found });
    if (isSorted && hits.length >= wanted) break;
  }
  const sorted = isSorted ? hits : sortDocs(hits, sort, ({ item }) => item.doc);
  return skip > 0 || sorted.length > wanted ? sorted.slice(skip, wanted) : sorted;
}

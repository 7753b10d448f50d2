import { MaxKey, MinKey } from 'bson';
import type { Collection } from '../storage/collection.ts';
import type { CollectionIndex } from '../storage/collection-index.ts';
import type { Stored } from '../storage/stored.ts';
import { complement, equalValues, orderKey, rankOf } from '../values/order.ts';
import { type Doc, field, isRegex } from '../values/value.ts';
import { isOperators } from './filter.ts';
import type { SortField } from './sort.ts';

/** Where to look for the documents of a filter; they come in the order of the sort if `isSorted`. */
export interface Plan {
  items: Iterable<Stored>;
  isSorted: boolean;
  /** The index used, for those who want to know. */
  index?: string;
}

/** What a filter demands of one path in all cases. */
interface Demand {
  /** One of these values. */
  points?: readonly unknown[];
  /** Bounds by `$gt` and its like. */
  bounds: { operator: string; value: unknown }[];
  exists: boolean;
}

type Demands = ReadonlyMap<string, Demand>;

/** A stretch of an index's keys. */
interface Stretch {
  lower: string;
  upper: string;
}

/** Above every key that begins with what stands before it. */
const LAST = '\uffff';
const MOST_STRETCHES = 2000;

/** What the planner needs to know of a collection. */
export type Searchable = Pick<Collection, 'indexes' | 'items' | 'size'>;

/** Chooses the cheapest way to find what `filter` may match; every document found must still be tested. */
export function plan(collection: Searchable, filter: Doc, sort: readonly SortField[]): Plan {
  const demands = demandsOf(filter);
  let best: { cost: number; plan: () => Plan } = {
    cost: collection.size * 1.5 * (sort.length > 0 ? 2 : 1) + 2,
    plan: () => ({ items: collection.items, isSorted: sort.length === 0 }),
  };
  for (const index of collection.indexes) {
    if (!covers(index, demands)) continue;
    const { stretches, equalFields, used } = stretchesOf(index, demands);
    const direction = stretches.length === 1 ? sortDirection(index, sort, equalFields) : undefined;
    if (used === 0 && (sort.length === 0 || direction === undefined)) continue;
    const isOne = index.isUnique && equalFields === index.fields.length && stretches.length === 1;
    const entries = isOne ? 0 : estimate(index, stretches);
    const cost = (entries + stretches.length) * (sort.length > 0 && direction === undefined ? 2 : 1);
    if (cost >= best.cost) continue;
    best = {
      cost,
      plan: () => ({
        items: isOne ? only(index, stretches) : walk(index, stretches, direction === 'backwards'),
        isSorted: sort.length === 0 || direction !== undefined,
        index: index.spec.name,
      }),
    };
    if (isOne) break;
  }
  return best.plan();
}

/** Of many stretches some stand for all. */
function estimate(index: CollectionIndex, stretches: readonly Stretch[]): number {
  const step = Math.ceil(stretches.length / 50);
  let entries = 0;
  for (let i = 0; i < stretches.length; i += step) {
    const stretch = stretches[i];
    if (stretch) entries += step * index.keys.estimate(stretch.lower, stretch.upper);
  }
  return entries;
}

/** The one document that all fields of a unique index lead to: most searches are for one. */
function only(index: CollectionIndex, [stretch]: readonly Stretch[]): Stored[] {
  const item = stretch && index.keys.first(stretch.lower);
  return item ? [item] : [];
}

function* walk(index: CollectionIndex, stretches: readonly Stretch[], backwards: boolean): Generator<Stored> {
  const seen = index.isMultikey ? new Set<Stored>() : undefined;
  for (const { lower, upper } of stretches) {
    for (const item of index.keys.range(lower, upper, backwards)) {
      if (seen?.has(item)) continue;
      seen?.add(item);
      yield item;
    }
  }
}

const BOUNDS = new Set(['$gt', '$gte', '$lt', '$lte']);

function demandsOf(filter: Doc, demands = new Map<string, Demand>()): Map<string, Demand> {
  for (const key of Object.keys(filter)) {
    const operand = field(filter, key);
    if (key === '$and' && Array.isArray(operand)) for (const part of operand) demandsOf(part as Doc, demands);
    if (key.startsWith('$')) continue;
    const demand = demands.get(key) ?? { bounds: [], exists: false };
    demands.set(key, demand);
    const conditions: Doc = isOperators(operand) ? operand : { $eq: operand };
    for (const name of Object.keys(conditions)) {
      const value = field(conditions, name);
      if (name === '$eq' && isSimple(value)) demand.points = [value];
      if (name === '$in' && Array.isArray(value) && value.every(isSimple)) demand.points ??= value;
      if (BOUNDS.has(name) && isSimple(value)) demand.bounds.push({ operator: name, value });
      if (name === '$exists' && value === true) demand.exists = true;
    }
  }
  return demands;
}

/** Values whose equals stand under one key: arrays and patterns do not, nor does anything that spans types. */
function isSimple(value: unknown): boolean {
  return !Array.isArray(value) && !isRegex(value) && !(value instanceof MinKey) && !(value instanceof MaxKey);
}

/** Only documents a partial index holds may be asked for through it. */
function covers(
  { spec: { partialFilterExpression: covered = {} } }: CollectionIndex,
  demands: Demands,
): boolean {
  return Object.keys(covered).every((path) => {
    const demand = demands.get(path);
    const condition = field(covered, path);
    if (isOperators(condition)) return isPresent(demand); // { $exists: true }, the only one there may be
    return demand?.points?.every((value) => equalValues(value, condition)) ?? false;
  });
}

function isPresent(demand: Demand | undefined): boolean {
  if (!demand) return false;
  const { exists, points, bounds } = demand;
  return exists || points?.every((it) => it !== null) === true || bounds.some(({ value }) => value !== null);
}

function stretchesOf(
  index: CollectionIndex,
  demands: Demands,
): { stretches: Stretch[]; equalFields: number; used: number } {
  let prefixes = [''];
  let equalFields = 0;
  for (const { name, descending } of index.fields) {
    const demand = demands.get(name);
    const points = demand?.points && distinctKeys(demand.points);
    if (!points || points.length * prefixes.length > MOST_STRETCHES) {
      const bounds = demand?.bounds ?? [];
      const stretch = (prefix: string): Stretch => boundsOf(prefix, bounds, descending, index.isMultikey);
      return {
        stretches: prefixes.map(stretch),
        equalFields,
        used: equalFields + (bounds.length > 0 ? 1 : 0),
      };
    }
    prefixes = prefixes.flatMap((prefix) =>
      points.map((key) => prefix + (descending ? complement(key) : key)),
    );
    equalFields++;
  }
  const stretches = prefixes.map((prefix) => ({ lower: prefix, upper: prefix + LAST }));
  return { stretches, equalFields, used: equalFields };
}

function distinctKeys(values: readonly unknown[]): string[] {
  return [...new Set(values.map(orderKey))].sort();
}

function boundsOf(
  prefix: string,
  bounds: Demand['bounds'],
  descending: boolean,
  isMultikey: boolean,
): Stretch {
  let lower = prefix;
  let upper = prefix + LAST;
  const turn = (key: string): string => (descending ? complement(key) : key);
  // One element of an array may satisfy the one bound and another element the other: use one of them only.
  for (const { operator, value } of isMultikey ? bounds.slice(0, 1) : bounds) {
    const key = prefix + turn(orderKey(value));
    const rank = prefix + turn(rankOf(value));
    const isLower = operator.startsWith('$gt') !== descending;
    const isInclusive = operator.endsWith('e');
    const low = isLower ? (isInclusive ? key : key + LAST) : rank;
    const high = isLower ? rank + LAST : isInclusive ? key + LAST : key;
    if (low > lower) lower = low;
    if (high < upper) upper = high;
  }
  return { lower, upper: upper < lower ? lower : upper };
}

/** Whether the index, behind the fields that are fixed to one value, gives the order of the sort. */
function sortDirection(
  index: CollectionIndex,
  sort: readonly SortField[],
  equalFields: number,
): 'forwards' | 'backwards' | undefined {
  if (sort.length === 0) return 'forwards';
  if (index.isMultikey) return undefined;
  const fixed = new Set(index.fields.slice(0, equalFields).map(({ name }) => name));
  const wanted = sort.filter(({ name }) => !fixed.has(name));
  const given = index.fields.slice(equalFields);
  if (wanted.length > given.length) return undefined;
  const same = wanted.map(({ name, descending }, i) =>
    name === given[i]?.name ? descending === given[i].descending : undefined,
  );
  if (same.every((it) => it === true)) return 'forwards';
  return same.every((it) => it === false) ? 'backwards' : undefined;
}

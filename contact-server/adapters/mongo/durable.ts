import type { Collection, mongo } from 'mongoose';

/** What must not be lost is acknowledged by the majority; waiting for it has an end. */
export const durable = { writeConcern: { w: 'majority' as const, wtimeoutMS: 10_000 } };

/** The server cannot be reached, or was lost before it answered: what was asked may or may not be done. */
export function isMongoOutage(error: unknown): boolean {
  return (
    error instanceof Error &&
    /^(Mongo(Network|ServerSelection|NotConnected|Topology|Pool|WriteConcern|OperationTimeout)|PoolClear)/.test(
      error.name,
    )
  );
}

/** A unique index said no (E11000); with a field, one that this field is part of. */
export function isDuplicate(error: unknown, field?: string): boolean {
  const isOne = typeof error === 'object' && error !== null && 'code' in error && error.code === 11000;
  if (!isOne || field === undefined) return isOne;
  const { keyPattern } = error as { readonly keyPattern?: object };
  return keyPattern !== undefined && field in keyPattern;
}

/** Makes sure of an index; the same one twice is one. */
export async function index<T extends object>(
  docs: Collection<T>,
  keys: Readonly<Record<string, 1 | -1>>,
  options: Pick<mongo.CreateIndexesOptions, 'unique' | 'partialFilterExpression' | 'expireAfterSeconds'> = {},
): Promise<void> {
  await docs.createIndex({ ...keys }, options, {});
}

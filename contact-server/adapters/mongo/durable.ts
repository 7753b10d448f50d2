/** What must not be lost is acknowledged by the majority; waiting for it has an end. */
export const durable = { writeConcern: { w: 'majority' as const, wtimeoutMS: 10_000 } };

/** A unique index said no (E11000). */
export function isDuplicate(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 11000;
}

import type { CallbackRecord } from '../ports/stores.ts';

/**
 * The range told to the visitor for the present wait. What was told before they picked another time, or before a try
 * that did not reach them, binds nobody any more.
 */
export function bindingPromise({ callback, promise }: CallbackRecord): CallbackRecord['promise'] {
  const begun = callback.history.findLast((it) => it.state === 'scheduled')?.at ?? -Infinity;
  return promise && promise.madeAt >= begun ? promise : undefined;
}

import { ProblemError } from '../../server-kit/problem.ts';

/**
 * The same object, whose methods tell an outage of what is behind them in our words: whoever asks is answered
 * `unavailable` and may come again, and whoever must not lose anything waits and repeats.
 */
export function tellingOutages<T extends object>(
  it: T,
  isOutage: (error: unknown) => boolean,
  detail: string,
): T {
  const told = (error: unknown): never => {
    if (!isOutage(error)) throw error;
    throw new ProblemError('unavailable', { detail, retryAfterS: 2, cause: error });
  };
  const methods = new Map<unknown, (...args: unknown[]) => unknown>();
  return new Proxy(it, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const known = methods.get(value);
      if (known) return known;
      const method = (...args: unknown[]): unknown => {
        const result: unknown = Reflect.apply(value, target, args);
        return result instanceof Promise ? result.catch(told) : result;
      };
      methods.set(value, method);
      return method;
    },
  });
}

import type { Logger } from 'pino';
import { RoutingUnavailable } from '../unavailable.ts';

/** Does `task` again and again, `ms` after it last ended, until the returned function is called and has resolved. */
export function repeat(
  ms: number,
  log: Logger,
  name: string,
  task: () => Promise<void>,
): () => Promise<void> {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  const isOver = () => stopped;
  const run = async () => {
    try {
      await task();
    } catch (err) {
      if (err instanceof RoutingUnavailable) log.debug({ name, store: err.store }, 'waits for a store');
      else log.error({ err, name }, 'failed, and will be tried again');
    }
    next();
  };
  const next = () => {
    if (isOver()) return;
    timer = setTimeout(() => {
      running = run();
    }, ms);
  };
  next();
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await running;
  };
}

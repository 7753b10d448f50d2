/** Waits longer after each failure, never in step with others, and not at all once the network is back. */
export interface BackOff {
  /** Calls `next` after a while: at least `leastMs`, if the other side has asked for that. */
  later(next: () => void, leastMs?: number): void;
  /** Ends the waiting, if there is any. */
  now(): void;
  /** It went well: the next failure starts from the beginning. */
  reset(): void;
  stop(): void;
}

/** Makes one; it waits for `mostMs` at the most, unless it is asked for more. */
export function backOff(life: AbortSignal, mostMs = 30_000): BackOff {
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let waiting: (() => void) | undefined;

  const stop = (): void => {
    clearTimeout(timer);
    waiting = undefined;
  };
  const now = (): void => {
    const next = waiting;
    stop();
    next?.();
  };
  addEventListener('online', now, { signal: life });
  document.addEventListener('visibilitychange', () => document.hidden || now(), { signal: life });
  life.addEventListener('abort', stop);

  return {
    now,
    stop,
    later(next, leastMs = 0) {
      stop();
      const step = Math.min(mostMs, 500 * 2 ** failures++);
      waiting = next;
      timer = setTimeout(now, Math.max(leastMs, step / 2) + (Math.random() * step) / 2);
    },
    reset: () => (failures = 0),
  };
}

/** The only source of time; tests pass one that they can move. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Calls `then` once `ms` have passed, unless the returned function is called first. */
  after(ms: number, then: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, then) {
    const timer = setTimeout(then, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};

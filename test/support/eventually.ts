const LOOK_MS = 40;

/** The first answer of `look` that is not undefined; what it throws counts as none. Rejects after the deadline. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  withinMs = 20_000,
): Promise<T> {
  const until = Date.now() + withinMs;
  let last: unknown = 'nothing';
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined) return found;
    } catch (error) {
      last = error;
    }
    if (Date.now() > until) {
      throw new Error(`waited ${String(withinMs)} ms for ${what}; last: ${String(last)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

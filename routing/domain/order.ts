/** Beyond it nobody is more urgent; the company file allows 100. */
const MAX_PRIORITY = 127;
const START_SPAN = 2 ** 42;

/**
 * Where a contact stands in every line it could be compared in: priority down, then virtual start up. Lower is served
 * first. It never changes while a contact waits, so nothing is re-scored; exact in a double until the year 2109.
 */
export function lineScore(priority: number, startedAt: number): number {
  const urgency = Math.min(MAX_PRIORITY, Math.max(0, Math.floor(priority)));
  const start = Math.min(START_SPAN - 1, Math.max(0, Math.floor(startedAt)));
  return (MAX_PRIORITY - urgency) * START_SPAN + start;
}

/** The urgency in a score: smaller is more urgent. All scores with one urgency are a span of starts. */
export function urgencyOf(score: number): number {
  return Math.floor(score / START_SPAN);
}

/** The smallest score of this urgency. */
export function urgencySpan(urgency: number): number {
  return urgency * START_SPAN;
}

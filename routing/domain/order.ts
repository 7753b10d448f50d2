/** Beyond it nobody is more urgent; the company file allows 100. */
const MAX_PRIORITY = 127;
const START_SPAN = 2 ** 42;

/** Where a contact stands, and what of that is due to its priority. */
export interface Precedence {
  readonly priority: number;
  /** Counted as time waited already, in ms; 0 where priority goes strictly before age. */
  readonly boostMs: number;
  readonly score: number;
}

/**
 * Where a contact stands in every line it could be compared in: priority down, then virtual start up. Lower is served
 * first. It never changes while a contact waits, so nothing is re-scored; exact in a double until the year 2109.
 */
export function lineScore(priority: number, startedAt: number): number {
  return (MAX_PRIORITY - urgency(priority)) * START_SPAN + start(startedAt);
}

/**
 * The same under a service's rule. With `ageMs`, each point of priority counts as so much waiting and no more: all age
 * at one rate, so whoever waits long enough is served before anybody who asks later, whatever their tier.
 */
export function precedence(priority: number, startedAt: number, ageMs = 0): Precedence {
  const boostMs = Math.floor(urgency(priority) * ageMs);
  const score =
    boostMs > 0 ? lineScore(0, start(startedAt) - boostMs) : lineScore(ageMs > 0 ? 0 : priority, startedAt);
  return { priority: urgency(priority), boostMs, score };
}

function urgency(priority: number): number {
  return Math.min(MAX_PRIORITY, Math.max(0, Math.floor(priority)));
}

function start(at: number): number {
  return Math.min(START_SPAN - 1, Math.max(0, Math.floor(at)));
}

/** The urgency in a score: smaller is more urgent. All scores with one urgency are a span of starts. */
export function urgencyOf(score: number): number {
  return Math.floor(score / START_SPAN);
}

/** The start in a score, priority that counts as waiting included. */
export function startOf(score: number): number {
  return score % START_SPAN;
}

/** The smallest score of this urgency. */
export function urgencySpan(urgency: number): number {
  return urgency * START_SPAN;
}

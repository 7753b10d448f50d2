/**
 * Why somebody who started later may be served before somebody who waits:
 * `priority` a better tier; `qualification` the agent cannot serve who was overtaken; `preferred` who was overtaken
 * waits for one agent; `snooze` they asked for a later time, or are tried again later; `claimed` an agent took the
 * contact by hand. `unexplained` is a fault.
 */
export const OVERTAKE_REASONS = [
  'priority',
  'qualification',
  'preferred',
  'snooze',
  'claimed',
  'unexplained',
] as const;
export type OvertakeReason = (typeof OVERTAKE_REASONS)[number];

/** How many were overtaken, by reason. */
export type Overtaken = Readonly<Partial<Record<OvertakeReason, number>>>;

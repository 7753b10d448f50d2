import type { Precedence } from './order.ts';

/**
 * Why somebody who started later may be served before somebody who waits:
 * `priority` a better tier; `qualification` the agent cannot serve who was overtaken; `capacity` the agent could, but
 * has no room for that channel now; `preferred` who was overtaken waits for one agent; `snooze` they asked for a later
 * time, or are tried again later; `claimed` an agent took the contact by hand. `unexplained` is a fault.
 */
export const OVERTAKE_REASONS = [
  'priority',
  'qualification',
  'capacity',
  'preferred',
  'snooze',
  'claimed',
  'unexplained',
] as const;
export type OvertakeReason = (typeof OVERTAKE_REASONS)[number];

/** How many were overtaken, by reason. */
export type Overtaken = Readonly<Partial<Record<OvertakeReason, number>>>;

/** What counts of a contact that waits. */
interface Line {
  readonly startedAt: number;
  readonly precedence: Precedence;
  readonly waitsFor?: string;
}

/**
 * Who is overtaken when `it` is served: everybody who started earlier and waits, each for one reason; and those who
 * started earlier and snooze. `served`: the agent could have served them; `no-room`: but for what they have in hand.
 */
export function overtaken(
  it: Line,
  how: 'idle' | 'freed' | 'preferred' | 'claimed',
  waiting: readonly { readonly waiter: Line; readonly served: boolean | 'no-room' }[],
  snoozing: readonly { readonly startedAt?: number }[],
): Overtaken {
  const earlier = waiting.filter(({ waiter }) => waiter.startedAt < it.startedAt);
  const snooze = snoozing.filter((other) => (other.startedAt ?? Infinity) < it.startedAt).length;
  if (earlier.length + snooze === 0) return {};
  if (how === 'claimed') return { claimed: earlier.length + snooze };
  const counts = new Map<OvertakeReason, number>([['snooze', snooze]]);
  const count = (reason: OvertakeReason) => counts.set(reason, (counts.get(reason) ?? 0) + 1);
  for (const { waiter, served } of earlier) {
    if (waiter.waitsFor !== undefined) count('preferred');
    else if (!served) count('qualification');
    else if (served === 'no-room') count('capacity');
    else count(waiter.precedence.score < it.precedence.score ? 'unexplained' : 'priority');
  }
  return Object.fromEntries([...counts].filter(([, n]) => n > 0));
}

import type { AttemptOutcome } from '../../contracts/states.ts';
import type { Attempt } from './callback.ts';

/** Numbers of the callback's life; durations in milliseconds. */
export interface CallbackRules {
  /** Dials of the customer before it ends as unreached. */
  readonly maxAttempts: number;
  /** Wait after the first, second … failed attempt; where there are more, each twice as long as the one before. */
  readonly retryAfterMs: readonly number[];
  /** Calls that the telephone network did not take before it ends as failed: half a day of them. */
  readonly maxLineFailures: number;
  /** How long a request may wait in line before it expires. */
  readonly maxWaitMs: number;
  readonly screenMs: number;
  /** Grace past an offer's deadline before we doubt routing. */
  readonly offerGraceMs: number;
  readonly agentRingMs: number;
  readonly customerRingMs: number;
  readonly maxTalkMs: number;
  readonly maxWrapUpMs: number;
  /** An agent's phone that fails so often in a row ends the callback as failed. */
  readonly maxAgentFailures: number;
}

export const usualRules: CallbackRules = {
  maxAttempts: 3,
  retryAfterMs: [5 * 60_000, 15 * 60_000],
  maxLineFailures: 12,
  maxWaitMs: 24 * 3_600_000,
  screenMs: 30_000,
  offerGraceMs: 5_000,
  agentRingMs: 25_000,
  customerRingMs: 45_000,
  maxTalkMs: 60 * 60_000,
  maxWrapUpMs: 30 * 60_000,
  maxAgentFailures: 9,
};

const notTheirFault: readonly AttemptOutcome[] = ['busy', 'no-answer', 'machine', 'trunk-error', 'cancelled'];

/** Whether another try can help: a wrong number stays wrong, and a no is a no. `cancelled` here was not the visitor's wish. */
export function worthRetrying(outcome: AttemptOutcome): boolean {
  return notTheirFault.includes(outcome);
}

/** Whether a dial was a try to reach them: not when our side was lost, or the telephone network did not take the call. */
export function countsAsTry(outcome: Attempt['outcome']): boolean {
  return outcome !== 'agent-lost' && outcome !== 'trunk-error';
}

const LONGEST_WAIT_MS = 60 * 60_000;

/** How long to wait after so many failed ones. */
export function waitAfter(failed: number, { retryAfterMs }: Pick<CallbackRules, 'retryAfterMs'>): number {
  const known = retryAfterMs[Math.max(failed, 1) - 1];
  if (known !== undefined) return known;
  const last = retryAfterMs.at(-1) ?? 0;
  return Math.min(LONGEST_WAIT_MS, last * 2 ** (failed - retryAfterMs.length));
}

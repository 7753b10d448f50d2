import type { CallbackState } from '../../contracts/states.ts';
import type { CallbackRecord } from '../ports/stores.ts';
import { bindingPromise } from './binding-promise.ts';

/** A picked time is met when both talk within so long of it. */
const PICKED_MS = 120_000;
/** The page shows whole minutes: within the first of a range nobody is early. */
const SHOWN_MS = 60_000;

export interface Outcome {
  readonly kept: boolean;
  /** When it was known. */
  readonly at: number;
  /** Why not, in a few words. */
  readonly cause?: string;
}

/** Whether the callback was what the visitor was told; undefined where nothing was told, or it cannot be said yet. */
export function keptPromise(record: CallbackRecord): Outcome | undefined {
  const { callback, promiseBroken } = record;
  const { wantedAt } = callback.wish;
  const promise =
    wantedAt === undefined ? bindingPromise(record) : { from: wantedAt, to: wantedAt + PICKED_MS };
  if (promise === undefined) return undefined;
  const talked = moment(record, 'connected');
  const { state } = callback.phase;
  if (talked === undefined) {
    if (state !== 'expired' && state !== 'failed') return undefined;
    return { kept: false, at: moment(record, state) ?? promise.to, cause: causeOf(record) };
  }
  if (wantedAt === undefined && talked < promise.from - SHOWN_MS) {
    return { kept: false, at: talked, cause: 'rung before the range began' };
  }
  if (talked <= promise.to && (wantedAt !== undefined || !promiseBroken)) return { kept: true, at: talked };
  return { kept: false, at: talked, cause: causeOf(record) };
}

/** When a callback was last in this state. */
export function moment(record: CallbackRecord, state: CallbackState): number | undefined {
  return record.callback.history.findLast((it) => it.state === state)?.at;
}

function causeOf({ callback }: CallbackRecord): string {
  const outcomes = callback.attempts.map((it) => it.outcome);
  if (outcomes.includes('trunk-error')) return 'the line to the telephone network failed';
  if (outcomes.some((it) => it !== 'pending' && it !== 'answered'))
    return 'the visitor was not reached at once';
  if (callback.agentFailures > 0) return 'an agent’s phone did not answer';
  return 'no agent was free in time';
}

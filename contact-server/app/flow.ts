import type { FlowView } from '../../contracts/agent.ts';
import type { CallbackRecord } from '../ports/stores.ts';

/** How far back the board's chart reaches. */
export const FLOW_MS = 4 * 3_600_000;
const STEP_MS = 5 * 60_000;
/** Who is matched at once passes through the line, and does not stand in it. */
const SHORTEST_MS = 1_000;

/** The line and the answers of the last hours, from the stored histories of all callbacks that were open in them. */
export function flow(now: number, records: readonly CallbackRecord[]): FlowView {
  const from = Math.floor((now - FLOW_MS) / STEP_MS + 1) * STEP_MS;
  const steps = Math.floor((now - from) / STEP_MS) + 1;
  const stepOf = (at: number): number => Math.floor((at - from) / STEP_MS);
  const answered = new Array<number>(steps).fill(0);
  const waiting = new Array<number>(steps).fill(0);
  const changes: { readonly at: number; readonly by: 1 | -1 }[] = [];
  for (const { callback } of records) {
    const { history } = callback;
    for (const [index, { at, state }] of history.entries()) {
      if (state === 'connected' && at >= from && at <= now)
        answered[stepOf(at)] = (answered[stepOf(at)] ?? 0) + 1;
      if (state !== 'queued') continue;
      const until = Math.min(history[index + 1]?.at ?? now, now);
      if (until < from || until - at < SHORTEST_MS) continue;
      changes.push({ at: Math.max(at, from), by: 1 }, { at: until, by: -1 });
    }
  }
  // Who comes in the same moment as another leaves, has waited beside them.
  changes.sort((a, b) => a.at - b.at || b.by - a.by);
  let inLine = 0;
  let step = 0;
  for (const { at, by } of changes) {
    // Who stood in line when a step began was in it, too.
    while (step < stepOf(at)) waiting[++step] = inLine;
    inLine += by;
    waiting[step] = Math.max(waiting[step] ?? 0, inLine);
  }
  return { from, stepMs: STEP_MS, waiting, answered };
}

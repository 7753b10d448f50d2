import { existsSync, readFileSync } from 'node:fs';
import { publishedWorld } from './published.ts';
import type { Scored } from './score.ts';
import { score } from './score.ts';
import { readTrace, traceWorld } from './trace.ts';

const DAY_MS = 86_400_000;
const SEED = 2_026;
/** About so many waits are scored. */
const SCORED = { short: 1_500, long: 15_000 };
const DAYS = { short: 3, long: 12 };
const NAMED = 20;

interface Asked {
  /** A file of calls to score on, instead of the published centre. */
  readonly trace?: string;
  /** How many agents serve the trace; as many as it asks for where nobody says. */
  readonly agents?: number;
  readonly long: boolean;
  readonly print: (line: string) => void;
  readonly complain: (line: string) => void;
}

/** Scores every estimator, and prints the figures as JSON lines. False when there was nothing to score on. */
export function simulator({ trace, agents, long, print, complain }: Asked): boolean {
  const size = long ? 'long' : 'short';
  if (trace === undefined) {
    const world = publishedWorld(DAYS[size] + 1, SEED);
    // The first day teaches; about four in five contacts wait.
    const scoredFrom = (world.arrivals[0]?.at ?? 0) + DAY_MS / 2;
    report(score(world, scoredFrom, Math.ceil((0.8 * world.arrivals.length) / SCORED[size])), print);
    return true;
  }
  if (!existsSync(trace)) {
    complain(`${trace}: there is no such file`);
    return false;
  }
  const read = readTrace(readFileSync(trace, 'utf8'));
  for (const line of read.bad.slice(0, NAMED)) complain(`${trace}: ${line}`);
  if (read.bad.length > NAMED)
    complain(`${trace}: and ${read.bad.length - NAMED} more lines that cannot be read`);
  if (read.records.length === 0) {
    complain(`${trace}: no call to score on`);
    return false;
  }
  const first = read.records[Math.floor(read.records.length / 10)]?.at ?? 0;
  const scored = score(traceWorld(read, agents), first, Math.ceil(read.records.length / SCORED[size] / 2));
  if (scored.waits === 0) {
    complain(`${trace}: with so many agents nobody waits, so there is nothing to score`);
    return false;
  }
  report(scored, print);
  return true;
}

function report(scored: Scored, print: (line: string) => void): void {
  const round = (it: number) => Math.round(it * 1_000) / 1_000;
  const line = (metric: string, value: number, floor: number, unit: string): void => {
    const figures = { value: round(value), floor: round(floor), ratio: round(value / floor) };
    print(JSON.stringify({ bench: 'simulator', metric, ...figures, unit }));
  };
  const seconds = (name: string) => (scored.errors.get(name) ?? Number.NaN) / 1_000;
  // Asterisk keeps one average for each queue; where one for all is better, that is the floor.
  const average = Math.min(seconds('ema'), seconds('ema_one'));
  for (const name of scored.errors.keys()) line(`mae_${name}`, seconds(name), average, 's');
  for (const [name, share] of scored.kept) line(`kept_${name}`, share, 0.8, 'share');
  line('waits', scored.waits, scored.waits, 'count');
  line('overnight', scored.overnight, scored.waits, 'count');
  line('mean_wait', scored.meanWaitMs / 1_000, scored.meanWaitMs / 1_000, 's');
  line('forecast', scored.forecastMs, scored.forecastMs, 'ms');
  line('estimate_mae_over_ema', seconds('forward'), average, 's');
  line('promise_kept_80', scored.kept.get('forward') ?? Number.NaN, 0.8, 'share');
}

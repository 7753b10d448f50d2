import { readFileSync } from 'node:fs';
import { publishedWorld } from './published.ts';
import type { Scored } from './score.ts';
import { score } from './score.ts';

const DAY_MS = 86_400_000;
const SEED = 2_026;

/** Plays the published centre for so many days after one to warm up, scoring about one in `each` of those who wait. */
export function simulator(days: number, each: number, print: (line: string) => void): void {
  const world = publishedWorld(days + 1, SEED);
  const first = world.arrivals[0]?.at ?? 0;
  report('simulator', score(world, first + DAY_MS / 2, each), print);
}

function report(bench: string, scored: Scored, print: (line: string) => void): void {
  const round = (it: number) => Math.round(it * 1_000) / 1_000;
  const line = (metric: string, value: number, floor: number, unit: string) =>
    print(
      JSON.stringify({
        bench,
        metric,
        value: round(value),
        floor: round(floor),
        ratio: round(value / floor),
        unit,
      }),
    );
  const seconds = (name: string) => (scored.errors.get(name) ?? Number.NaN) / 1_000;
  const average = Math.min(seconds('ema'), seconds('ema_one'));
  for (const name of scored.errors.keys()) line(`mae_${name}`, seconds(name), average, 's');
  line('estimate_mae_over_ema', seconds('forward'), average, 's');
  line('promise_kept_80', scored.kept.get('forward') ?? Number.NaN, 0.8, 'share');
  for (const [name, share] of scored.kept) line(`kept_${name}`, share, 0.8, 'share');
  line('forecast', scored.forecastMs, scored.forecastMs, 'ms');
  line('waits', scored.waits, scored.waits, 'count');
  line('mean_wait', scored.meanWaitMs / 1_000, scored.meanWaitMs / 1_000, 's');
}
void readFileSync;

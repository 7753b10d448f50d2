/** One figure beside its floor, measured in the same run. */
export interface Line {
  readonly bench: string;
  readonly metric: string;
  readonly value: number;
  readonly floor: number;
  readonly ratio: number;
  readonly unit: string;
}

/** Prints the p50 and p99 of two sets of samples (ms) as JSON lines. */
export function reportPair(
  bench: string,
  metric: string,
  ours: readonly number[],
  floor: readonly number[],
): void {
  for (const [name, share] of [
    ['p50', 0.5],
    ['p99', 0.99],
  ] as const) {
    const value = quantile(ours, share);
    const bare = quantile(floor, share);
    report(bench, `${metric}_${name}`, value, bare, 'ms');
  }
}

/** Prints one figure beside its floor. */
export function report(bench: string, metric: string, value: number, floor: number, unit: string): void {
  const ratio = round(value / floor);
  const line: Line = { bench, metric, value: round(value), floor: round(floor), ratio, unit };
  console.log(JSON.stringify(line));
}

/** The sample below which this share of them lies. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

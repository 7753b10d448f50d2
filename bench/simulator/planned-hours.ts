import type { Hours } from '../../routing/testing.ts';
import type { SimulatedAgent } from './centre.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** Shifts as a manager plans them: as opening times, in UTC and in whole minutes, each day by itself. */
export function plannedHours(shifts: SimulatedAgent['shifts']): Hours {
  const days = new Map<string, { from: string; to: string }[]>();
  for (const { from, to } of shifts) {
    for (let at = from; at < to;) {
      const midnight = (Math.floor(at / DAY_MS) + 1) * DAY_MS;
      const date = new Date(at).toISOString().slice(0, 10);
      const end = to < midnight ? clock(to) : '24:00';
      days.set(date, [...(days.get(date) ?? []), { from: clock(at), to: end }]);
      at = midnight;
    }
  }
  const exceptions = [...days].map(([date, periods]) => ({ date, periods }));
  return { id: 'shifts', timezone: 'UTC', weekly: [], exceptions };
}

function clock(at: number): string {
  const minutes = Math.floor((at % DAY_MS) / MINUTE_MS);
  return [Math.floor(minutes / 60), minutes % 60].map((it) => String(it).padStart(2, '0')).join(':');
}

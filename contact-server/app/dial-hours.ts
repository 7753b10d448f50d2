import { DateTime, IANAZone } from 'luxon';

/** `HH:MM` both; `24:00` is the end of the day. */
export interface CallingHours {
  readonly from: string;
  readonly to: string;
}

const SEARCH_STEPS = 40;

/** `at` lies in the hours in every one of the zones. */
export function isWithin(at: number, hours: CallingHours, zones: readonly string[]): boolean {
  return zones.every((zone) => windowAt(at, hours, zone).inside);
}

/** The first moment from `at` on that lies in the hours of all zones; undefined if their hours never meet. */
export function firstWithin(at: number, hours: CallingHours, zones: readonly string[]): number | undefined {
  let moment = at;
  for (let step = 0; step < SEARCH_STEPS; step += 1) {
    const waits = zones.map((zone) => windowAt(moment, hours, zone));
    if (waits.every((it) => it.inside)) return moment;
    moment = Math.max(...waits.filter((it) => !it.inside).map((it) => it.opensAt));
  }
  return undefined;
}

export const isZone = (name: string): boolean => IANAZone.isValidZone(name);

function windowAt(at: number, hours: CallingHours, zone: string): { inside: boolean; opensAt: number } {
  const here = DateTime.fromMillis(at, { zone });
  const opens = onDay(here, hours.from);
  const closes = onDay(here, hours.to);
  if (here < opens) return { inside: false, opensAt: opens.toMillis() };
  if (here < closes) return { inside: true, opensAt: at };
  return { inside: false, opensAt: onDay(here.plus({ days: 1 }), hours.from).toMillis() };
}

/** That time of day on the same local date: wall-clock time, so that it is right on both days the clocks change. */
function onDay(day: DateTime, clock: string): DateTime {
  const [hour = 0, minute = 0] = clock.split(':').map(Number);
  if (hour === 24) return day.startOf('day').plus({ days: 1 });
  return day.set({ hour, minute, second: 0, millisecond: 0 });
}

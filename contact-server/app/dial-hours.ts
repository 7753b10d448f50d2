import { DateTime, IANAZone } from 'luxon';

/** `HH:MM` both; `24:00` is the end of the day. */
export interface CallingHours {
  readonly from: string;
  readonly to: string;
}

const SEARCH_STEPS = 40;
const MOST_KNOWN = 2_000;

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

/** A bounded memory of what is costly to work out: formats in zones are, and every request asks for a few. */
class Memory<T> {
  readonly #known = new Map<string, T>();

  of(key: string, holds: (known: T) => boolean, make: () => T): T {
    const known = this.#known.get(key);
    if (known !== undefined && holds(known)) return known;
    const made = make();
    if (this.#known.size >= MOST_KNOWN) this.#known.clear();
    this.#known.set(key, made);
    return made;
  }
}

const zoneNames = new Memory<boolean>();
const windows = new Memory<Window>();

export const isZone = (name: string): boolean =>
  zoneNames.of(
    name,
    () => true,
    () => IANAZone.isValidZone(name),
  );

interface Window {
  readonly inside: boolean;
  readonly opensAt: number;
  /** The answer is the same between these. */
  readonly since: number;
  readonly until: number;
}

function windowAt(at: number, hours: CallingHours, zone: string): Window {
  const holds = ({ since, until }: Window): boolean => since <= at && at < until;
  return windows.of(`${zone} ${hours.from} ${hours.to}`, holds, () => workedOut(at, hours, zone));
}

function workedOut(at: number, hours: CallingHours, zone: string): Window {
  const outside = (opensAt: number): Window => ({ inside: false, opensAt, since: at, until: opensAt });
  const here = DateTime.fromMillis(at, { zone });
  const opens = onDay(here, hours.from);
  const closes = onDay(here, hours.to);
  if (here < opens) return outside(opens.toMillis());
  if (here < closes) return { inside: true, opensAt: at, since: at, until: closes.toMillis() };
  return outside(onDay(here.plus({ days: 1 }), hours.from).toMillis());
}

/** That time of day on the same local date: wall-clock time, so that it is right on both days the clocks change. */
function onDay(day: DateTime, clock: string): DateTime {
  const [hour = 0, minute = 0] = clock.split(':').map(Number);
  if (hour === 24) return day.startOf('day').plus({ days: 1 });
  return day.set({ hour, minute, second: 0, millisecond: 0 });
}

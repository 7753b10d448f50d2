/** Opening hours as the company writes them: wall-clock times in a zone. */
export interface Hours {
  readonly id: string;
  readonly timezone: string;
  readonly weekly: readonly { readonly day: number; readonly from: string; readonly to: string }[];
  readonly exceptions: readonly {
    readonly date: string;
    readonly periods: readonly { readonly from: string; readonly to: string }[];
  }[];
}

/** Open from `from` up to, not including, `to` (epoch ms). */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface Opening {
  readonly openNow: boolean;
  /** That opening ends, if open and ever closed. */
  readonly closesAt?: number;
  /** The next opening begins, if closed. */
  readonly opensAt?: number;
}

const DAY_MS = 86_400_000;
/** Nobody looks further for the next opening. */
const HORIZON_DAYS = 370;

/** When it is open between two moments, in order and joined where one period ends as the next begins. */
export function openSpans(hours: Hours, from: number, to: number): Span[] {
  const joined: Span[] = [];
  for (const span of periodsBetween(hours, from, to)) {
    const last = joined.at(-1);
    if (last !== undefined && span.from <= last.to) {
      joined[joined.length - 1] = { from: last.from, to: Math.max(last.to, span.to) };
    } else joined.push(span);
  }
  return joined.filter((span) => span.to > from && span.from < to);
}

/** Whether it is open at this moment; quicker than `openingAt`, which also says when that changes. */
export function isOpenAt(hours: Hours, at: number): boolean {
  return openSpans(hours, at, at + 1).length > 0;
}

/** The periods as they are written, in their order, of all days that reach into the time between two moments. */
function periodsBetween(hours: Hours, from: number, to: number): Span[] {
  const spans: Span[] = [];
  // A period may reach over midnight, and a local day may begin up to 14 h beside the UTC day.
  for (let day = localDay(hours.timezone, from - DAY_MS); ; day = addDays(day, 1)) {
    if (toEpoch(hours.timezone, day, 0) >= to) break;
    spans.push(...daySpans(hours, day));
  }
  return spans.sort((a, b) => a.from - b.from);
}

/** Whether it is open now, and when that changes. */
export function openingAt(hours: Hours, now: number): Opening {
  for (let days = 8; ; days = HORIZON_DAYS) {
    const end = now + days * DAY_MS;
    const [first] = openSpans(hours, now, end);
    if (first !== undefined && first.from > now) return { openNow: false, opensAt: first.from };
    // Open all through: then there is no end to tell.
    if (first !== undefined && first.to < end) return { openNow: true, closesAt: first.to };
    if (days === HORIZON_DAYS || first !== undefined) return { openNow: first !== undefined };
  }
}

/** `openingAt`, worked out once for as long as it holds: clocks in zones are costly, and every request asks. */
export class Openings {
  readonly #known = new WeakMap<Hours, Span & { readonly opening: Opening }>();

  at(hours: Hours, now: number): Opening {
    const known = this.#known.get(hours);
    if (known && known.from <= now && now < known.to) return known.opening;
    const opening = openingAt(hours, now);
    const to = opening.closesAt ?? opening.opensAt ?? now + DAY_MS;
    this.#known.set(hours, { opening, from: now, to });
    return opening;
  }
}

/** When it closes next, and when it opens again after that or, where it is closed, after now. */
export function nextChanges(
  hours: Hours,
  now: number,
): { readonly openNow: boolean; readonly closesAt?: number; readonly opensAt?: number } {
  const opening = openingAt(hours, now);
  return opening.closesAt === undefined ? opening : { ...openingAt(hours, opening.closesAt), ...opening };
}

/** Bookable pieces of the opening times, counted from the beginning of each period: they do not move with the question. */
export function slotsBetween(hours: Hours, from: number, to: number, slotMinutes: number): Span[] {
  const step = slotMinutes * 60_000;
  const slots: Span[] = [];
  for (const span of periodsBetween(hours, from, to)) {
    // Where one period reaches into the next, the earlier one is cut up first.
    const begin = Math.max(from, slots.at(-1)?.to ?? from);
    const skipped = Math.max(0, Math.ceil((begin - span.from) / step));
    for (let start = span.from + skipped * step; start + step <= Math.min(span.to, to); start += step) {
      slots.push({ from: start, to: start + step });
    }
  }
  return slots;
}

/** The piece of the opening times a moment falls into, be it the short rest of a period; none where it is closed. */
export function slotAt(hours: Hours, at: number, slotMinutes: number): Span | undefined {
  const step = slotMinutes * 60_000;
  const period = periodsBetween(hours, at, at + 1).find((it) => it.from <= at && at < it.to);
  if (period === undefined) return undefined;
  const from = period.from + Math.floor((at - period.from) / step) * step;
  return { from, to: Math.min(from + step, period.to) };
}

/** The slots in which fewer than `capacity` of these times lie; slots and times in their order. */
export function withRoom(slots: readonly Span[], booked: readonly number[], capacity: number): Span[] {
  let next = 0;
  return slots.filter(({ from, to }) => {
    while (next < booked.length && (booked[next] ?? Infinity) < from) next += 1;
    const first = next;
    while (next < booked.length && (booked[next] ?? Infinity) < to) next += 1;
    return next - first < capacity;
  });
}

interface Day {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** A date among the exceptions is open only as it stands there: a night that began the day before ends as it begins. */
function daySpans(hours: Hours, day: Day): Span[] {
  const weekday = dateOf(day).getUTCDay() === 0 ? 7 : dateOf(day).getUTCDay();
  const periods = exceptionOn(hours, day)?.periods ?? hours.weekly.filter((it) => it.day === weekday);
  return periods.map((period) => {
    const from = minutes(period.from);
    const to = minutes(period.to);
    const end = to > from ? to : to + 1440;
    const isCut = end > 1440 && exceptionOn(hours, addDays(day, 1)) !== undefined;
    return {
      from: toEpoch(hours.timezone, day, from),
      to: toEpoch(hours.timezone, day, isCut ? 1440 : end),
    };
  });
}

function exceptionOn(hours: Hours, day: Day): Hours['exceptions'][number] | undefined {
  if (hours.exceptions.length === 0) return undefined;
  const written = dateOf(day).toISOString().slice(0, 10);
  return hours.exceptions.find((it) => it.date === written);
}

function dateOf({ year, month, day }: Day): Date {
  return new Date(Date.UTC(year, month - 1, day));
}

function minutes(clock: string): number {
  return Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5));
}

function addDays({ year, month, day }: Day, count: number): Day {
  const date = new Date(Date.UTC(year, month - 1, day + count));
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

function localDay(zone: string, epoch: number): Day {
  const local = new Date(epoch + offsetAt(zone, epoch));
  return { year: local.getUTCFullYear(), month: local.getUTCMonth() + 1, day: local.getUTCDate() };
}

/**
 * A wall-clock time as epoch ms. A time that the clocks jump over is moved on by the jump; of one that comes twice the
 * first is meant.
 */
function toEpoch(zone: string, day: Day, minute: number): number {
  const wall = Date.UTC(day.year, day.month - 1, day.day, 0, minute);
  const before = offsetAt(zone, wall - DAY_MS);
  const after = offsetAt(zone, wall + DAY_MS);
  for (const offset of before >= after ? [before, after] : [after, before]) {
    if (offsetAt(zone, wall - offset) === offset) return wall - offset;
  }
  return wall - before;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Local time minus UTC, in ms. */
function offsetAt(zone: string, epoch: number): number {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(zone, format);
  }
  const part: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
  for (const { type, value } of format.formatToParts(epoch)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(epoch / 1000) * 1000;
}

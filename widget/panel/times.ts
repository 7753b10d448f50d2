import type { TimeSpan } from '../../contracts/visitor.ts';
import { zone } from './visitor-api.ts';

/** Writes moments as this visitor reads them: in their zone, their language and their clock. */
export interface Times {
  clock(time: string | number): string;
  /** With the day, unless it is today. */
  moment(time: string): string;
  day(time: string): string;
  /** A key that is equal for times of one day. */
  dayKey(time: string): string;
  /** As minutes from now, both ends included; undefined where minutes would be silly. */
  minutes(span: TimeSpan): { from: number; to: number } | undefined;
  readonly zoneName: string;
}

/** Takes the language of the page's texts; our English ones are read with the reader's English clock, or the British one. */
export function timesIn(language: string | undefined): Times {
  const locale = language ?? navigator.languages.find((one) => one.startsWith('en')) ?? 'en-GB';
  const format = (options: Intl.DateTimeFormatOptions): ((time: string | number) => string) => {
    const formatter = new Intl.DateTimeFormat(locale, options);
    return (time) => formatter.format(new Date(time));
  };
  const clock = format({ timeStyle: 'short' });
  const day = format({ weekday: 'short', day: 'numeric', month: 'short' });
  const dayKey = format({ dateStyle: 'short' });
  const near = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const relative = (days: number): string => {
    const text = near.format(days, 'day');
    return text.charAt(0).toLocaleUpperCase(locale) + text.slice(1);
  };
  const daysAway = (time: string): number =>
    [0, 1].find((days) => dayKey(Date.now() + days * 86_400_000) === dayKey(time)) ?? 2;
  const dayName = (time: string): string => {
    const days = daysAway(time);
    return days < 2 ? `${relative(days)}, ${day(time)}` : day(time);
  };
  return {
    clock,
    day: dayName,
    dayKey,
    moment: (time) => (daysAway(time) === 0 ? clock(time) : `${day(time)}, ${clock(time)}`),
    minutes(span) {
      const minutesTo = (time: string): number => (Date.parse(time) - Date.now()) / 60_000;
      const from = minutesTo(span.from);
      const to = minutesTo(span.to);
      // A clock that is far off, or a wait of hours, is better told by the hour.
      if (to < 0 || from > 90 || to > 120) return undefined;
      return { from: Math.max(1, Math.floor(from)), to: Math.max(1, Math.ceil(to)) };
    },
    zoneName: zone().replace(/^.*\//, '').replaceAll('_', ' '),
  };
}

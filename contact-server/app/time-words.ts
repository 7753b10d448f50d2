/** How times are written in sentences, in a zone: `Mon 30 Nov` and `10:00`. */
interface TimeWords {
  readonly day: (at: number) => string;
  readonly clock: (at: number) => string;
}

/** The words for times in this zone. */
export function timeWords(timeZone: string): TimeWords {
  const days = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
  });
  const clocks = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' });
  const day = (at: number): string => days.format(at);
  const clock = (at: number): string => clocks.format(at);
  return { day, clock };
}

/** `Mon 30 Nov 10:00 (Europe/London)`. */
export function momentIn(timeZone: string, at: number): string {
  const { day, clock } = timeWords(timeZone);
  return `${day(at)} ${clock(at)} (${timeZone})`;
}

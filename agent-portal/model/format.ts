/** `4:10`, or `1:02:03` from an hour on: how every duration is written. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const pad = (n: number): string => String(n).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(seconds % 60)}` : `${minutes}:${pad(seconds % 60)}`;
}

/** The same for a screen reader: `4 minutes 10 seconds`. */
export function spokenDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  const rest = `${seconds % 60} second${seconds % 60 === 1 ? '' : 's'}`;
  return minutes > 0 ? `${minutes} minute${minutes === 1 ? '' : 's'} ${rest}` : rest;
}

/** A set time in the words people set it in: `20 seconds`, `5 minutes`, `1 hour 30 minutes`. */
export function inWords(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const parts = [
    [Math.floor(seconds / 3600), 'hour'],
    [Math.floor(seconds / 60) % 60, 'minute'],
    [seconds % 60, 'second'],
  ] as const;
  const said = parts.filter(([n]) => n > 0).map(([n, unit]) => `${n} ${unit}${n === 1 ? '' : 's'}`);
  return said.length === 0 ? '0 seconds' : said.join(' ');
}

const shortTime = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const longTime = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const fullTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const dateTime = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});
const wholeDate = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' });
const dayTime = new Intl.DateTimeFormat('en-GB', { weekday: 'short', hour: '2-digit', minute: '2-digit' });

/** `14:02`, in the reader's zone. */
export function timeOfDay(at: number): string {
  return shortTime.format(at);
}

/** `14:02:07`, in the reader's zone. */
export function timeToTheSecond(at: number): string {
  return longTime.format(at);
}

/** Day and time in full, for a tooltip. */
export function inFull(at: number): string {
  return fullTime.format(at);
}

/** `14:02` today, `Tue 14:02` on one of the six days around it, `Tue 8 Dec, 14:02` further off, where there are two Tuesdays. */
export function timeAhead(at: number, now: number): string {
  const days =
    Math.abs(new Date(at).setHours(12, 0, 0, 0) - new Date(now).setHours(12, 0, 0, 0)) / 86_400_000;
  if (days < 0.5) return shortTime.format(at);
  return (days < 6.5 ? dayTime : dateTime).format(at);
}

/** `18 September 2024` for `2024-09-18`; what is no date stays as it is. */
export function dateInWords(text: string): string {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(at) ? text : wholeDate.format(at);
}

/** What `<input type=datetime-local>` wants, in the reader's zone. */
export function forDateTimeInput(at: number): string {
  const local = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

/** `1st`, `2nd`, `3rd`, `11th`. */
export function ordinal(n: number): string {
  const endings = ['th', 'st', 'nd', 'rd'];
  const tens = n % 100;
  return `${n}${endings[(tens - 20) % 10] ?? endings[tens] ?? 'th'}`;
}

const languages = new Intl.DisplayNames('en', { type: 'language', fallback: 'code' });

/** `English` for `en`; words that are no language tag stay as they are. */
export function languageName(tag: string): string {
  try {
    return languages.of(tag) ?? tag;
  } catch {
    return tag;
  }
}

/** What of an address a person reads: path and query, without the site; the whole of it where it is no address. */
export function shortUrl(url: string): string {
  try {
    const { pathname, search } = new URL(url);
    return pathname + search;
  } catch {
    return url;
  }
}

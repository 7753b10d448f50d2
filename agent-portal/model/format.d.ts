/** `4:10`, or `1:02:03` from an hour on: how every duration is written. */
export declare function duration(ms: number): string;
/** The same for a screen reader: `4 minutes 10 seconds`. */
export declare function spokenDuration(ms: number): string;
/** A set time in the words people set it in: `20 seconds`, `5 minutes`, `1 hour 30 minutes`. */
export declare function inWords(ms: number): string;
/** `14:02`, in the reader's zone. */
export declare function timeOfDay(at: number): string;
/** `14:02:07`, in the reader's zone. */
export declare function timeToTheSecond(at: number): string;
/** Day and time in full, for a tooltip. */
export declare function inFull(at: number): string;
/** `14:02` today, `Tue 14:02` on one of the six days around it, `Tue 8 Dec, 14:02` further off, where there are two Tuesdays. */
export declare function timeAhead(at: number, now: number): string;
/** `18 September 2024` for `2024-09-18`; what is no date stays as it is. */
export declare function dateInWords(text: string): string;
/** What `<input type=datetime-local>` wants, in the reader's zone. */
export declare function forDateTimeInput(at: number): string;
/** `1st`, `2nd`, `3rd`, `11th`. */
export declare function ordinal(n: number): string;
/** `English` for `en`; words that are no language tag stay as they are. */
export declare function languageName(tag: string): string;
/** What of an address a person reads: path and query, without the site; the whole of it where it is no address. */
export declare function shortUrl(url: string): string;

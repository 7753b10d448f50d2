type Rule = readonly [start: RegExp, first: number, ...more: number[]];

/**
 * How people of a country write their numbers, without the zero that stands before them at home; only where it is certain.
 * Elsewhere spaces stay as typed.
 */
const RULES: Readonly<Record<string, readonly Rule[]>> = {
  GB: [
    [/^0?2/, 2, 4, 4],
    [/^0?(11|1.1)/, 3, 3, 4],
    [/^/, 4, 6],
  ],
  US: [
    [/^1/, 1, 3, 3, 4],
    [/^/, 3, 3, 4],
  ],
  FR: [[/^/, 1, 2, 2, 2, 2]],
  ES: [[/^/, 3, 3, 3]],
  BR: [[/^/, 2, 5, 4]],
};
const LIKE: Readonly<Record<string, string>> = { CA: 'US', PL: 'ES', PT: 'ES', GG: 'GB', IM: 'GB', JE: 'GB' };

/** Whether there is more in it than a number, e.g. an extension. */
export function isStrange(typed: string): boolean {
  return /[^+\d\s()./–-]/.test(typed);
}

/** Spaces a national number as it is written in its country, or leaves it as it is. */
export function groupDigits(typed: string, country: string): string {
  const digits = typed.replace(/\D/g, '');
  const rule = RULES[LIKE[country] ?? country]?.find(([start]) => start.test(digits));
  if (!rule || typed.includes('+') || isStrange(typed)) return typed;
  const [, first, ...more] = rule;
  let at = first + (digits.startsWith('0') ? 1 : 0);
  let text = digits.slice(0, at);
  for (const length of more) if (at < digits.length) text += ' ' + digits.slice(at, (at += length));
  return text + digits.slice(at);
}

type Rule = readonly [start: RegExp, ...groups: number[]];

/** How people of a country write their numbers; only where it is certain. Elsewhere spaces stay as typed. */
const RULES: Readonly<Record<string, readonly Rule[]>> = {
  GB: [
    [/^02/, 3, 4, 4],
    [/^2/, 2, 4, 4],
    [/^0(11|1.1)/, 4, 3, 4],
    [/^(11|1.1)/, 3, 3, 4],
    [/^0/, 5, 6],
    [/^/, 4, 6],
  ],
  US: [
    [/^1/, 1, 3, 3, 4],
    [/^/, 3, 3, 4],
  ],
  FR: [
    [/^0/, 2, 2, 2, 2, 2],
    [/^/, 1, 2, 2, 2, 2],
  ],
  ES: [[/^/, 3, 3, 3]],
  BR: [
    [/^0/, 3, 5, 4],
    [/^/, 2, 5, 4],
  ],
};
const LIKE: Readonly<Record<string, string>> = { CA: 'US', PL: 'ES', PT: 'ES', GG: 'GB', IM: 'GB', JE: 'GB' };

/** Spaces a national number as it is written in its country, or leaves it as it is. */
export function groupDigits(typed: string, country: string): string {
  const digits = typed.replace(/\D/g, '');
  const rule = RULES[LIKE[country] ?? country]?.find(([start]) => start.test(digits));
  if (!rule) return typed;
  const [, ...groups] = rule;
  const parts: string[] = [];
  let at = 0;
  for (const length of groups) {
    if (at >= digits.length) break;
    parts.push(digits.slice(at, (at += length)));
  }
  return parts.join(' ') + digits.slice(at);
}

import type { z } from 'zod';

type Issue = Parameters<z.core.$ZodErrorMap>[0];

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

const formats: Readonly<Record<string, string>> = {
  date: 'Write a date as 2026-12-24.',
  datetime: 'Write a time as 2026-12-24T10:00:00Z.',
  email: 'Write an e-mail address.',
  url: 'Write a full web address.',
};

/**
 * What is wrong with a value, as a sentence for whoever typed it. Where a schema has words of its own, they come first;
 * undefined: zod's own words.
 */
export function issueInWords(issue: Issue): string | undefined {
  if (issue.code === 'invalid_type') {
    if (issue.input === undefined) return 'This is missing.';
    return `This must be ${kinds[issue.expected] ?? issue.expected}.`;
  }
  if (issue.code === 'invalid_value') return `This must be one of: ${issue.values.map(String).join(', ')}.`;
  if (issue.code === 'unrecognized_keys') return `This is not known here: ${issue.keys.join(', ')}.`;
  if (issue.code === 'too_small') return boundInWords(issue.origin, 'at least', issue.minimum);
  if (issue.code === 'too_big') return boundInWords(issue.origin, 'at most', issue.maximum);
  if (issue.code === 'invalid_format') return formats[issue.format] ?? 'This is not written as expected.';
  return undefined;
}

function boundInWords(origin: string, bound: 'at least' | 'at most', limit: number | bigint): string {
  if (bound === 'at least' && Number(limit) === 1 && (origin === 'string' || origin === 'array'))
    return 'This may not be empty.';
  if (origin === 'string') return `This must have ${bound} ${String(limit)} characters.`;
  if (origin === 'array') return `There must be ${bound} ${String(limit)} of these.`;
  return `This must be ${bound} ${String(limit)}.`;
}

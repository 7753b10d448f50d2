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

/** What is wrong with a value, as a sentence for whoever typed it. Where a schema has words of its own, they come first. */
export function issueInWords(issue: Issue): string {
  if (issue.code === 'invalid_type') {
    if (issue.input === undefined) return 'This is missing.';
    return `This must be ${kinds[issue.expected] ?? issue.expected}.`;
  }
  if (issue.code === 'invalid_value') return oneOf(issue.values);
  if (issue.code === 'invalid_union' && Array.isArray(issue.options)) return oneOf(issue.options);
  if (issue.code === 'unrecognized_keys') return `This is not known here: ${issue.keys.join(', ')}.`;
  if (issue.code === 'too_small') return boundInWords(issue.origin, 'at least', issue.minimum);
  if (issue.code === 'too_big') return boundInWords(issue.origin, 'at most', issue.maximum);
  const format = issue.code === 'invalid_format' ? formats[issue.format] : undefined;
  return format ?? 'This is not written as expected.';
}

function oneOf(values: readonly unknown[]): string {
  const [first, ...others] = values.map(String);
  return others.length === 0
    ? `This must be ${first ?? 'nothing'}.`
    : `This must be one of: ${values.map(String).join(', ')}.`;
}

function boundInWords(origin: string, bound: 'at least' | 'at most', limit: number | bigint): string {
  if (bound === 'at least' && Number(limit) === 1 && (origin === 'string' || origin === 'array'))
    return 'This may not be empty.';
  if (origin === 'string') return `This must have ${bound} ${String(limit)} characters.`;
  if (origin === 'array') return `There must be ${bound} ${String(limit)} of these.`;
  return `This must be ${bound} ${String(limit)}.`;
}

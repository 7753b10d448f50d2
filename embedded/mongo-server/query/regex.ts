import type { BSONRegExp } from 'bson';
import { MongoError } from '../mongo-error.ts';
import { equalValues } from '../values/order.ts';
import { isRegex } from '../values/value.ts';

/** Tests texts by JavaScript's regular expressions; a stored expression is found by one that equals it. */
export function regexTest(regex: BSONRegExp): (value: unknown) => boolean {
  const wrong = /[^imsu]/.exec(regex.options)?.[0];
  if (wrong) throw new MongoError(51108, `invalid flag in regex options: ${wrong}`);
  let compiled: RegExp;
  try {
    compiled = new RegExp(regex.pattern, regex.options);
  } catch (error) {
    throw new MongoError(51091, `Regular expression is invalid: ${(error as Error).message}`);
  }
  return (value) =>
    typeof value === 'string' ? compiled.test(value) : isRegex(value) && equalValues(value, regex);
}

import { Long, ObjectId } from 'bson';
import { isNumeric, toNumber } from './numbers.ts';
import { field, isDoc } from './value.ts';

/** Writes a value as MongoDB's error messages do: `{ email: "a@b.c" }`. */
export function shellText(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (value instanceof ObjectId) return `ObjectId('${value.toHexString()}')`;
  if (value instanceof Date) return `new Date(${value.getTime()})`;
  if (isNumeric(value)) return String(value instanceof Long ? value : toNumber(value));
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `[ ${value.map(shellText).join(', ')} ]`;
  if (!isDoc(value)) return JSON.stringify(value);
  const fields = Object.keys(value).map((name) => `${name}: ${shellText(field(value, name))}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}

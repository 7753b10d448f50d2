import { Binary, Decimal128, Long, ObjectId } from 'bson';
import { isNumeric, toNumber } from './numbers.ts';
import { type Doc, field, isDoc } from './value.ts';

/** Writes a value as MongoDB's error messages do: `{ email: "a@b.c" }`. */
export function shellText(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (value instanceof ObjectId) return `ObjectId('${value.toHexString()}')`;
  if (value instanceof Date) return `new Date(${value.getTime()})`;
  if (value instanceof Decimal128 || value instanceof Long) return value.toString();
  if (value instanceof Binary)
    return `BinData(${value.sub_type}, ${Buffer.from(value.value()).toString('hex')})`;
  if (isNumeric(value)) return String(toNumber(value));
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `[ ${value.map(shellText).join(', ')} ]`;
  if (isDoc(value)) return docText(value);
  return JSON.stringify(value);
}

function docText(doc: Doc): string {
  const names = Object.keys(doc);
  return names.length === 0
    ? '{}'
    : `{ ${names.map((name) => `${name}: ${shellText(field(doc, name))}`).join(', ')} }`;
}

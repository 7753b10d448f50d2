import { MongoError, unsupported } from '../mongo-error.ts';
import { elementTest, isOperators } from '../query/filter.ts';
import { regexTest } from '../query/regex.ts';
import { add, isNumeric, wholeNumber } from '../values/numbers.ts';
import { compareValues, equalValues } from '../values/order.ts';
import { shellText } from '../values/shell-text.ts';
import { type Doc, cloneValue, isDoc, isRegex, typeOf } from '../values/value.ts';

/** What a modifier knows of the place it changes. */
interface Place {
  path: string;
  doc: Doc;
  /** True while an upsert makes a new document. */
  isInsert: boolean;
}

/** Gives the new value of a field; undefined leaves the document as it is. */
export type Modifier = (current: unknown, place: Place) => unknown;

/** Update operators that change one field, by name. `$unset` is in compile-update.ts. */
export const MODIFIERS: Partial<Record<string, (operand: unknown, path: string) => Modifier>> = {
  $set: (operand) => () => cloneValue(operand),
  $setOnInsert:
    (operand) =>
    (_current, { isInsert }) =>
      isInsert ? cloneValue(operand) : undefined,
  $inc: (operand, path) => increment(operand, path),
  $min: (operand) => (current) =>
    current === undefined || compareValues(operand, current) < 0 ? operand : undefined,
  $max: (operand) => (current) =>
    current === undefined || compareValues(operand, current) > 0 ? operand : undefined,
  $push: (operand) => {
    const { items, slice } = eachOf(operand);
    return (current, place) => {
      const result = [...arrayAt(current ?? [], place, '$push'), ...items.map(cloneValue)];
      if (slice === undefined) return result;
      return slice < 0 ? result.slice(slice) : result.slice(0, slice);
    };
  },
  $pull: (operand) => {
    const isUnwanted = pullTest(operand);
    return (current, place) => {
      if (current === undefined) return undefined;
      const array = arrayAt(current, place, '$pull');
      const kept = array.filter((item) => !isUnwanted(item));
      return kept.length === array.length ? undefined : kept;
    };
  },
};

function increment(operand: unknown, path: string): Modifier {
  if (!isNumeric(operand)) {
    throw new MongoError('TypeMismatch', `Cannot increment by {${path}: ${shellText(operand)}}`);
  }
  return (current, { doc }) => {
    if (current === undefined) return operand;
    const text = `Cannot apply $inc to {${path}: ${shellText(current)}} of {_id: ${shellText(doc['_id'])}}`;
    if (!isNumeric(current)) throw new MongoError('TypeMismatch', text);
    const sum = add(current, operand);
    if (sum !== undefined) return sum;
    throw new MongoError('BadValue', text);
  };
}

/** Reads a plain value or `{ $each: […], $slice: n }`. */
function eachOf(operand: unknown): { items: unknown[]; slice: number | undefined } {
  if (!isDoc(operand) || !Object.hasOwn(operand, '$each')) return { items: [operand], slice: undefined };
  const { $each: items, $slice: given, ...more } = operand;
  const [wrong] = Object.keys(more);
  if (wrong) throw unsupported(`$push with ${wrong}`);
  const slice = wholeNumber(given);
  if (Array.isArray(items) && (given === undefined || slice !== undefined)) return { items, slice };
  throw new MongoError('BadValue', '$each takes an array, and $slice a whole number');
}

/** `$pull` takes a value, a condition on elements, or conditions on the fields of elements. */
function pullTest(operand: unknown): (item: unknown) => boolean {
  if (isRegex(operand)) return regexTest(operand);
  if (!isDoc(operand)) return (item) => equalValues(item, operand);
  const test = elementTest(operand);
  return isOperators(operand) ? test : (item) => isDoc(item) && test(item);
}

function arrayAt(value: unknown, { path, doc }: Place, name: string): unknown[] {
  if (Array.isArray(value)) return value;
  const text = `Cannot apply ${name}: '${path}' is no array but ${typeOf(value)} in {_id: ${shellText(doc['_id'])}}`;
  throw new MongoError('BadValue', text);
}

import { MongoError, unsupported } from '../mongo-error.ts';
import { elementTest, isOperators } from '../query/filter.ts';
import { regexTest } from '../query/regex.ts';
import { add, isNumeric, wholeNumber } from '../values/numbers.ts';
import { compareValues, equalValues } from '../values/order.ts';
import { shellText } from '../values/shell-text.ts';
import { type Doc, cloneValue, field, isDoc, isRegex, typeOf } from '../values/value.ts';

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
    const { items, slice } = eachOf(operand, '$push', ['$each', '$slice']);
    return (current, place) => {
      const result = [...arrayAt(current ?? [], place, '$push'), ...items.map(cloneValue)];
      if (slice === undefined) return result;
      return slice < 0 ? result.slice(slice) : result.slice(0, slice);
    };
  },
  $addToSet: (operand) => {
    const { items } = eachOf(operand, '$addToSet', ['$each']);
    return (current, place) => {
      const result = [...arrayAt(current ?? [], place, '$addToSet')];
      for (const item of items) {
        if (!result.some((other) => equalValues(other, item))) result.push(cloneValue(item));
      }
      return result;
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
    throw new MongoError(
      'TypeMismatch',
      `Cannot increment with non-numeric argument: {${path}: ${shellText(operand)}}`,
    );
  }
  return (current, { doc }) => {
    if (current === undefined) return operand;
    const id = `{_id: ${shellText(doc['_id'])}}`;
    if (!isNumeric(current)) {
      throw new MongoError(
        'TypeMismatch',
        `Cannot apply $inc to a value of non-numeric type. ${id} has the field '${path}' of non-numeric type ${typeOf(current)}`,
      );
    }
    const sum = add(current, operand);
    if (sum !== undefined) return sum;
    throw new MongoError(
      'BadValue',
      `Failed to apply $inc to current value (${shellText(current)}) of ${id}`,
    );
  };
}

/** Reads a plain value or `{ $each: […], $slice: n }`. */
function eachOf(
  operand: unknown,
  name: string,
  known: readonly string[],
): { items: unknown[]; slice: number | undefined } {
  if (!isDoc(operand) || !Object.hasOwn(operand, '$each')) return { items: [operand], slice: undefined };
  const wrong = Object.keys(operand).find((clause) => !known.includes(clause));
  if (wrong) throw unsupported(`${name} with ${wrong}`);
  const items = operand['$each'];
  if (!Array.isArray(items)) throw new MongoError('TypeMismatch', 'The argument to $each must be an array');
  const slice = wholeNumber(field(operand, '$slice'));
  if (Object.hasOwn(operand, '$slice') && slice === undefined) {
    throw new MongoError('BadValue', 'The value for $slice must be an integer value');
  }
  return { items, slice };
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
  throw new MongoError(
    'BadValue',
    `Cannot apply ${name}: the field '${path}' must be an array but is of type ${typeOf(value)} in document {_id: ${shellText(doc['_id'])}}`,
  );
}

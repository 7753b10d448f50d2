import { Long, Timestamp } from 'bson';
import { MongoError } from '../mongo-error.ts';
import { elementTest, isOperators } from '../query/filter.ts';
import { parseSort, sortDocs } from '../query/sort.ts';
import { shellText } from '../values/shell-text.ts';
import { type Numeric, add, isNumeric, multiply, toNumber } from '../values/numbers.ts';
import { compareValues, equalValues } from '../values/order.ts';
import { type Doc, cloneValue, field, isDoc, isRegex, toRegExp, textOf, typeOf } from '../values/value.ts';

/** What a modifier knows of the place it changes. */
interface Place {
  path: string;
  doc: Doc;
  /** True while an upsert makes a new document. */
  isInsert: boolean;
}

/** Gives the new value of a field; undefined leaves the document as it is. */
export type Modifier = (current: unknown, place: Place) => unknown;

/** Update operators that change one field, by name. `$unset` and `$rename` are in compile-update.ts. */
export const MODIFIERS: Partial<Record<string, (operand: unknown, path: string) => Modifier>> = {
  $set: (operand) => () => cloneValue(operand),
  $setOnInsert:
    (operand) =>
    (_, { isInsert }) =>
      isInsert ? cloneValue(operand) : undefined,
  $inc: (operand, path) => arithmetic(operand, path, '$inc', 'increment', add),
  $mul: (operand, path) => arithmetic(operand, path, '$mul', 'multiply', multiply),
  $min: (operand) => (current) =>
    current === undefined || compareValues(operand, current) < 0 ? operand : undefined,
  $max: (operand) => (current) =>
    current === undefined || compareValues(operand, current) > 0 ? operand : undefined,
  $currentDate: (operand) => currentDate(operand),
  $push: (operand) => push(operand),
  $addToSet: (operand) => {
    const added = eachOf(operand, ['$each'])?.items ?? [operand];
    return (current, place) => {
      const array = arrayAt(
        current ?? [],
        place,
        'BadValue',
        (type) =>
          `Cannot apply $addToSet to non-array field. Field named '${place.path}' has non-array type ${type}`,
      );
      const result = [...array];
      for (const item of added)
        if (!result.some((other) => equalValues(other, item))) result.push(cloneValue(item));
      return result;
    };
  },
  $pull: (operand) => {
    const unwanted = pullTest(operand);
    return (current, place) => without(current, place, '$pull', unwanted);
  },
  $pullAll: (operand) => {
    if (!Array.isArray(operand))
      throw new MongoError(
        'BadValue',
        '$pullAll requires an array argument but was given a ' + typeOf(operand),
      );
    return (current, place) =>
      without(current, place, '$pullAll', (item) => operand.some((other) => equalValues(other, item)));
  },
  $pop: (operand) => {
    const end = isNumeric(operand) ? toNumber(operand) : NaN;
    if (end !== 1 && end !== -1)
      throw new MongoError('FailedToParse', '$pop expects 1 or -1, found: ' + shellText(operand));
    return (current, place) => {
      if (current === undefined) return undefined;
      const array = arrayAt(
        current,
        place,
        'TypeMismatch',
        (type) => `Path '${place.path}' contains an element of non-array type '${type}'`,
      );
      return end === 1 ? array.slice(0, -1) : array.slice(1);
    };
  },
};

function arithmetic(
  operand: unknown,
  path: string,
  name: string,
  verb: string,
  combine: (a: Numeric, b: Numeric) => Numeric | undefined,
): Modifier {
  if (!isNumeric(operand)) {
    throw new MongoError(
      'TypeMismatch',
      `Cannot ${verb} with non-numeric argument: {${path}: ${shellText(operand)}}`,
    );
  }
  return (current, place) => {
    if (current === undefined) return name === '$inc' ? operand : combine(operand, 0);
    if (!isNumeric(current)) {
      throw new MongoError(
        'TypeMismatch',
        `Cannot apply ${name} to a value of non-numeric type. {_id: ${shellText(place.doc['_id'])}} has the field '${path.split('.').at(-1) ?? ''}' of non-numeric type ${typeOf(current)}`,
      );
    }
    const result = combine(current, operand);
    if (result !== undefined) return result;
    throw new MongoError(
      'BadValue',
      `Failed to apply ${name} operations to current value (${shellText(current)}) for document {_id: ${shellText(place.doc['_id'])}}`,
    );
  };
}

function currentDate(operand: unknown): Modifier {
  const type = operand === true || operand === false ? 'date' : isDoc(operand) ? operand['$type'] : undefined;
  if (type === 'date') return () => new Date();
  if (type === 'timestamp') {
    return () => new Timestamp(Long.fromBits(1, Math.floor(Date.now() / 1000), true));
  }
  throw new MongoError(
    'BadValue',
    "The '$type' string field is required to be 'date' or 'timestamp': {$currentDate: {field : {$type: 'date'}}}",
  );
}

/** Reads `{ $each: […], … }`; undefined if the operand is a plain value. */
function eachOf(operand: unknown, known: readonly string[]): { items: unknown[]; options: Doc } | undefined {
  if (!isDoc(operand) || field(operand, '$each') === undefined) return undefined;
  const items = operand['$each'];
  if (!Array.isArray(items))
    throw new MongoError(
      'TypeMismatch',
      `The argument to $each must be an array but it was of type ${typeOf(items)}`,
    );
  for (const name of Object.keys(operand)) {
    if (!known.includes(name)) throw new MongoError('BadValue', `Unrecognized clause in $push: ${name}`);
  }
  return { items, options: operand };
}

function push(operand: unknown): Modifier {
  const each = eachOf(operand, ['$each', '$slice', '$sort', '$position']);
  const items = each?.items ?? [operand];
  const slice = wholeOption(each?.options['$slice'], '$slice');
  const position = wholeOption(each?.options['$position'], '$position');
  const sort = sorter(each?.options['$sort']);
  return (current, place) => {
    const array = arrayAt(
      current ?? [],
      place,
      'BadValue',
      (type) =>
        `The field '${place.path}' must be an array but is of type ${type} in document {_id: ${shellText(place.doc['_id'])}}`,
    );
    let result = [...array];
    result.splice(position ?? result.length, 0, ...items.map(cloneValue));
    if (sort) result = sort(result);
    if (slice === undefined) return result;
    if (slice === 0) return [];
    return slice < 0 ? result.slice(slice) : result.slice(0, slice);
  };
}

function wholeOption(value: unknown, name: string): number | undefined {
  if (value === undefined) return undefined;
  const number = isNumeric(value) ? toNumber(value) : NaN;
  if (Number.isInteger(number)) return number;
  throw new MongoError(
    'BadValue',
    `The value for ${name} must be an integer value but was given type: ${typeOf(value)}`,
  );
}

function sorter(sort: unknown): ((items: unknown[]) => unknown[]) | undefined {
  if (sort === undefined) return undefined;
  if (isDoc(sort)) {
    const fields = parseSort(sort);
    return (items) => sortDocs(items, fields, (item) => (isDoc(item) ? item : {}));
  }
  const direction = isNumeric(sort) ? toNumber(sort) : 0;
  if (Math.abs(direction) !== 1)
    throw new MongoError('BadValue', 'The $sort element value must be either 1 or -1');
  return (items) => [...items].sort((a, b) => compareValues(a, b) * direction);
}

/** `$pull` takes a value, a condition on elements, or conditions on the fields of elements. */
function pullTest(operand: unknown): (item: unknown) => boolean {
  if (isRegex(operand)) {
    const regex = toRegExp(operand);
    return (item) => regex.test(textOf(item) ?? '\0');
  }
  if (!isDoc(operand)) return (item) => equalValues(item, operand);
  const test = elementTest(operand);
  return isOperators(operand) ? test : (item) => isDoc(item) && test(item);
}

function without(
  current: unknown,
  place: Place,
  name: string,
  unwanted: (item: unknown) => boolean,
): unknown {
  if (current === undefined) return undefined;
  const array = arrayAt(current, place, 'BadValue', () => `Cannot apply ${name} to a non-array value`);
  const kept = array.filter((item) => !unwanted(item));
  return kept.length === array.length ? undefined : kept;
}

function arrayAt(
  value: unknown,
  _place: Place,
  code: 'BadValue' | 'TypeMismatch',
  text: (type: string) => string,
): unknown[] {
  if (Array.isArray(value)) return value;
  throw new MongoError(code, text(typeOf(value)));
}

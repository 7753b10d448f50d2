import { MongoError } from '../mongo-error.ts';
import { compileFilter } from '../query/filter.ts';
import { compileAddFields, compileProjection } from '../query/projection.ts';
import { parseSort, sortDocs } from '../query/sort.ts';
import { isNumeric, toNumber } from '../values/numbers.ts';
import { orderKey } from '../values/order.ts';
import { allValuesAt, parsePath, valueAt } from '../values/path.ts';
import { type Doc, field, isDoc, textOf } from '../values/value.ts';
import { compileExpression } from './expression.ts';
import { compileGroup } from './group.ts';

/** One step of a pipeline. */
export type Stage = (docs: readonly Doc[]) => readonly Doc[];

/** How stages reach other collections of the same database. */
export type Lookup = (collection: string) => readonly Doc[];

/** Pipeline stages, by name. */
export const STAGES: Partial<Record<string, (operand: unknown, lookup: Lookup) => Stage>> = {
  $match: (operand) => {
    if (!isDoc(operand)) throw new MongoError(15959, 'the match filter must be an expression in an object');
    const matches = compileFilter(operand);
    return (docs) => docs.filter((doc) => matches(doc));
  },
  $project: (operand) => {
    if (!isDoc(operand) || Object.keys(operand).length === 0) {
      throw new MongoError(
        51272,
        'Invalid $project :: caused by :: projection specification must have at least one field',
      );
    }
    return each(compileProjection(operand, true));
  },
  $addFields: (operand) => each(compileAddFields(docOf(operand, '$addFields'))),
  $set: (operand) => each(compileAddFields(docOf(operand, '$set'))),
  $unset: (operand) => {
    const names = (Array.isArray(operand) ? operand : [operand]).map((name: unknown) => {
      const text = textOf(name);
      if (text !== undefined) return text;
      throw new MongoError(31002, '$unset specification must be a string or an array');
    });
    return each(compileProjection(Object.fromEntries(names.map((name) => [name, 0])), true));
  },
  $group: (operand) => compileGroup(operand),
  $sort: (operand) => {
    const fields = parseSort(docOf(operand, '$sort'));
    if (fields.length === 0) throw new MongoError(15976, '$sort stage must have at least one sort key');
    return (docs) => sortDocs(docs, fields, (doc) => doc);
  },
  $limit: (operand) => {
    const limit = whole(operand, '$limit', 1);
    return (docs) => docs.slice(0, limit);
  },
  $skip: (operand) => {
    const skip = whole(operand, '$skip', 0);
    return (docs) => docs.slice(skip);
  },
  $count: (operand) => {
    const name = textOf(operand);
    if (!name || name.startsWith('$') || name.includes('.')) {
      throw new MongoError(40156, 'the count field must be a non-empty string without $ or .');
    }
    return (docs) => (docs.length === 0 ? [] : [{ [name]: docs.length }]);
  },
  $unwind: (operand) => compileUnwind(operand),
  $replaceRoot: (operand) => replaceWith(docOf(operand, '$replaceRoot')['newRoot']),
  $replaceWith: (operand) => replaceWith(operand),
  $sortByCount: (operand) => {
    const group = compileGroup({ _id: operand, count: { $sum: 1 } });
    return (docs) => sortDocs(group(docs), parseSort({ count: -1 }), (doc) => doc);
  },
  $facet: (operand, lookup) => {
    const facets = Object.entries(docOf(operand, '$facet')).map(([name, pipeline]) => {
      if (!Array.isArray(pipeline))
        throw new MongoError(40169, `arguments to $facet must be arrays, ${name} is not`);
      return [name, compileStages(pipeline, lookup)] as const;
    });
    return (docs) => [Object.fromEntries(facets.map(([name, stage]) => [name, stage(docs)]))];
  },
  $lookup: (operand, lookup) => compileLookup(docOf(operand, '$lookup'), lookup),
};

/** Compiles stages that follow each other; a stage nobody knows is an error. */
export function compileStages(pipeline: readonly unknown[], lookup: Lookup): Stage {
  const stages = pipeline.map((stage) => {
    if (!isDoc(stage))
      throw new MongoError('TypeMismatch', "Each element of the 'pipeline' array must be an object");
    const [name, ...more] = Object.keys(stage);
    if (name === undefined || more.length > 0) {
      throw new MongoError(40323, 'A pipeline stage specification object must contain exactly one field.');
    }
    const known = Object.hasOwn(STAGES, name) ? STAGES[name] : undefined;
    if (name === '$changeStream') {
      throw new MongoError(40573, 'The $changeStream stage is only supported on replica sets');
    }
    if (!known) throw new MongoError(40324, `Unrecognized pipeline stage name: '${name}'`);
    return known(field(stage, name), lookup);
  });
  return (docs) => stages.reduce((rest, stage) => stage(rest), docs);
}

function each(change: (doc: Doc) => Doc): Stage {
  return (docs) => docs.map((doc) => change(doc));
}

function replaceWith(operand: unknown): Stage {
  const expression = compileExpression(operand);
  return each((root) => {
    const result = expression({ root, vars: {} });
    if (isDoc(result)) return result;
    throw new MongoError(40228, "'newRoot' expression must evaluate to an object");
  });
}

function compileUnwind(operand: unknown): Stage {
  const options = isDoc(operand) ? operand : { path: operand };
  const text = textOf(options['path']);
  if (!text?.startsWith('$'))
    throw new MongoError(28818, `path option to $unwind stage should be prefixed with a '$'`);
  const path = parsePath(text.slice(1));
  const indexName = textOf(options['includeArrayIndex']);
  const keepsEmpty = options['preserveNullAndEmptyArrays'] === true;
  return (docs) =>
    docs.flatMap((doc) => {
      const value = valueAt(doc, path);
      const items: unknown[] = Array.isArray(value) ? value : value == null ? [] : [value];
      if (items.length === 0) {
        if (!keepsEmpty) return [];
        const kept = Array.isArray(value) ? replaced(doc, path, undefined) : doc;
        return [indexName ? { ...kept, [indexName]: null } : kept];
      }
      return items.map((item, i) => {
        const unwound = replaced(doc, path, item);
        return indexName ? { ...unwound, [indexName]: Array.isArray(value) ? i : null } : unwound;
      });
    });
}

function replaced(doc: Doc, path: readonly string[], value: unknown): Doc {
  const [name = '', ...rest] = path;
  const inner = field(doc, name);
  const copy = { ...doc };
  const next = rest.length > 0 && isDoc(inner) ? replaced(inner, rest, value) : value;
  if (next === undefined) Reflect.deleteProperty(copy, name);
  else copy[name] = next;
  return copy;
}

function compileLookup(spec: Doc, lookup: Lookup): Stage {
  for (const name of Object.keys(spec)) {
    if (!['from', 'localField', 'foreignField', 'as'].includes(name)) {
      throw new MongoError(
        'NotImplemented',
        `$lookup with '${name}' is not supported by the embedded server`,
      );
    }
  }
  const [from, local, foreign, as] = ['from', 'localField', 'foreignField', 'as'].map((name) =>
    textOf(spec[name]),
  );
  if (!from || !local || !foreign || !as) {
    throw new MongoError('FailedToParse', '$lookup requires from, localField, foreignField and as');
  }
  const [localPath, foreignPath, asPath] = [parsePath(local), parsePath(foreign), parsePath(as)];
  return (docs) => {
    const byValue = new Map<string, Doc[]>();
    for (const doc of lookup(from)) {
      const value = valueAt(doc, foreignPath);
      for (const key of new Set([...allValuesAt(doc, foreignPath), value].map(orderKey))) {
        const group = byValue.get(key);
        if (group) group.push(doc);
        else byValue.set(key, [doc]);
      }
    }
    return docs.map((doc) => {
      const found = new Set(
        allValuesAt(doc, localPath).flatMap((value) => byValue.get(orderKey(value)) ?? []),
      );
      return replaced(doc, asPath, [...found]);
    });
  };
}

function docOf(operand: unknown, name: string): Doc {
  if (isDoc(operand)) return operand;
  throw new MongoError(40272, `${name} specification stage must be an object`);
}

function whole(operand: unknown, name: string, least: number): number {
  const number = isNumeric(operand) ? toNumber(operand) : NaN;
  if (Number.isInteger(number) && number >= least) return number;
  throw new MongoError(
    name === '$limit' ? 15958 : 5107200,
    `invalid argument to ${name} stage: a whole number of at least ${least} is needed`,
  );
}

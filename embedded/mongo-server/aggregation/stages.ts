import { MongoError } from '../mongo-error.ts';
import { compileFilter } from '../query/filter.ts';
import { compileProjection } from '../query/projection.ts';
import { parseSort, sortDocs } from '../query/sort.ts';
import { wholeNumber } from '../values/numbers.ts';
import { type Doc, field, isDoc } from '../values/value.ts';
import { compileGroup } from './group.ts';

/** One step of a pipeline. */
export type Stage = (docs: readonly Doc[]) => readonly Doc[];

/** What a pipeline gives over another collection of the same database. */
export type Elsewhere = (collection: string, pipeline: readonly Doc[]) => readonly Doc[];

/** Pipeline stages, by name. */
export const STAGES: Partial<Record<string, (operand: unknown, elsewhere: Elsewhere) => Stage>> = {
  $match: (operand) => {
    const matches = compileFilter(docOf(operand, '$match'));
    return (docs) => docs.filter((doc) => matches(doc));
  },
  $project: (operand) => {
    const project = compileProjection(docOf(operand, '$project'));
    return (docs) => docs.map(project);
  },
  $group: (operand) => compileGroup(docOf(operand, '$group')),
  $sort: (operand) => {
    const fields = parseSort(docOf(operand, '$sort'));
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
    if (typeof operand !== 'string' || !/^[^$.][^.]*$/.test(operand)) {
      throw new MongoError(40156, 'the count field must be a non-empty string without $ or .');
    }
    return (docs) => (docs.length === 0 ? [] : [{ [operand]: docs.length }]);
  },
  $sample: (operand) => {
    const size = whole(docOf(operand, '$sample')['size'], '$sample', 1);
    return (docs) => {
      const drawn = docs.map((doc) => ({ doc, lot: Math.random() })).sort((a, b) => a.lot - b.lot);
      return drawn.slice(0, size).map(({ doc }) => doc);
    };
  },
  $unionWith: (operand, elsewhere) => {
    const { coll, pipeline = [] } =
      typeof operand === 'string' ? { coll: operand } : docOf(operand, '$unionWith');
    if (typeof coll !== 'string' || !Array.isArray(pipeline) || !pipeline.every(isDoc)) {
      throw new MongoError('FailedToParse', '$unionWith takes a collection and a pipeline');
    }
    compileStages(pipeline, elsewhere);
    return (docs) => [...docs, ...elsewhere(coll, pipeline)];
  },
};

/** Compiles stages that follow each other; a stage nobody knows is an error. */
export function compileStages(pipeline: readonly Doc[], elsewhere: Elsewhere): Stage {
  const stages = pipeline.map((stage) => {
    const [name = '', ...more] = Object.keys(stage);
    if (name === '' || more.length > 0) {
      throw new MongoError(40323, 'A pipeline stage specification object must contain exactly one field.');
    }
    if (name === '$changeStream') {
      throw new MongoError(40573, 'The $changeStream stage is only supported on replica sets');
    }
    const known = Object.hasOwn(STAGES, name) ? STAGES[name] : undefined;
    if (!known) throw new MongoError(40324, `Unrecognized pipeline stage name: '${name}'`);
    return known(field(stage, name), elsewhere);
  });
  return (docs) => stages.reduce((rest, stage) => stage(rest), docs);
}

function docOf(operand: unknown, name: string): Doc {
  if (isDoc(operand)) return operand;
  throw new MongoError('FailedToParse', `the ${name} stage takes an object`);
}

function whole(operand: unknown, name: string, least: number): number {
  const number = wholeNumber(operand, least);
  if (number !== undefined) return number;
  throw new MongoError(15958, `${name} takes a whole number of at least ${least}`);
}

import { MongoError, unsupported } from '../mongo-error.ts';
import { isNumeric, toNumber } from '../values/numbers.ts';
import { parsePath } from '../values/path.ts';
import { type Doc, field, isDoc, setField } from '../values/value.ts';

/** Gives what a projection leaves of a document; never changes the document. */
export type Projection = (doc: Doc) => Doc;

/** The fields a projection names, as a tree; a leaf is named itself. */
type Tree = Map<string, Tree | 'leaf'>;

/** Compiles a projection that names the fields to keep or the fields to leave out; nothing else is supported. */
export function compileProjection(spec: Doc): Projection {
  const tree: Tree = new Map();
  let keeps: boolean | undefined;
  let keepsId: boolean | undefined;
  const read = (level: Doc, prefix: string): void => {
    for (const name of Object.keys(level)) {
      const value = field(level, name);
      const path = prefix + name;
      if (isDoc(value) && !Object.keys(value).some((key) => key.startsWith('$'))) read(value, `${path}.`);
      else if ((typeof value !== 'boolean' && !isNumeric(value)) || path.includes('$')) {
        throw unsupported('a projection that does more than keep fields or leave them out');
      } else {
        const keep = isNumeric(value) ? toNumber(value) !== 0 : value;
        if (path === '_id') keepsId = keep;
        else {
          keeps ??= keep;
          if (keeps !== keep) throw mixed(path, keep);
          place(tree, path);
        }
      }
    }
  };
  read(spec, '');
  const isInclusion = keeps ?? keepsId ?? false;
  const namesId = isInclusion ? keepsId !== false : keepsId === false;
  if (namesId && !tree.has('_id')) tree.set('_id', 'leaf');
  if (tree.size === 0) return (doc) => doc;
  return (doc) => project(doc, tree, isInclusion) as Doc;
}

function mixed(path: string, keep: boolean): MongoError {
  return keep
    ? new MongoError(31253, `Cannot do inclusion on field ${path} in exclusion projection`)
    : new MongoError(31254, `Cannot do exclusion on field ${path} in inclusion projection`);
}

function place(tree: Tree, name: string): void {
  const path = parsePath(name);
  let level = tree;
  for (const [i, part] of path.entries()) {
    const there = level.get(part);
    const isLast = i === path.length - 1;
    if (there === 'leaf' || (there && isLast)) throw new MongoError(31250, `Path collision at ${name}`);
    if (isLast) level.set(part, 'leaf');
    else {
      const next = there ?? (new Map() as Tree);
      level.set(part, next);
      level = next;
    }
  }
}

function project(value: unknown, tree: Tree, isInclusion: boolean): unknown {
  if (Array.isArray(value)) {
    const elements = value.map((element) => project(element, tree, isInclusion));
    return isInclusion ? elements.filter((element) => element !== undefined) : elements;
  }
  if (!isDoc(value)) return isInclusion ? undefined : value;
  const result: Doc = {};
  for (const name of Object.keys(value)) {
    const rule = tree.get(name);
    const own = field(value, name);
    if (rule instanceof Map) {
      const kept = project(own, rule, isInclusion);
      if (kept !== undefined) setField(result, name, kept);
    } else if ((rule === 'leaf') === isInclusion) setField(result, name, own);
  }
  return result;
}

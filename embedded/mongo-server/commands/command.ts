import { Double, Long } from 'bson';
import { MongoError } from '../mongo-error.ts';
import type { Store } from '../storage/store.ts';
import { wholeNumber } from '../values/numbers.ts';
import { type Doc, isDoc, typeOf } from '../values/value.ts';
import type { ScramConversation, ScramSecret } from '../wire/scram.ts';
import type { Cursors } from './cursors.ts';

/** What a connection knows of its client. */
export interface Client {
  id: number;
  isAuthenticated: boolean;
  conversation?: ScramConversation | undefined;
}

/** What a command works with. */
export interface CommandContext {
  /** The command's name, as the client wrote it. */
  name: string;
  command: Doc;
  db: string;
  store: Store;
  cursors: Cursors;
  client: Client;
  /** Set where a password is asked for. */
  secret: ScramSecret | undefined;
}

/** One command of the protocol. */
export interface Command {
  /** Fields it understands besides its own name and those every command may carry; others are errors. */
  fields: ReadonlySet<string> | 'any';
  run: (context: CommandContext) => Doc;
  /** True if its answer waits for the disk. */
  writes?: boolean;
  /** True if it is allowed before log-in. */
  beforeLogin?: boolean;
}

/** A set of names. */
export function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}

/** The collection a command names. */
export function namespaceOf({ command, name, db }: CommandContext): string {
  const collection = command[name];
  if (typeof collection === 'string' && collection !== '') return `${db}.${collection}`;
  throw new MongoError('InvalidNamespace', `a collection's name is a text, not ${typeOf(collection)}`);
}

/** A document among the fields of a command. */
export function docField(command: Doc, name: string): Doc {
  const value = command[name] ?? {};
  if (isDoc(value)) return value;
  throw wrongType(name, value, 'object');
}

/** A list of documents among the fields of a command. */
export function docsField(command: Doc, name: string): Doc[] {
  const value = command[name];
  if (Array.isArray(value) && value.every(isDoc)) return value;
  throw wrongType(name, value, 'array of objects');
}

/** A whole number that is not negative; undefined where the field is absent. */
export function countField(command: Doc, name: string): number | undefined {
  const value = command[name];
  const number = wholeNumber(value, 0);
  if (value == null || number !== undefined) return number;
  throw new MongoError('BadValue', `BSON field '${name}' value must be >= 0 and whole`);
}

function wrongType(name: string, value: unknown, expected: string): MongoError {
  const text = `BSON field '${name}' is the wrong type '${typeOf(value)}', expected type '${expected}'`;
  return new MongoError('TypeMismatch', text);
}

/** A count as MongoDB answers it: int32 where it fits. */
export function count(value: number): number | Long {
  return value <= 0x7fffffff ? value : Long.fromNumber(value);
}

/** Ends every good answer. */
export const OK = new Double(1);

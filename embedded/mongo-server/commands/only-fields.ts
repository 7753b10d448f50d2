import { MongoError, unsupported } from '../mongo-error.ts';
import type { Doc } from '../values/value.ts';
import { words } from './command.ts';

/** What every command may carry. */
const COMMON = words(
  '$db $readPreference $clusterTime lsid readConcern writeConcern comment maxTimeMS apiVersion apiStrict apiDeprecationErrors',
);
/** What a transaction or a retryable write carries: both need a replica set. */
const TRANSACTION = words('txnNumber startTransaction autocommit');
/** Fields of MongoDB's that mean something this server does not do. */
const UNSUPPORTED = words(
  `collation let explain hint max min returnKey showRecordId tailable awaitData noCursorTimeout capped size validator
  validationLevel validationAction timeseries viewOn pipeline clusteredIndex expireAfterSeconds encryptionInformation
  changeStreamPreAndPostImages storageEngine indexOptionDefaults`,
);

/** Refuses what a command or one of its statements does not understand. */
export function onlyFields(doc: Doc, name: string, known: ReadonlySet<string>): void {
  for (const key of Object.keys(doc)) {
    if (key === name || known.has(key) || COMMON.has(key)) continue;
    if (TRANSACTION.has(key)) {
      const text = 'Transaction numbers are only allowed on a replica set member or mongos';
      throw new MongoError('IllegalOperation', text);
    }
    if (!UNSUPPORTED.has(key))
      throw new MongoError(40415, `BSON field '${name}.${key}' is an unknown field.`);
    if (doc[key] !== false) throw unsupported(`${name} with ${key}`);
  }
}

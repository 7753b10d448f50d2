import os from 'node:os';
import { MongoError } from '../mongo-error.ts';
import { compileFilter } from '../query/filter.ts';
import { type Collection, MAX_DOCUMENT_BYTES } from '../storage/collection.ts';
import type { Doc } from '../values/value.ts';
import { MAX_MESSAGE_BYTES } from '../wire/message.ts';
import { ScramConversation } from '../wire/scram.ts';
import {
  type Command,
  type CommandContext,
  count,
  countField,
  docField,
  namespaceOf,
  words,
} from './command.ts';

/** The version whose behaviour this server follows; its own name stands in `modules`. */
const VERSION = [7, 0, 0, 0];
const NAME = 'ringback-embedded';
const NONE = words('');

const hello: Command = {
  fields: 'any', // drivers tell of themselves here, each in its own words
  beforeLogin: true,
  run: ({ name, client, command, secret }) => ({
    ...(name === 'hello' ? { isWritablePrimary: true } : { ismaster: true }),
    helloOk: true,
    maxBsonObjectSize: MAX_DOCUMENT_BYTES,
    maxMessageSizeBytes: MAX_MESSAGE_BYTES,
    maxWriteBatchSize: 100_000,
    localTime: new Date(),
    logicalSessionTimeoutMinutes: 30,
    connectionId: client.id,
    minWireVersion: 0,
    maxWireVersion: 21,
    readOnly: false,
    ...(secret && command['saslSupportedMechs'] ? { saslSupportedMechs: ['SCRAM-SHA-256'] } : {}),
  }),
};

/** Commands about the server, its databases and its collections. */
export const ADMIN_COMMANDS: Record<string, Command> = {
  hello,
  isMaster: hello,
  ismaster: hello,
  saslStart: {
    fields: words('mechanism payload options autoAuthorize'),
    beforeLogin: true,
    run: ({ client, command, secret }) => {
      if (!secret) throw new MongoError('AuthenticationFailed', 'Authentication failed: there are no users.');
      client.conversation = new ScramConversation(secret);
      return client.conversation.start(command);
    },
  },
  saslContinue: {
    fields: words('conversationId payload'),
    beforeLogin: true,
    run: ({ client, command }) => {
      if (!client.conversation) throw new MongoError('AuthenticationFailed', 'No SASL session state found');
      const reply = client.conversation.continue(command);
      client.isAuthenticated ||= client.conversation.isProved;
      return reply;
    },
  },
  ping: { fields: NONE, beforeLogin: true, run: () => ({}) },
  buildInfo: {
    fields: NONE,
    beforeLogin: true,
    run: () => ({
      version: VERSION.slice(0, 3).join('.'),
      versionArray: VERSION,
      gitVersion: NAME,
      modules: [NAME],
      bits: 64,
      maxBsonObjectSize: MAX_DOCUMENT_BYTES,
      storageEngines: [NAME],
    }),
  },
  hostInfo: {
    fields: NONE,
    run: () => ({
      system: {
        cpuArch: process.arch,
        numCores: os.cpus().length,
        memSizeMB: Math.round(os.totalmem() / 2 ** 20),
      },
      os: { type: os.type(), name: NAME, version: os.release() },
      extra: {},
    }),
  },
  connectionStatus: {
    fields: words('showPrivileges'),
    run: ({ secret }) => ({
      authInfo: {
        authenticatedUsers: secret ? [{ user: secret.user, db: 'admin' }] : [],
        authenticatedUserRoles: [],
        authenticatedUserPrivileges: [],
      },
    }),
  },
  endSessions: { fields: NONE, run: () => ({}) },
  listDatabases: {
    fields: words('filter nameOnly authorizedDatabases'),
    run: ({ store, command }) => {
      const sizes = new Map<string, number>();
      for (const { namespace, bytes } of store.collections) {
        const [name = ''] = namespace.split('.');
        sizes.set(name, (sizes.get(name) ?? 0) + bytes);
      }
      const matches = compileFilter(docField(command, 'filter'));
      const all: Doc[] = [...sizes].map(([name, size]) => ({ name, sizeOnDisk: count(size), empty: false }));
      const databases = all.filter((database) => matches(database));
      if (command['nameOnly'] === true) return { databases: databases.map(({ name }) => ({ name })) };
      return { databases, totalSize: count([...sizes.values()].reduce((a, b) => a + b, 0)) };
    },
  },
  listCollections: {
    fields: words('filter nameOnly cursor authorizedCollections'),
    run: (context) => {
      const { command, cursors, db } = context;
      const matches = compileFilter(docField(command, 'filter'));
      const all: Doc[] = collectionsOf(context).map(({ namespace }) => ({
        name: namespace.slice(db.length + 1),
        type: 'collection',
        options: {},
        info: { readOnly: false },
        idIndex: { v: 2, key: { _id: 1 }, name: '_id_' },
      }));
      return cursors.start({
        namespace: `${db}.$cmd.listCollections`,
        docs: all.filter((collection) => matches(collection)),
        present: ({ name, type, ...rest }) => ({ name, type, ...(command['nameOnly'] === true ? {} : rest) }),
        batchSize: countField(docField(command, 'cursor'), 'batchSize'),
      });
    },
  },
  create: {
    fields: NONE,
    writes: true,
    run: (context) => {
      context.store.ensureCollection(namespaceOf(context));
      return {};
    },
  },
  drop: {
    fields: NONE,
    writes: true,
    run: (context) => {
      const collection = context.store.collection(namespaceOf(context));
      if (!collection) return {};
      drop(context, collection);
      return { nIndexesWas: collection.indexes.length, ns: collection.namespace };
    },
  },
  dropDatabase: {
    fields: NONE,
    writes: true,
    run: (context) => {
      const gone = collectionsOf(context);
      for (const collection of gone) drop(context, collection);
      return gone.length > 0 ? { dropped: context.db } : {};
    },
  },
  collStats: {
    fields: words('scale'),
    run: (context) => {
      const collection = context.store.collection(namespaceOf(context));
      return { ns: namespaceOf(context), capped: false, ...sizesOf(collection ? [collection] : []) };
    },
  },
  dbStats: {
    fields: words('scale freeStorage'),
    run: (context) => {
      const collections = collectionsOf(context);
      return { db: context.db, collections: collections.length, ...sizesOf(collections) };
    },
  },
};

function collectionsOf({ store, db }: CommandContext): Collection[] {
  return [...store.collections].filter(({ namespace }) => namespace.startsWith(`${db}.`));
}

function drop({ store, cursors }: CommandContext, collection: Collection): void {
  store.dropCollection(collection);
  cursors.killAll(collection.namespace);
}

/** Under the names `collStats` and `dbStats` have for them. */
function sizesOf(collections: readonly Collection[]): Doc {
  const sum = (of: (it: Collection) => number): number => collections.reduce((all, it) => all + of(it), 0);
  const [objects, bytes] = [sum(({ size }) => size), sum((it) => it.bytes)];
  const indexes = sum((it) => it.indexes.length);
  return {
    count: count(objects),
    objects: count(objects),
    size: count(bytes),
    dataSize: count(bytes),
    storageSize: count(bytes),
    avgObjSize: objects > 0 ? Math.round(bytes / objects) : 0,
    nindexes: indexes,
    indexes,
  };
}

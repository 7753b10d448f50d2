import { MongoError } from '../mongo-error.ts';
import { compileFilter } from '../query/filter.ts';
import { MAX_DOCUMENT_BYTES } from '../storage/collection.ts';
import type { Doc } from '../values/value.ts';
import { MAX_MESSAGE_BYTES } from '../wire/message.ts';
import { ScramConversation } from '../wire/scram.ts';
import { type Command, type CommandContext, count, countField, docField, namespaceOf } from './command.ts';

/** The version whose behaviour this server follows; its own name stands in `modules`. */
const VERSION = '7.0.0';
const NAME = 'ringback-embedded';

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
    fields: ['mechanism', 'payload', 'options', 'autoAuthorize'],
    beforeLogin: true,
    run: ({ client, command, secret }) => {
      if (!secret)
        throw new MongoError('AuthenticationFailed', 'Authentication failed: this server has no users.');
      client.conversation = new ScramConversation(secret);
      return client.conversation.start(command);
    },
  },
  saslContinue: {
    fields: ['conversationId', 'payload'],
    beforeLogin: true,
    run: ({ client, command }) => {
      if (!client.conversation) throw new MongoError('AuthenticationFailed', 'No SASL session state found');
      const reply = client.conversation.continue(command);
      client.isAuthenticated ||= client.conversation.isProved;
      return reply;
    },
  },
  ping: { fields: [], beforeLogin: true, run: () => ({}) },
  buildInfo: {
    fields: [],
    beforeLogin: true,
    run: () => ({
      version: VERSION,
      versionArray: [...VERSION.split('.').map(Number), 0],
      gitVersion: NAME,
      modules: [NAME],
      bits: 64,
      maxBsonObjectSize: MAX_DOCUMENT_BYTES,
      storageEngines: [NAME],
    }),
  },
  connectionStatus: {
    fields: ['showPrivileges'],
    run: ({ secret }) => ({
      authInfo: {
        authenticatedUsers: secret ? [{ user: secret.user, db: 'admin' }] : [],
        authenticatedUserRoles: [],
      },
    }),
  },
  getParameter: {
    fields: ['featureCompatibilityVersion', 'authenticationMechanisms'],
    run: ({ command }) => {
      const known: Doc = {
        featureCompatibilityVersion: { version: '7.0' },
        authenticationMechanisms: ['SCRAM-SHA-256'],
      };
      const asked = Object.keys(known).filter((name) => command['getParameter'] === '*' || command[name]);
      if (asked.length === 0) throw new MongoError('InvalidOptions', 'no option found to get');
      return Object.fromEntries(asked.map((name) => [name, known[name]]));
    },
  },
  serverStatus: {
    fields: [],
    run: ({ store, startedAt }) => ({
      host: NAME,
      version: VERSION,
      process: NAME,
      pid: process.pid,
      uptime: (Date.now() - startedAt) / 1000,
      localTime: new Date(),
      mem: { resident: Math.round(process.memoryUsage.rss() / 1024 / 1024) },
      journal: { bytes: count(store.journal.bytes), compactions: store.journal.compactionsDone },
    }),
  },
  endSessions: { fields: [], run: () => ({}) },
  listDatabases: {
    fields: ['filter', 'nameOnly', 'authorizedDatabases'],
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
    fields: ['filter', 'nameOnly', 'cursor', 'authorizedCollections'],
    run: ({ store, command, cursors, db }) => {
      const matches = compileFilter(docField(command, 'filter'));
      const all = [...store.collections]
        .filter(({ namespace }) => namespace.startsWith(`${db}.`))
        .map(({ namespace, options }) => ({
          name: namespace.slice(db.length + 1),
          type: 'collection',
          options,
          info: { readOnly: false },
          idIndex: { v: 2, key: { _id: 1 }, name: '_id_' },
        }));
      return cursors.start({
        namespace: `${db}.$cmd.listCollections`,
        docs: all
          .filter((collection) => matches(collection))
          .map((it) => (command['nameOnly'] ? { name: it.name, type: it.type } : it)),
        batchSize: countField(docField(command, 'cursor'), 'batchSize'),
      });
    },
  },
  create: { fields: ['capped', 'autoIndexId', 'idIndex'], writes: true, run: create },
  drop: {
    fields: [],
    writes: true,
    run: (context) => {
      const collection = context.store.collection(namespaceOf(context));
      if (!collection) return {};
      context.store.dropCollection(collection);
      context.cursors.killAll(collection.namespace);
      return { nIndexesWas: collection.indexes.length, ns: collection.namespace };
    },
  },
  dropDatabase: {
    fields: [],
    writes: true,
    run: ({ store, cursors, db }) => {
      const gone = [...store.collections].filter(({ namespace }) => namespace.startsWith(`${db}.`));
      for (const collection of gone) {
        store.dropCollection(collection);
        cursors.killAll(collection.namespace);
      }
      return gone.length > 0 ? { dropped: db } : {};
    },
  },
  collStats: {
    fields: ['scale'],
    run: (context) => {
      const collection = context.store.collection(namespaceOf(context));
      const size = collection?.bytes ?? 0;
      const items = collection?.size ?? 0;
      return {
        ns: namespaceOf(context),
        count: count(items),
        size: count(size),
        storageSize: count(size),
        avgObjSize: items > 0 ? Math.round(size / items) : 0,
        nindexes: collection?.indexes.length ?? 0,
        capped: false,
      };
    },
  },
  dbStats: {
    fields: ['scale', 'freeStorage'],
    run: ({ store, db }) => {
      const own = [...store.collections].filter(({ namespace }) => namespace.startsWith(`${db}.`));
      const sum = (of: (it: (typeof own)[number]) => number): ReturnType<typeof count> =>
        count(own.reduce((total, it) => total + of(it), 0));
      return {
        db,
        collections: own.length,
        objects: sum(({ size }) => size),
        dataSize: sum(({ bytes }) => bytes),
        storageSize: sum(({ bytes }) => bytes),
        indexes: sum(({ indexes }) => indexes.length),
      };
    },
  },
};

function create(context: CommandContext): Doc {
  const { command, store } = context;
  if (command['capped'] === true)
    throw new MongoError('NotImplemented', 'capped collections are not supported by the embedded server');
  const existing = store.collection(namespaceOf(context));
  if (!existing) store.createCollection(namespaceOf(context), {});
  return {};
}

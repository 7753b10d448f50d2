import { createConnection, type Connection } from 'mongoose';
import { tellingOutages } from '../outages.ts';
import { MongoAccounts } from './accounts.ts';
import { MongoBindings } from './bindings.ts';
import { MongoCallbacks } from './callbacks.ts';
import { MongoCalls } from './calls.ts';
import { MongoCompanies } from './companies.ts';
import { MongoCursors } from './cursors.ts';
import { MongoDecisions } from './decisions.ts';
import { isMongoOutage } from './durable.ts';
import { MongoDuties } from './duties.ts';
import { MongoLogIns } from './log-ins.ts';
import { MongoPages } from './pages.ts';
import { MongoAudit, MongoConsents, MongoCustomers, MongoSuppressions } from './records.ts';
import { MongoRules } from './rules.ts';
import { MongoSessions } from './sessions.ts';

/** Every store of the contact server, over one connection. */
export interface Stores {
  readonly connection: Connection;
  readonly bindings: MongoBindings;
  readonly callbacks: MongoCallbacks;
  readonly calls: MongoCalls;
  readonly sessions: MongoSessions;
  readonly accounts: MongoAccounts;
  readonly customers: MongoCustomers;
  readonly audit: MongoAudit;
  readonly consents: MongoConsents;
  readonly suppressions: MongoSuppressions;
  readonly cursors: MongoCursors;
  readonly companies: MongoCompanies;
  readonly logIns: MongoLogIns;
  readonly pages: MongoPages;
  readonly duties: MongoDuties;
  readonly decisions: MongoDecisions;
  readonly rules: MongoRules;
}

/** Longer than the election of a new primary usually takes; then whoever asks is told to come again. */
const SELECTION_MS = 3_000;

interface StoreOptions {
  readonly database: string;
  readonly centre: string;
  readonly keepDays: number;
  readonly now: () => number;
  /** How long a server that is not there yet is waited for. */
  readonly patienceMs: number;
  /** Hears, once, that we wait. */
  readonly onWait: (host: string) => void;
}

/** Connects and makes sure of the indexes; commands without a server fail within seconds instead of hanging. */
export async function openStores(url: string, options: StoreOptions): Promise<Stores> {
  const connection = await connect(url, options);
  const stores: Stores = {
    connection,
    bindings: new MongoBindings(connection, options),
    callbacks: new MongoCallbacks(connection, options),
    calls: new MongoCalls(connection, options),
    sessions: new MongoSessions(connection, options),
    accounts: new MongoAccounts(connection, options),
    customers: new MongoCustomers(connection, options),
    audit: new MongoAudit(connection, options),
    consents: new MongoConsents(connection, options),
    suppressions: new MongoSuppressions(connection, options),
    cursors: new MongoCursors(connection, options),
    companies: new MongoCompanies(connection, options),
    logIns: new MongoLogIns(connection),
    pages: new MongoPages(connection, options),
    duties: new MongoDuties(connection, options),
    decisions: new MongoDecisions(connection, options),
    rules: new MongoRules(connection, options),
  };
  const { bindings, callbacks, calls, sessions, accounts, customers, audit, consents, suppressions } = stores;
  const { logIns, pages, rules, decisions } = stores;
  for (const store of [
    bindings,
    callbacks,
    calls,
    sessions,
    accounts,
    customers,
    audit,
    consents,
    suppressions,
    logIns,
    pages,
    rules,
    decisions,
  ]) {
    await store.prepare();
  }
  return telling(stores);
}

/** Every store tells an outage of MongoDB as one; the connection itself is for those who speak to the driver. */
function telling(stores: Stores): Stores {
  const named = Object.entries(stores as Readonly<Record<keyof Stores, object>>);
  const told = named.map(([name, store]): [string, object] => [
    name,
    name === 'connection' ? store : tellingOutages(store, isMongoOutage, 'The database does not answer.'),
  ]);
  return Object.fromEntries<object>(told) as unknown as Stores; // the same names, each with the same methods
}

/** Waits for a server that is started together with us; throws a sentence when it does not come. */
async function connect(
  url: string,
  { database, now, patienceMs, onWait }: StoreOptions,
): Promise<Connection> {
  const host = hostsOf(url);
  const until = now() + patienceMs;
  for (let tries = 0; ; tries++) {
    try {
      return await createConnection(url, {
        dbName: database,
        autoIndex: false,
        bufferCommands: false,
        serverSelectionTimeoutMS: SELECTION_MS,
        socketTimeoutMS: 20_000,
        retryWrites: true,
        maxPoolSize: 50,
      }).asPromise();
    } catch (cause) {
      if (!isMongoOutage(cause) && !isSelection(cause)) throw cause;
      if (now() >= until) {
        const waited = `${String(Math.round(patienceMs / 1000))} s`;
        throw new Error(`MONGODB_URL: no MongoDB answers at ${host} (waited ${waited})`, { cause });
      }
      if (tries === 0) onWait(host);
    }
  }
}

/** Mongoose gives some of the driver's errors its own names. */
function isSelection(error: unknown): boolean {
  return error instanceof Error && error.name.includes('ServerSelection');
}

/** Without user and password, which must not stand in a log. */
function hostsOf(url: string): string {
  return url
    .replace(/^[^/]*\/\//, '')
    .replace(/^.*@/, '')
    .replace(/[/?].*$/, '');
}

import { createConnection, type Connection } from 'mongoose';
import { MongoAccounts } from './accounts.ts';
import { MongoBindings } from './bindings.ts';
import { MongoCallbacks } from './callbacks.ts';
import { MongoCalls } from './calls.ts';
import { MongoCompanies } from './companies.ts';
import { MongoCursors } from './cursors.ts';
import { MongoLogIns } from './log-ins.ts';
import { MongoPages } from './pages.ts';
import { MongoAudit, MongoConsents, MongoCustomers, MongoSuppressions } from './records.ts';
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
}

/** Connects and makes sure of the indexes; commands without a server fail within seconds instead of hanging. */
export async function openStores(
  url: string,
  options: { database: string; centre: string; keepDays: number; now: () => number },
): Promise<Stores> {
  const connection = await createConnection(url, {
    dbName: options.database,
    autoIndex: false,
    bufferCommands: false,
    serverSelectionTimeoutMS: 5_000,
    socketTimeoutMS: 20_000,
    retryWrites: true,
    maxPoolSize: 50,
  }).asPromise();
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
  };
  const { bindings, callbacks, calls, sessions, accounts, customers, audit, consents, logIns, pages } =
    stores;
  for (const store of [
    bindings,
    callbacks,
    calls,
    sessions,
    accounts,
    customers,
    audit,
    consents,
    logIns,
    pages,
  ]) {
    await store.prepare();
  }
  return stores;
}

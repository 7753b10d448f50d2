import { once } from 'node:events';
import { type AddressInfo, type Socket, createServer } from 'node:net';
import { pino } from 'pino';
import type { Logger } from 'pino';
import { Cursors } from './commands/cursors.ts';
import { Store } from './storage/store.ts';
import { expireDocuments } from './storage/expiry.ts';
import { serve } from './wire/connection.ts';
import { type Credentials, ScramSecret } from './wire/scram.ts';

export interface MongoServerOptions {
  /** Where the journal lives: exactly this directory, made if it is not there. */
  directory: string;
  /** 127.0.0.1 if absent. */
  host?: string;
  /** Any free port if absent or 0. */
  port?: number;
  /** With a password every client must log in; without one only loopback addresses are served. */
  credentials?: Credentials | undefined;
  /** How much memory documents may take, by estimate; 1 GB if absent. */
  memoryBytes?: number;
  /** How often documents that have outlived a TTL index are looked for; a minute if absent. */
  expiryMs?: number;
  log?: Logger;
  /** Told when the disk refuses a write; by then nothing more is acknowledged. */
  onFailure?: (error: Error) => void;
}

/** A driver opens up to a hundred for each process. */
const MOST_CONNECTIONS = 2000;

/** A running server. */
export interface MongoServer {
  host: string;
  port: number;
  url: string;
  /** Removes what TTL indexes say is over, now; resolves to how many documents that was. */
  expire(): Promise<number>;
  /** Throws garbage out of the journal, whether or not it is due. */
  compact(): void;
  /** Stops listening, ends connections, writes everything down and gives the directory back. */
  close(): Promise<void>;
}

/** Opens the data directory and serves it over the MongoDB wire protocol. */
export async function startMongoServer(options: MongoServerOptions): Promise<MongoServer> {
  const { directory, host = '127.0.0.1', port = 0, credentials, onFailure } = options;
  const log = options.log ?? pino({ level: 'silent' });
  if (!credentials && !isLoopback(host)) {
    throw new Error(`MONGO_HOST ${host} is open to the network: set MONGO_PASSWORD, or bind to 127.0.0.1`);
  }
  const sockets = new Set<Socket>();
  const store = new Store({
    directory,
    log,
    memoryBytes: options.memoryBytes ?? 1024 * 1024 * 1024,
    onFailure: (error) => {
      log.fatal({ err: error }, 'the journal cannot be written: nothing more is acknowledged');
      onFailure?.(error);
    },
  });
  await store.open();
  const cursors = new Cursors();
  const secret = credentials && new ScramSecret(credentials);
  const around = { store, cursors, secret };
  let connections = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serve(socket, ++connections, around, log);
  });
  server.maxConnections = MOST_CONNECTIONS;
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    await store.close();
    throw error;
  }
  const expire = async (): Promise<number> => {
    const gone = expireDocuments(store, Date.now());
    if (gone > 0) await store.settled();
    return gone;
  };
  const sweep = setInterval(() => {
    cursors.sweep();
    expire().catch((err: unknown) => log.error({ err }, 'expiry failed'));
  }, options.expiryMs ?? 60_000).unref();
  const address = server.address() as AddressInfo;
  return {
    host,
    port: address.port,
    url: `mongodb://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    expire,
    compact: () => store.compact(),
    close: async () => {
      clearInterval(sweep);
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
      await store.close();
    },
  };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

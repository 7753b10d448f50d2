import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type MongoServer,
  type MongoServerOptions,
  startMongoServer,
} from '../../../../embedded/mongo-server/server.ts';

/** A directory of its own for one test, and how to be rid of it. */
export function temporaryDirectory(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'mongo-server-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A server on a directory of its own; `close` removes that too. */
export async function openServer(options: Partial<MongoServerOptions> = {}): Promise<MongoServer> {
  const directory = temporaryDirectory();
  const server = await startMongoServer({ directory: directory.path, ...options });
  return {
    ...server,
    close: async () => {
      await server.close();
      directory.remove();
    },
  };
}

/** The real server of MONGODB_URL where that is set, else the embedded one: for tests that hold for both. */
export async function openAnyServer(): Promise<{ url: string; isReal: boolean; close: () => Promise<void> }> {
  const url = process.env['MONGODB_URL'];
  if (url) return { url, isReal: true, close: () => Promise.resolve() };
  const server = await openServer();
  return { url: server.url, isReal: false, close: () => server.close() };
}

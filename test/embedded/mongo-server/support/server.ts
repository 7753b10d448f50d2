import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mongoose from 'mongoose';
import {
  type MongoServer,
  type MongoServerOptions,
  startMongoServer,
} from '../../../../embedded/mongo-server/server.ts';

const { MongoClient } = mongoose.mongo;

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

/**
 * A database of its own on the real server of MONGODB_URL where that is set, else on the embedded one: for tests that
 * hold for both. `close` drops it.
 */
export async function openAnyDatabase() {
  const given = process.env['MONGODB_URL'];
  const server = given ? undefined : await openServer();
  const url = given ?? server?.url ?? '';
  const name = `test-${randomBytes(6).toString('hex')}`;
  const client = await MongoClient.connect(url);
  return {
    url,
    name,
    db: client.db(name),
    close: async (): Promise<void> => {
      await client.db(name).dropDatabase();
      await client.close();
      await server?.close();
    },
  };
}

import { getHeapStatistics } from 'node:v8';
import { join } from 'node:path';
import type { Credentials } from './wire/scram.ts';

/** What the environment says, checked. */
export interface Settings {
  host: string;
  port: number;
  directory: string;
  logLevel: string;
  memoryBytes: number;
  credentials: Credentials | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/**
 * Reads MONGO_HOST (127.0.0.1), MONGO_PORT (27017; 0 is any), DATA_DIR (./var; the journal lives in its folder
 * `mongo`), MONGO_MEMORY_MB (1024, or less where node has less), MONGO_USER (ringback), MONGO_PASSWORD (none) and LOG_LEVEL (info). A wrong one is
 * named.
 */
export function readSettings(env: Environment): Settings {
  const host = given(env, 'MONGO_HOST') ?? '127.0.0.1';
  const logLevel = given(env, 'LOG_LEVEL') ?? 'info';
  if (!LEVELS.includes(logLevel))
    throw new Error(`LOG_LEVEL is ${logLevel}, and must be one of ${LEVELS.join(', ')}`);
  const password = given(env, 'MONGO_PASSWORD');
  const heapMb = Math.floor(getHeapStatistics().heap_size_limit / 1024 / 1024);
  const memoryMb = whole(env, 'MONGO_MEMORY_MB', Math.min(1024, Math.floor(heapMb * 0.6)), 16, 1_000_000);
  if (memoryMb > heapMb * 0.75) {
    throw new Error(
      `MONGO_MEMORY_MB is ${memoryMb}, but node has ${heapMb} MB: start it with --max-old-space-size`,
    );
  }
  return {
    host,
    port: whole(env, 'MONGO_PORT', 27017, 0, 65535),
    directory: join(given(env, 'DATA_DIR') ?? './var', 'mongo'),
    logLevel,
    memoryBytes: memoryMb * 1024 * 1024,
    credentials: password ? { user: given(env, 'MONGO_USER') ?? 'ringback', password } : undefined,
  };
}

function whole(env: Environment, name: string, otherwise: number, least: number, most: number): number {
  const text = given(env, name) ?? String(otherwise);
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(`${name} is ${text}, and must be a whole number from ${least} to ${most}`);
}

/** An empty setting counts as absent. */
function given(env: Environment, name: string): string | undefined {
  const text = env[name];
  return text === '' ? undefined : text;
}

import { isIP } from 'node:net';
import { STANDARD_LIMITS } from './server.ts';

/** The settings of the program, as read from its environment. */
export interface Config {
  readonly sipHost: string;
  readonly sipPort: number;
  readonly controlHost: string;
  readonly controlPort: number;
  readonly secret: string;
  readonly logLevel: string;
  readonly requestsPerSourceSecond: number;
  readonly scanners: readonly string[];
}

/** A setting that cannot be used; the message names it. */
export class WrongSetting extends Error {}

const LEVELS = new Set(['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace']);

/** Reads the settings, or throws `WrongSetting` for the first one that is wrong. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const secret = env['DRACHTIO_SECRET'] ?? '';
  if (secret === '' || secret.includes('|')) {
    throw new WrongSetting('DRACHTIO_SECRET must be set, and hold no "|"');
  }
  const logLevel = env['LOG_LEVEL'] ?? 'info';
  if (!LEVELS.has(logLevel))
    throw new WrongSetting(`LOG_LEVEL "${logLevel}" is none of ${[...LEVELS].join(', ')}`);
  return {
    sipHost: address(env, 'SIP_HOST'),
    sipPort: whole(env, 'SIP_PORT', 5060, 65_535),
    controlHost: address(env, 'DRACHTIO_HOST'),
    controlPort: whole(env, 'DRACHTIO_PORT', 9022, 65_535),
    secret,
    logLevel,
    scanners: words(env['SIP_SCANNERS'] ?? STANDARD_LIMITS.scanners.join(',')),
    requestsPerSourceSecond: whole(env, 'SIP_SOURCE_RATE', 0, 1_000_000),
  };
}

function words(list: string): string[] {
  return list
    .split(',')
    .map((word) => word.trim().toLowerCase())
    .filter((word) => word !== '');
}

function address(env: Readonly<Record<string, string | undefined>>, name: string): string {
  const value = env[name] ?? '127.0.0.1';
  if (isIP(value) === 0) throw new WrongSetting(`${name} "${value}" is no IP address`);
  return value;
}

function whole(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
  fallback: number,
  most: number,
): number {
  const value = env[name] ?? String(fallback);
  if (!/^\d{1,7}$/.test(value) || Number(value) > most) {
    throw new WrongSetting(`${name} "${value}" is no whole number from 0 to ${most}`);
  }
  return Number(value);
}

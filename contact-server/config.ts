import { resolve } from 'node:path';
import { z } from 'zod';
import { AddressList } from '../server-kit/address.ts';
import type { AskingLimits } from './app/asking-tries.ts';

const port = z.coerce.number().int().min(0).max(65_535);
const count = z.coerce.number().int().min(0);
const folder = z.string().transform((path) => resolve(path));
const list = z.string().transform((text) => text.split(',').flatMap((it) => it.trim() || []));
const addresses = z.string().transform((text, ctx) => {
  try {
    return new AddressList(text.split(',').flatMap((it) => it.trim() || []));
  } catch (error) {
    ctx.addIssue({
      code: 'custom',
      message: error instanceof Error ? error.message : 'not a list of addresses',
    });
    return z.NEVER;
  }
});
const origin = z.url({ protocol: /^https?$/ }).transform((text) => new URL(text).origin);
/** Compared letter by letter with what browsers send: what is no origin, e.g. with a path, would match nothing. */
const origins = list.superRefine((all, ctx) => {
  for (const it of all) {
    if (URL.canParse(it) && /^https?:$/.test(new URL(it).protocol) && new URL(it).origin === it) continue;
    ctx.addIssue({ code: 'custom', message: `"${it}" is no origin; write it like https://shop.example` });
  }
});

/** Every setting of the process inside, with its meaning. */
const settingsSchema = z.object({
  BIND_HOST: z.string().default('127.0.0.1'),
  /** Agents and managers. 0: any free port. */
  AGENT_PORT: port.default(8090),
  /** Where agents' browsers reach us; commands are taken from this origin only. */
  AGENT_URL: origin.optional(),
  /** Proxies whose X-Forwarded-For is believed. */
  TRUSTED_PROXIES: addresses.prefault(''),
  /** Exact origins of the company's sites: only they may carry the widget, and only they are shown. */
  SITE_ORIGINS: origins.prefault(''),
  /** What the inside dials: `wss://host:port` of each web-dmz. */
  DMZ_LINKS: list.prefault('wss://127.0.0.1:8081'),
  /** Names of web-dmz whose new callbacks are held back. */
  QUARANTINED_DMZ: list.prefault(''),
  LINK_KEY_DIR: folder.prefault('var/link/contact-server'),
  REDIS_URL: z.url(),
  MONGODB_URL: z.url(),
  MONGODB_DATABASE: z.string().default('ringback'),
  DRACHTIO_HOST: z.string().default('127.0.0.1'),
  DRACHTIO_PORT: port.default(9022),
  DRACHTIO_SECRET: z.string().min(1),
  /** Names the contact centre in every key and document. */
  CENTRE: z
    .string()
    .regex(/^[a-z0-9-]{1,30}$/)
    .default('main'),
  DATA_DIR: folder.prefault('./var'),
  PORTAL_DIR: folder.prefault('build/browser/portal'),
  /** A company to take over at start (contracts/company.schema.ts). */
  COMPANY_FILE: folder.optional(),
  /** Demo data may run here. */
  DEMO: z.enum(['0', '1']).default('0'),
  /** Asked for at /metrics. Needed when BIND_HOST is not loopback. */
  METRICS_TOKEN: z.string().min(16).optional(),
  /** Secret shared with the company's backend, which signs who its customers are (HS256). */
  IDENTITY_SECRET: z.string().min(32).optional(),
  /** Leading zero bits of the visitor's proof of work; 0 asks for none. */
  PROOF_BITS: count.max(30).default(14),
  /** A form is filled in no faster than this. */
  MIN_FILL_MS: count.default(1_500),
  /** Requests of one address, refused ones too; ten times `CALLBACKS_PER_ADDRESS_HOUR` unless set. */
  ASKS_PER_ADDRESS_HOUR: count.optional(),
  /** Requests that were accepted. */
  CALLBACKS_PER_ADDRESS_HOUR: count.default(3),
  CALLBACKS_PER_ADDRESS_DAY: count.default(10),
  CALLBACKS_PER_NUMBER_DAY: count.default(3),
  /** Failed log-ins within a quarter of an hour: at one account from one address, and from one address at any. */
  LOGIN_TRIES_PER_ACCOUNT: count.min(1).default(10),
  LOGIN_TRIES_PER_ADDRESS: count.min(1).default(50),
  /** `required`: managers may do nothing before they have set up a second factor (time-based codes). */
  MANAGER_TOTP: z.enum(['required', 'optional']).default('optional'),
  /** Called parties' hours: `usual` 08:00-21:00 of the company file, or `any`. */
  CALLING_HOURS: z.enum(['usual', 'any']).default('usual'),
  RETRY_AFTER_MS: z
    .string()
    .regex(/^\d+(,\d+)*$/)
    .default('300000,900000'),
  /** How long an agent's phone rings, and a customer's, before the call counts as not answered. */
  AGENT_RING_MS: count.min(1_000).default(25_000),
  CUSTOMER_RING_MS: count.min(1_000).default(45_000),
  /** Grace past an offer's deadline before routing is doubted and the callback enters the line anew. */
  OFFER_GRACE_MS: count.default(5_000),
  /** A call that is longer is hung up. */
  MAX_TALK_MS: count.min(60_000).default(60 * 60_000),
  /** After-call work that is longer is closed without an outcome, and the agent is not ready. */
  MAX_WRAPUP_MS: count.min(1_000).default(30 * 60_000),
  KEEP_CALLBACK_DAYS: count.min(1).default(90),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

export type Config = z.output<typeof settingsSchema> & {
  readonly retryAfterMs: readonly number[];
  readonly asking: AskingLimits;
};

/** Reads the settings, or throws an error that names each wrong one. An empty setting counts as absent. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, it]) => it !== undefined && it !== ''));
  const result = settingsSchema.safeParse(given);
  if (!result.success) {
    throw new Error(result.error.issues.map((it) => `${it.path.join('.')}: ${it.message}`).join('; '));
  }
  const { data } = result;
  const retryAfterMs = data.RETRY_AFTER_MS.split(',').map(Number);
  const config = { ...data, retryAfterMs, asking: askingLimits(data) };
  if (!isLoopback(config.BIND_HOST)) {
    if (config.METRICS_TOKEN === undefined)
      throw new Error('METRICS_TOKEN: needed when BIND_HOST is not loopback');
    if (!config.AGENT_URL?.startsWith('https:')) {
      throw new Error(
        'AGENT_URL: must begin with https when BIND_HOST is not loopback (put a TLS proxy before us)',
      );
    }
  }
  return config;
}

function askingLimits(it: z.output<typeof settingsSchema>): AskingLimits {
  return {
    asksPerAddressHour: it.ASKS_PER_ADDRESS_HOUR ?? 10 * it.CALLBACKS_PER_ADDRESS_HOUR,
    perAddressHour: it.CALLBACKS_PER_ADDRESS_HOUR,
    perAddressDay: it.CALLBACKS_PER_ADDRESS_DAY,
    perNumberDay: it.CALLBACKS_PER_NUMBER_DAY,
  };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

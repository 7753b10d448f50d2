import { resolve } from 'node:path';
import { z } from 'zod';
import { AddressList } from '../server-kit/address.ts';

const count = z.coerce.number().int().min(1);
const port = z.coerce.number().int().min(0).max(65_535);
const addresses = z.string().transform((text, ctx) => {
  try {
    return new AddressList(text.split(',').flatMap((entry) => entry.trim() || []));
  } catch (error) {
    ctx.addIssue({
      code: 'custom',
      message: error instanceof Error ? error.message : 'not a list of addresses',
    });
    return z.NEVER;
  }
});
const folder = z.string().transform((path) => resolve(path));

const settingsSchema = z.object({
  /** Where visitors, or the proxy before us, connect. Port 0: any free one. */
  BIND_HOST: z.string().default('127.0.0.1'),
  PUBLIC_PORT: port.default(8080),
  /** Where the inside connects; the same host unless set. */
  LINK_HOST: z.string().optional(),
  LINK_PORT: port.default(8081),
  /** The only addresses the inside may come from: addresses and networks, separated by commas. */
  LINK_SOURCES: addresses.prefault('127.0.0.1,::1'),
  /** Proxies whose X-Forwarded-For is believed. */
  TRUSTED_PROXIES: addresses.prefault(''),
  /** Our link certificate and key, and the authority's certificate; nothing else lies there. */
  LINK_KEY_DIR: folder.prefault('var/link/web-dmz'),
  /** The built widget. */
  WIDGET_DIR: folder.prefault('build/browser/widget'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  /** Where visitors reach us from outside. With https, browsers are told to keep to it. */
  PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** For each visitor's address, all requests and new callbacks: at once, and a minute in the long run. */
  QUOTA_REQUESTS_BURST: count.default(120),
  QUOTA_REQUESTS_PER_MINUTE: count.default(600),
  QUOTA_CALLBACKS_BURST: count.default(20),
  QUOTA_CALLBACKS_PER_MINUTE: count.default(20),
  /** Event streams and page sessions that are open at once. */
  MAX_STREAMS_PER_ADDRESS: count.default(50),
  MAX_STREAMS: count.default(5_000),
});

/** How many of something an address may have: at once, and a minute in the long run. */
export interface Quota {
  readonly burst: number;
  readonly perMinute: number;
}

/** The settings of web-dmz, checked. */
export interface Config {
  readonly public: { readonly host: string; readonly port: number };
  readonly link: { readonly host: string; readonly port: number };
  readonly linkSources: AddressList;
  readonly trustedProxies: AddressList;
  readonly linkKeyDir: string;
  readonly widgetDir: string;
  readonly logLevel: z.infer<typeof settingsSchema>['LOG_LEVEL'];
  readonly publicUrl: string | undefined;
  readonly quotas: { readonly requests: Quota; readonly callbacks: Quota };
  readonly streams: { readonly perAddress: number; readonly total: number };
}

/** Reads the settings, or throws an error that names each wrong one. An empty setting counts as absent. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  );
  const result = settingsSchema.safeParse(given);
  if (!result.success) {
    throw new Error(
      result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '),
    );
  }
  const it = result.data;
  return {
    public: { host: it.BIND_HOST, port: it.PUBLIC_PORT },
    link: { host: it.LINK_HOST ?? it.BIND_HOST, port: it.LINK_PORT },
    linkSources: it.LINK_SOURCES,
    trustedProxies: it.TRUSTED_PROXIES,
    linkKeyDir: it.LINK_KEY_DIR,
    widgetDir: it.WIDGET_DIR,
    logLevel: it.LOG_LEVEL,
    publicUrl: it.PUBLIC_URL,
    quotas: {
      requests: { burst: it.QUOTA_REQUESTS_BURST, perMinute: it.QUOTA_REQUESTS_PER_MINUTE },
      callbacks: { burst: it.QUOTA_CALLBACKS_BURST, perMinute: it.QUOTA_CALLBACKS_PER_MINUTE },
    },
    streams: { perAddress: it.MAX_STREAMS_PER_ADDRESS, total: it.MAX_STREAMS },
  };
}

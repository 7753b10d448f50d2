import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Clock } from '../server-kit/clock.ts';
import { Lifetime } from '../server-kit/lifetime.ts';
import { nameIn } from '../server-kit/link/link-identity.ts';
import type { LinkKeys } from '../server-kit/link/link-keys.ts';
import { readLinkKeys } from '../server-kit/link/link-keys.ts';
import type { LinkLimits } from '../server-kit/link/link-limits.ts';
import { linkLimits } from '../server-kit/link/link-limits.ts';
import type { Config } from './config.ts';
import { LinkHub } from './link-hub.ts';
import { LinkListener } from './link-listener.ts';
import { PublicServer } from './public-server.ts';

/** Where a started web-dmz really listens. */
export interface WebDmz {
  readonly public: { readonly host: string; readonly port: number };
  readonly link: { readonly host: string; readonly port: number };
  /** Reads the link keys again, after they were renewed. */
  renew(): void;
  close(): Promise<void>;
}

/** Starts web-dmz as `config` says; it serves as soon as this resolves, with or without a link. */
export async function startWebDmz(
  config: Config,
  clock: Clock,
  log: Logger,
  limits: LinkLimits = linkLimits,
): Promise<WebDmz> {
  const keys = keysIn(config.linkKeyDir);
  if (!existsSync(join(config.widgetDir, 'widget.js'))) {
    log.warn({ setting: 'WIDGET_DIR' }, 'there is no widget.js yet: pages will not find the widget');
  }
  const lifetime = new Lifetime(log, 5_000);
  try {
    const hub = new LinkHub({ name: nameIn(keys.cert), limits, clock, log: log.child({ name: 'link' }) });
    const listener = lifetime.keep(
      'link',
      new LinkListener({ keys, sources: config.linkSources, onLink: (...link) => hub.attach(...link), log }),
      (it) => it.close(),
    );
    const link = await listener.listen(config.link.host, config.link.port);
    lifetime.keep('links', hub, (it) => it.close());
    const server = lifetime.keep('public', new PublicServer(config, hub, clock, log), (it) => it.close());
    const open = await server.listen(config.public.host, config.public.port);
    return {
      public: placeOf(open),
      link: placeOf(link),
      renew: () => listener.renew(keysIn(config.linkKeyDir)),
      close: () => lifetime.end(),
    };
  } catch (error) {
    await lifetime.end();
    throw error;
  }
}

function keysIn(folder: string): LinkKeys {
  try {
    return readLinkKeys(folder);
  } catch (cause) {
    throw new Error(`LINK_KEY_DIR: ${cause instanceof Error ? cause.message : 'cannot be read'}`, { cause });
  }
}

function placeOf({ address, port }: AddressInfo): { host: string; port: number } {
  return { host: address, port };
}

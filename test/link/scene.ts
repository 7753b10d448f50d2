import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { WebSocket } from 'ws';
import type { DmzLinksOptions, LinkStatus } from '../../contact-server/dmz-link/dmz-links.ts';
import { DmzLinks } from '../../contact-server/dmz-link/dmz-links.ts';
import { systemClock } from '../../server-kit/clock.ts';
import { ensureAuthority } from '../../server-kit/link/authority.ts';
import type { LinkKeys } from '../../server-kit/link/link-keys.ts';
import { readLinkKeys } from '../../server-kit/link/link-keys.ts';
import type { LinkLimits } from '../../server-kit/link/link-limits.ts';
import { linkLimits } from '../../server-kit/link/link-limits.ts';
import { readConfig } from '../../web-dmz/config.ts';
import type { WebDmz } from '../../web-dmz/web-dmz.ts';
import { startWebDmz } from '../../web-dmz/web-dmz.ts';
import { DeskFake } from './desk-fake.ts';

export const silentLog = pino({ level: 'silent' });
export const SHOP = 'https://shop.example';
export const KEY = 'AAAAAAAAAAAAAAAAAAAAAA';

export const callback = {
  service: 'sales',
  phone: '+44 20 7946 0123',
  consent: { call: true, text: 'Please ring me.', version: '1' },
};

/** Folders, keys and processes of one story; `close` leaves nothing behind. */
export class Scene {
  readonly folder = mkdtempSync(join(tmpdir(), 'ringback-link-'));
  readonly desk = new DeskFake();
  readonly widgetDir = join(this.folder, 'widget');
  /** Called with the reason when the inside cannot reach a web-dmz. */
  onFailure: (reason: string) => void = () => {};
  readonly #closers: (() => unknown)[] = [];

  /** What the inside logs: a failed dial is seen there. */
  readonly #log = pino(
    { level: 'warn' },
    {
      write: (line: string) => {
        const { msg, reason } = JSON.parse(line) as { msg: string; reason?: string };
        if (msg === 'web-dmz cannot be reached') this.onFailure(reason ?? '');
      },
    },
  );

  constructor() {
    ensureAuthority(this.keyDir);
    mkdirSync(join(this.widgetDir, '1.2.3'), { recursive: true });
    writeFileSync(join(this.widgetDir, 'widget.js'), `'use strict';${'/* widget */'.repeat(200)}`);
  }

  get keyDir(): string {
    return join(this.folder, 'keys');
  }

  keys(of: string): LinkKeys {
    return readLinkKeys(join(this.keyDir, of));
  }

  /** Settings of a web-dmz on free ports. */
  settings(more: Record<string, string> = {}): Record<string, string> {
    return {
      PUBLIC_PORT: '0',
      LINK_PORT: '0',
      LINK_KEY_DIR: join(this.keyDir, 'web-dmz'),
      WIDGET_DIR: this.widgetDir,
      LOG_LEVEL: 'silent',
      ...more,
    };
  }

  async webDmz(settings: Record<string, string> = {}, limits: Partial<LinkLimits> = {}): Promise<WebDmz> {
    const config = readConfig(this.settings(settings));
    const dmz = await startWebDmz(config, systemClock, silentLog, { ...linkLimits, ...limits });
    this.onClose(() => dmz.close());
    return dmz;
  }

  /** The inside, dialling these ports. */
  links(ports: number[], more: Partial<DmzLinksOptions> = {}): DmzLinks {
    const links = new DmzLinks({
      links: ports.map((port) => `wss://127.0.0.1:${port}`),
      tls: this.keys('contact-server'),
      desk: this.desk,
      origins: [SHOP],
      clock: systemClock,
      log: this.#log,
      ...more,
    });
    this.onClose(() => links.close());
    return links;
  }

  /** A web-dmz and an inside that have found each other; the base of the visitor API. */
  async linked(settings: Record<string, string> = {}, more: Partial<DmzLinksOptions> = {}): Promise<Linked> {
    const dmz = await this.webDmz(settings);
    const links = this.links([dmz.link.port], more);
    const up = becomes(links, 'up');
    links.start();
    await up;
    return { dmz, links, url: urlOf(dmz), socketUrl: urlOf(dmz).replace('http', 'ws') };
  }

  onClose(close: () => unknown): void {
    this.#closers.push(close);
  }

  async close(): Promise<void> {
    for (const close of this.#closers.reverse()) await close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export interface Linked {
  readonly dmz: WebDmz;
  readonly links: DmzLinks;
  readonly url: string;
  readonly socketUrl: string;
}

export function urlOf(dmz: WebDmz): string {
  return `http://127.0.0.1:${dmz.public.port}`;
}

/** The next time a link becomes so. */
export function becomes(links: DmzLinks, state: LinkStatus['state']): Promise<LinkStatus> {
  return new Promise((resolve) => {
    const stop = links.onChange((status) => {
      if (status.state !== state) return;
      stop();
      resolve(status);
    });
  });
}

/** How a WebSocket ended, or why it never began. */
export function endOf(socket: WebSocket): Promise<{ code: number; reason: string } | { error: string }> {
  return new Promise((resolve) => {
    socket.once('error', (error) => resolve({ error: error.message }));
    socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
}

export function openOf(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
}

export function dial(port: number, tls: object): WebSocket {
  return new WebSocket(`wss://127.0.0.1:${port}`, tls);
}

export async function ask(url: string, more: RequestInit & { key?: string } = {}): Promise<Response> {
  const { key = KEY, ...init } = more;
  return fetch(`${url}/api/v1/callbacks`, {
    method: 'POST',
    body: JSON.stringify(callback),
    ...init,
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key, ...(init.headers as object) },
  });
}

/** The type of a problem, after its form has been looked at. */
export async function problemIn(response: Response): Promise<string> {
  const type = response.headers.get('content-type');
  const body = (await response.json()) as { type: string; status: number };
  if (!type?.startsWith('application/problem+json')) throw new Error(`not a problem: ${String(type)}`);
  if (body.status !== response.status) throw new Error('the status in the body differs');
  return body.type;
}

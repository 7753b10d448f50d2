import type { IncomingMessage, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { DeskPhone } from './desk-phone.ts';
import type { TelephoneNetwork } from './telephone-network.ts';
import { type Site, startSite } from './web.ts';

/** Whose phone the panel is for, and where it is. */
export interface PanelOptions {
  readonly port: number;
  readonly phone: DeskPhone;
  readonly network: TelephoneNetwork;
  /** Who sits at the desk. */
  readonly person: string;
}

const LAST_CALLS = 6;
/** A comment now and then shows the page that the stream is alive, and us that the page is. */
const BEAT_MS = 10_000;
const events = [
  'invite',
  'ringing',
  'established',
  'held',
  'retrieved',
  'ended',
  'registered',
  'unregistered',
] as const;

/** The page that stands in for the phone on a desk: shows its calls as they go, and works its keys. */
export function startPhonePanel(options: PanelOptions): Promise<Site> {
  const { phone, network } = options;
  const establishedAt = new Map<string, number>();
  phone.on('established', ({ callId }) => establishedAt.set(callId, Date.now()));
  phone.on('ended', ({ callId }) => establishedAt.delete(callId));
  const streams = new Set<ServerResponse>();

  const view = (): object => ({
    person: options.person,
    ...phone.state,
    calls: phone.state.calls.map((it) => ({ ...it, since: establishedAt.get(it.callId) })),
    network: network.calls.slice(-LAST_CALLS).reverse(),
    now: Date.now(),
  });
  const show = (): void => {
    const message = `data: ${JSON.stringify(view())}\n\n`;
    for (const it of streams) it.write(message);
  };
  // An event comes while the phone is still changing: it is shown as it is afterwards.
  const showSoon = (): void => void setImmediate(show);
  for (const name of events) phone.on(name, showSoon);
  network.on('call', showSoon);
  network.on('changed', showSoon);

  const listen = (response: ServerResponse): void => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.write(`retry: 500\ndata: ${JSON.stringify(view())}\n\n`);
    streams.add(response);
    const beat = setInterval(() => response.write(':\n\n'), BEAT_MS);
    response.once('close', () => {
      clearInterval(beat);
      streams.delete(response);
    });
  };

  return startSite({
    host: '127.0.0.1',
    port: options.port,
    dir: fileURLToPath(new URL('./panel', import.meta.url)),
    words: {},
    headers: {
      'Content-Security-Policy':
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; frame-ancestors 'none'",
      'X-Content-Type-Options': 'nosniff',
    },
    async api(request, response) {
      const { pathname } = new URL(request.url ?? '/', 'http://panel');
      if (!pathname.startsWith('/api/')) return false;
      if (pathname === '/api/events') {
        listen(response);
        return true;
      }
      if (request.method === 'POST') {
        if (isForeign(request)) return end(response, 403, {});
        const done = await act(phone, pathname);
        showSoon();
        if (!done) return end(response, 409, view());
      }
      return end(response, 200, view());
    },
  });
}

/** Presses a key; false when it does nothing now, as with a phone. */
async function act(phone: DeskPhone, path: string): Promise<boolean> {
  try {
    if (path === '/api/answer') await phone.answer();
    else if (path === '/api/hang-up') await phone.hangUp();
    else if (path === '/api/decline') phone.reject(603);
    else if (path === '/api/auto-answer/on') phone.autoAnswer = true;
    else if (path === '/api/auto-answer/off') phone.autoAnswer = false;
    else return false;
    return true;
  } catch {
    return false;
  }
}

/** A page of another site must not lift somebody's phone (Fetch Metadata; absent outside browsers). */
function isForeign(request: IncomingMessage): boolean {
  const site = request.headers['sec-fetch-site'];
  return site !== undefined && site !== 'same-origin';
}

function end(response: ServerResponse, status: number, body: object): true {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.end(JSON.stringify(body));
  return true;
}

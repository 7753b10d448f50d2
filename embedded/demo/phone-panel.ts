import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DeskPhone } from './desk-phone.ts';
import type { TelephoneNetwork } from './telephone-network.ts';

/** The HTTP side of the small panel that stands in for the phone on the human agent's desk. */
export function phonePanel(
  phone: DeskPhone,
  network: TelephoneNetwork,
): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  return async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://panel');
    if (!pathname.startsWith('/api/')) return false;
    if (request.method === 'POST') {
      // A page of another site must not lift somebody's phone.
      const site = request.headers['sec-fetch-site'];
      if (site !== undefined && site !== 'same-origin') return end(response, 403, {});
      await act(phone, pathname).catch(() => undefined);
    }
    return end(response, 200, { ...phone.state, network: network.calls.slice(-8).reverse() });
  };
}

async function act(phone: DeskPhone, path: string): Promise<void> {
  if (path === '/api/answer') await phone.answer();
  else if (path === '/api/hang-up') await phone.hangUp();
  else if (path === '/api/decline') phone.reject(603);
  else if (path === '/api/auto-answer/on') phone.autoAnswer = true;
  else if (path === '/api/auto-answer/off') phone.autoAnswer = false;
}

function end(response: ServerResponse, status: number, body: object): true {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.end(JSON.stringify(body));
  return true;
}

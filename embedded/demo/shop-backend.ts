import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { signIdentity } from './identity-token.ts';

const CUSTOMER = { id: 'c-silva', name: 'Maria Silva' };
const TOKEN_LIFE_S = 15 * 60;
const MAX_SIGN_INS = 1000;

/**
 * The shop's own backend: signs the demo's one customer in and out, tells the widget who it is in a signed token, and
 * takes orders that nobody packs.
 */
export function shopBackend(
  identitySecret: string,
): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  const signedIn = new Set<string>();
  return (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://shop');
    const cookie = /(?:^|;\s*)harbour=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1];
    switch (`${request.method ?? ''} ${pathname}`) {
      case 'GET /api/me':
        if (cookie === undefined || !signedIn.has(cookie)) return done(response, 204);
        return done(response, 200, {
          name: CUSTOMER.name,
          token: signIdentity(identitySecret, CUSTOMER.id, TOKEN_LIFE_S),
          refreshS: TOKEN_LIFE_S / 2,
        });
      case 'POST /api/sign-in': {
        if (isForeign(request)) return done(response, 403);
        const fresh = randomBytes(18).toString('base64url');
        signedIn.add(fresh);
        for (const oldest of signedIn) {
          if (signedIn.size <= MAX_SIGN_INS) break;
          signedIn.delete(oldest);
        }
        response.setHeader('Set-Cookie', `harbour=${fresh}; Path=/; HttpOnly; SameSite=Strict`);
        return done(response, 204);
      }
      case 'POST /api/sign-out':
        if (isForeign(request)) return done(response, 403);
        if (cookie !== undefined) signedIn.delete(cookie);
        response.setHeader('Set-Cookie', 'harbour=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0');
        return done(response, 204);
      case 'POST /checkout/':
        request.resume(); // what was typed is of no interest
        response.setHeader('Location', '/checkout/thank-you/');
        return done(response, 303);
      default:
        return Promise.resolve(false);
    }
  };
}

/** Pages of other sites must not sign anybody in here (Fetch Metadata; absent outside browsers). */
function isForeign(request: IncomingMessage): boolean {
  const site = request.headers['sec-fetch-site'];
  return site !== undefined && site !== 'same-origin';
}

function done(response: ServerResponse, status: number, body?: object): Promise<true> {
  response.writeHead(status, {
    'Cache-Control': 'no-store',
    ...(body && { 'Content-Type': 'application/json' }),
  });
  response.end(body && JSON.stringify(body));
  return Promise.resolve(true);
}

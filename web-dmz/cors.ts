import type { Middleware } from 'koa';
import { ProblemError } from '../server-kit/problem.ts';

const METHODS = 'GET, POST, PATCH, DELETE';
const HEADERS = 'Authorization, Content-Type, Idempotency-Key, Last-Event-ID';

/**
 * Lets the company's own pages in and no others (the Fetch standard's CORS protocol). A request without an Origin comes
 * from no page of another site, and passes; it has no rights beyond its token.
 */
export function allowOrigins(origins: () => ReadonlySet<string>): Middleware {
  return async (ctx, next) => {
    ctx.vary('Origin');
    const { origin } = ctx.headers;
    if (origin !== undefined) {
      // Until the first link is up nobody has told us whose pages to let in: no refusal, come again.
      if (origins().size === 0) throw new ProblemError('unavailable', { retryAfterS: 2 });
      if (!origins().has(origin)) throw new ProblemError('wrong-origin');
      ctx.set('Access-Control-Allow-Origin', origin);
      ctx.set('Access-Control-Expose-Headers', 'Retry-After, Location');
    }
    if (ctx.method !== 'OPTIONS') {
      await next();
      return;
    }
    ctx.set('Access-Control-Allow-Methods', METHODS);
    ctx.set('Access-Control-Allow-Headers', HEADERS);
    ctx.set('Access-Control-Max-Age', '600');
    ctx.status = 204;
  };
}

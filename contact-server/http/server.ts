import Koa from 'koa';
import Router from 'koa-router';
import type { Logger } from 'pino';
import type { BoardView } from '../../contracts/agent.ts';
import { type AddressList, clientAddress } from '../../server-kit/address.ts';
import { answerProblems } from '../../server-kit/problem.ts';
import { agentRoutes, type RouteParts } from './agent-routes.ts';
import { sameOrigin } from './auth.ts';
import { healthRoutes } from './health.ts';
import { openApi } from './openapi.ts';
import { portal } from './portal.ts';

export interface ServerParts extends RouteParts {
  readonly services: () => Promise<BoardView['services']>;
  readonly metricsToken: string | undefined;
  readonly portalDir: string;
  readonly siteOrigins: readonly string[];
  readonly trustedProxies: AddressList;
  readonly log: Logger;
}

/** The web server of agents and managers: portal, commands, events, and its own description. */
export function agentServer(parts: ServerParts): Koa {
  const app = new Koa();
  app.use(async (ctx, next) => {
    ctx.request.ip = clientAddress(
      ctx.req.socket.remoteAddress ?? '',
      ctx.get('X-Forwarded-For') || undefined,
      parts.trustedProxies,
    );
    ctx.set({
      'X-Content-Type-Options': 'nosniff',
      'X-Frame-Options': 'DENY',
      'Referrer-Policy': 'same-origin',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Resource-Policy': 'same-origin',
    });
    if (parts.auth.origin.startsWith('https:')) ctx.set('Strict-Transport-Security', 'max-age=31536000');
    if (ctx.path.startsWith('/api/')) ctx.set('Cache-Control', 'no-store');
    await next();
  });
  app.use(answerProblems(parts.log));
  app.use(healthRoutes(parts).routes());
  app.use(sameOrigin(parts.auth));
  const description = new Router();
  description.get('/api/v1/openapi.json', (ctx) => {
    ctx.set('ETag', `"${parts.version}"`);
    ctx.body = openApi(parts.version, parts.auth.origin);
  });
  app.use(description.routes());
  const routes = agentRoutes(parts);
  app.use(routes.routes());
  app.use(routes.allowedMethods());
  app.use(portal({ dir: parts.portalDir, siteOrigins: parts.siteOrigins }));
  app.on('error', (err: NodeJS.ErrnoException) => {
    // A reader that went away is no error of ours.
    if (err.code !== 'ECONNRESET' && err.code !== 'EPIPE' && err.code !== 'ERR_STREAM_PREMATURE_CLOSE') {
      parts.log.warn({ err }, 'http');
    }
  });
  return app;
}

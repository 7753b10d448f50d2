import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import Router from 'koa-router';
import type { Logger } from 'pino';
import type { Clock } from '../server-kit/clock.ts';
import { answerProblems } from '../server-kit/problem.ts';
import type { Config } from './config.ts';
import { ConnectionPlaces } from './connection-places.ts';
import { allowOrigins } from './cors.ts';
import { EventStreams } from './event-streams.ts';
import { Gate } from './gate.ts';
import type { LinkHub } from './link-hub.ts';
import { PageSessions } from './page-sessions.ts';
import { securityHeaders } from './security-headers.ts';
import { visitorRoutes } from './visitor-routes.ts';
import { WidgetFiles } from './widget-files.ts';
import { widgetRoutes } from './widget-routes.ts';

/** A slow sender does not hold a socket longer than this: until the header is whole, and all of the request. */
const HEADER_MS = 5_000;
const REQUEST_MS = 15_000;
/** So often it is looked whose time is over. */
const LOOK_MS = 1_000;
/** Beside the streams, so many connections of any kind are taken at once: in total, and of one address. */
const SHORT_CONNECTIONS = { total: 5_000, perAddress: 150 };
/** An answer that is not out by then is lost when we close. */
const GRACE_MS = 1_500;

/** What visitors reach: the widget, the visitor API, the page sessions. */
export class PublicServer {
  readonly #server: Server;
  readonly #sessions: PageSessions;
  readonly #streams: EventStreams;
  readonly #clock: Clock;

  constructor(config: Config, hub: LinkHub, clock: Clock, log: Logger) {
    const gate = new Gate(config, clock);
    this.#clock = clock;
    this.#streams = new EventStreams(hub, gate, clock);
    const app = new Koa();
    const allow = allowOrigins(() => hub.origins);
    app.use(securityHeaders(config.publicUrl));
    app.use(answerProblems(log));
    app.use(healthRoutes(hub).routes());
    app.use(widgetRoutes(new WidgetFiles(config.widgetDir)).routes());
    app.use(async (ctx, next) => {
      if (ctx.path.startsWith('/api/')) await allow(ctx, next);
      else await next();
    });
    const visitors = visitorRoutes(hub, gate, this.#streams);
    app.use(visitors.routes());
    app.use(visitors.allowedMethods());
    app.on('error', (err: unknown) => log.error({ err }, 'request failed'));
    this.#sessions = new PageSessions(hub, gate, clock, log);
    this.#server = createServer(
      {
        requestTimeout: REQUEST_MS,
        headersTimeout: HEADER_MS,
        connectionsCheckingInterval: LOOK_MS,
        keepAliveTimeout: 65_000,
      },
      app.callback(),
    );
    const { total, perAddress } = config.streams;
    const places = {
      total: total + SHORT_CONNECTIONS.total,
      perAddress: perAddress + SHORT_CONNECTIONS.perAddress,
    };
    new ConnectionPlaces(places, config.trustedProxies).watch(this.#server);
    this.#server.on('upgrade', (request, socket, head) => this.#sessions.upgrade(request, socket, head));
  }

  async listen(host: string, port: number): Promise<AddressInfo> {
    this.#server.listen(port, host);
    await once(this.#server, 'listening');
    return this.#server.address() as AddressInfo;
  }

  /** Lets answers that are on their way out go, for a moment; event streams and page sessions are told to come back. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#streams.close();
    this.#sessions.close();
    const cancel = this.#clock.after(GRACE_MS, () => {
      this.#sessions.terminate();
      this.#server.closeAllConnections();
    });
    await closed;
    cancel();
  }
}

function healthRoutes(hub: LinkHub): Router {
  const router = new Router();
  router.get('/healthz', (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    ctx.body = { alive: true };
  });
  router.get('/readyz', (ctx) => {
    const { connections } = hub;
    const isUp = connections > 0;
    ctx.set('Cache-Control', 'no-store');
    ctx.status = isUp ? 200 : 503;
    ctx.body = { ready: isUp, dependencies: { link: { state: isUp ? 'up' : 'down', connections } } };
  });
  return router;
}

import { timingSafeEqual } from 'node:crypto';
import type { Context } from 'koa';
import Router from 'koa-router';
import { Gauge, Registry } from 'prom-client';
import type { BoardView } from '../../contracts/agent.ts';
import { ProblemError } from '../../server-kit/problem.ts';
import type { Board } from '../app/board.ts';

interface Parts {
  readonly services: () => Promise<BoardView['services']>;
  readonly board: Board;
  /** Asked for off loopback. */
  readonly metricsToken: string | undefined;
}

/** Alive, ready and measured: `/healthz`, `/readyz`, `/metrics`. */
export function healthRoutes(parts: Parts): Router {
  const router = new Router();
  router.get('/healthz', (ctx) => {
    ctx.body = { status: 'ok' };
  });
  router.get('/readyz', async (ctx) => {
    const services = await parts.services();
    const ready = Object.values(services).every((it) => it.up);
    ctx.status = ready ? 200 : 503;
    // What is wrong inside is told on this machine only.
    const shown = isHere(ctx)
      ? services
      : Object.fromEntries(Object.entries(services).map(([name, { up }]) => [name, { up }]));
    ctx.body = { status: ready ? 'ready' : 'not-ready', services: shown };
  });
  router.get('/metrics', async (ctx) => {
    const { metricsToken } = parts;
    const may = metricsToken === undefined ? isHere(ctx) : tokenIs(ctx.get('Authorization'), metricsToken);
    if (!may) {
      throw new ProblemError('wrong-token');
    }
    const registry = await measured(parts);
    ctx.type = registry.contentType;
    ctx.body = await registry.metrics();
  });
  return router;
}

/** Asked on this machine, and by nobody through a proxy on it. */
function isHere(ctx: Context): boolean {
  const proxied = ['X-Forwarded-For', 'Forwarded', 'Via'].some((name) => ctx.get(name) !== '');
  return ctx.ip === '127.0.0.1' && !proxied;
}

function tokenIs(header: string, token: string): boolean {
  const given = Buffer.from(header);
  const right = Buffer.from(`Bearer ${token}`);
  return given.length === right.length && timingSafeEqual(given, right);
}

async function measured(parts: Parts): Promise<Registry> {
  const registry = new Registry();
  const view = await parts.board.look();
  const figure = new Gauge({
    name: 'ringback_figure',
    help: 'Figures of the board',
    labelNames: ['id'],
    registers: [registry],
  });
  for (const it of view.figures) if (it.value !== undefined) figure.set({ id: it.id }, it.value);
  const up = new Gauge({
    name: 'ringback_up',
    help: 'What we depend on',
    labelNames: ['service'],
    registers: [registry],
  });
  for (const [service, it] of Object.entries(view.services)) up.set({ service }, it.up ? 1 : 0);
  const agents = new Gauge({
    name: 'ringback_agents',
    help: 'Agents by state',
    labelNames: ['state'],
    registers: [registry],
  });
  for (const it of view.agents) agents.inc({ state: it.state });
  const memory = new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory',
    registers: [registry],
  });
  memory.set(process.memoryUsage.rss());
  return registry;
}

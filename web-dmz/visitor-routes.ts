import type { Context } from 'koa';
import Router from 'koa-router';
import type { LinkOp, LinkVisitor } from '../contracts/link.schema.ts';
import { callbackMoveSchema, callbackRequestSchema } from '../contracts/visitor.schema.ts';
import { readJson } from '../server-kit/read-json.ts';
import type { EventStreams } from './event-streams.ts';
import type { Gate } from './gate.ts';
import type { LinkReply } from './link-connection.ts';
import type { LinkHub } from './link-hub.ts';
import { availabilityOf, callbackOf, keyOf, limitBody, sendReply, tokenOf } from './visitor-request.ts';

const MAX_BODY_BYTES = 32 * 1024;

interface Asked {
  readonly token?: string;
  readonly key?: string;
  readonly params?: Record<string, string>;
  readonly body?: unknown;
}

/** What the first middleware of the visitor API leaves for the routes. */
interface VisitorState {
  visitor: LinkVisitor;
}

/** The visitor API: each route checks the form and leaves the rest to the inside. */
export function visitorRoutes(hub: LinkHub, gate: Gate, streams: EventStreams): Router<VisitorState> {
  const router = new Router<VisitorState>({ prefix: '/api/v1' });

  const relay = async (ctx: Context, op: LinkOp, asked: Asked): Promise<LinkReply> => {
    const { visitor } = ctx.state as VisitorState;
    const reply = await hub.ask({ op, visitor, ...asked });
    sendReply(ctx, reply);
    return reply;
  };

  router.use(async (ctx, next) => {
    ctx.set('Cache-Control', 'no-store');
    ctx.state.visitor = gate.admit(ctx.req);
    limitBody(ctx, MAX_BODY_BYTES);
    await next();
  });

  router.get('/services', async (ctx) => {
    await relay(ctx, 'services.list', {});
  });

  router.get('/availability', async (ctx) => {
    await relay(ctx, 'availability.read', { params: availabilityOf(ctx) });
  });

  router.post('/callbacks', async (ctx) => {
    const key = keyOf(ctx);
    const body = await readJson(ctx, callbackRequestSchema, MAX_BODY_BYTES);
    gate.admitCallback(ctx.state.visitor);
    const reply = await relay(ctx, 'callback.create', { key, body });
    const id = reply.status === 201 ? (reply.body as { id?: unknown } | undefined)?.id : undefined;
    if (typeof id === 'string') ctx.set('Location', `/api/v1/callbacks/${encodeURIComponent(id)}`);
  });

  router.get('/callbacks/:id', async (ctx) => {
    await relay(ctx, 'callback.read', { token: tokenOf(ctx), params: { id: callbackOf(ctx) } });
  });

  router.delete('/callbacks/:id', async (ctx) => {
    await relay(ctx, 'callback.cancel', { token: tokenOf(ctx), params: { id: callbackOf(ctx) } });
  });

  router.patch('/callbacks/:id', async (ctx) => {
    const asked = { token: tokenOf(ctx), params: { id: callbackOf(ctx) } };
    const body = await readJson(ctx, callbackMoveSchema, MAX_BODY_BYTES);
    await relay(ctx, 'callback.move', { ...asked, body });
  });

  router.get('/callbacks/:id/events', (ctx) => streams.answer(ctx, ctx.state.visitor));

  return router;
}

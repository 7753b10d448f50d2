import type { Context } from 'koa';
import { z } from 'zod';
import { idempotencyKeySchema } from '../contracts/visitor.schema.ts';
import { issueInWords } from '../server-kit/plain-issues.ts';
import { ProblemError } from '../server-kit/problem.ts';
import type { LinkReply } from './link-connection.ts';

const callbackIdSchema = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
const querySchema = z.object({
  service: z.string().min(1).max(64),
  timezone: z.string().min(1).max(64).optional(),
});

/** The bearer token (RFC 6750 2.1); without one nothing about a callback is told. */
export function tokenOf(ctx: Context): string {
  const token = /^Bearer ([A-Za-z0-9._~+/=-]{1,200})$/i.exec(ctx.get('Authorization'))?.[1];
  if (token !== undefined) return token;
  ctx.set('WWW-Authenticate', 'Bearer');
  throw new ProblemError('wrong-token');
}

/** The Idempotency-Key, without which a repeated request could ring twice. */
export function keyOf(ctx: Context): string {
  const key = idempotencyKeySchema.safeParse(ctx.get('Idempotency-Key'));
  if (key.success) return key.data;
  const message = 'Send 128 random bits as 22 to 64 letters, digits, - and _.';
  throw new ProblemError('invalid-request', { errors: [{ path: '/headers/idempotency-key', message }] });
}

/** The callback's id in the path. */
export function callbackOf(ctx: Context & { params: Record<string, string> }): string {
  const id = callbackIdSchema.safeParse(ctx.params['id']);
  if (!id.success) throw new ProblemError('not-found');
  return id.data;
}

/** What GET /availability may be asked for. */
export function availabilityOf(ctx: Context): Record<string, string> {
  const query = querySchema.safeParse(ctx.query, { error: issueInWords });
  if (query.success) {
    const { service, timezone } = query.data;
    return { service, ...(timezone === undefined ? {} : { timezone }) };
  }
  throw new ProblemError('invalid-request', {
    errors: query.error.issues.map(({ path, message }) => ({ path: `/query/${path.join('/')}`, message })),
  });
}

/** Refuses a body by its announced length: what is too long is not read first. */
export function limitBody(ctx: Context, maxBytes: number): void {
  if (Number(ctx.get('Content-Length')) > maxBytes) throw new ProblemError('too-large');
}

/** Sends the visitor what the inside answered. */
export function sendReply(ctx: Context, reply: LinkReply): void {
  ctx.body = reply.body ?? null;
  ctx.status = reply.status;
  if (reply.retryAfterS !== undefined) ctx.set('Retry-After', String(reply.retryAfterS));
  if (reply.body === undefined) return;
  ctx.type = reply.status >= 400 ? 'application/problem+json' : 'application/json';
}

import type { Context } from 'koa';
import type { z } from 'zod';
import { issueInWords } from './plain-issues.ts';
import { ProblemError } from './problem.ts';

const MAX_BYTES = 32 * 1024;

/** The request's body, in the shape the schema describes, or a problem that names each wrong field. */
export async function readJson<T>(ctx: Context, schema: z.ZodType<T>, maxBytes = MAX_BYTES): Promise<T> {
  if (ctx.is('json', '+json') === false) throw new ProblemError('wrong-type');
  return checked(parse(await text(ctx, maxBytes)), schema);
}

/** `value` in the shape the schema describes, or a problem that names each wrong field. */
export function checked<T>(value: unknown, schema: z.ZodType<T>): T {
  const result = schema.safeParse(value, { error: issueInWords });
  if (result.success) return result.data;
  throw new ProblemError('invalid-request', {
    errors: result.error.issues.map((issue) => ({
      path: `/${issue.path.join('/')}`,
      message: issue.message,
    })),
  });
}

async function text(ctx: Context, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Who sends too much is still answered: the connection is not thrown away with the rest.
  const body = ctx.req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) throw new ProblemError('too-large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new ProblemError('invalid-request', { cause, detail: 'The body is not JSON.' });
  }
}

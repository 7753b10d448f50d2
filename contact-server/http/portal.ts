import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import type { Middleware, Next } from 'koa';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.map': 'application/json',
};

interface Options {
  /** The built portal. */
  readonly dir: string;
  /** What the page frame may show. */
  readonly siteOrigins: readonly string[];
}

/** Serves the portal: its page with a nonce and never from a cache, its files for ever under their hashed names. */
export function portal(options: Options): Middleware {
  return async (ctx, next) => {
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') return pass(next);
    if (ctx.path.startsWith('/api/')) return pass(next);
    if (ctx.path === '/' || ctx.path === '/index.html') {
      const nonce = randomBytes(16).toString('base64');
      const page = await readFile(join(options.dir, 'index.html'), 'utf8').catch(() => undefined);
      if (page === undefined) return pass(next);
      ctx.set('Content-Security-Policy', policy(nonce, options.siteOrigins));
      ctx.set('Cache-Control', 'no-store');
      ctx.type = 'text/html; charset=utf-8';
      ctx.body = page.replaceAll('__NONCE__', nonce);
      return;
    }
    const name = normalize(ctx.path).replace(/^[/\\]+/, '');
    if (name.startsWith('..') || name.includes('/')) return pass(next);
    const file = join(options.dir, name);
    const found = await stat(file).catch(() => undefined);
    const type = types[extname(name)];
    if (!found?.isFile() || type === undefined) return pass(next);
    ctx.set('Cache-Control', 'public, max-age=31536000, immutable');
    ctx.type = type;
    ctx.length = found.size;
    ctx.body = createReadStream(file);
  };
}

/** Koa's type of next gives any. */
async function pass(next: Next): Promise<void> {
  await next();
}

function policy(nonce: string, siteOrigins: readonly string[]): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' 'strict-dynamic'`,
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    `frame-src ${siteOrigins.join(' ') || "'none'"}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

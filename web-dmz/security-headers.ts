import type { Middleware } from 'koa';

/** What every answer tells a browser: nothing here is a page, is framed, is guessed at, or leaks where it was asked from. */
export function securityHeaders(publicUrl: string | undefined): Middleware {
  const isSecure = publicUrl?.startsWith('https:') ?? false;
  return async (ctx, next) => {
    ctx.set('X-Content-Type-Options', 'nosniff');
    ctx.set('X-Frame-Options', 'DENY');
    ctx.set('Referrer-Policy', 'no-referrer');
    ctx.set('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'");
    ctx.set('Cross-Origin-Resource-Policy', 'same-origin');
    if (isSecure) ctx.set('Strict-Transport-Security', 'max-age=31536000');
    await next();
  };
}

import type { Context } from 'koa';
import Router from 'koa-router';
import type { WidgetFiles } from './widget-files.ts';

const SHORT = 'public, max-age=300, stale-while-revalidate=3600';
const FOREVER = 'public, max-age=31536000, immutable';

/**
 * The program that runs on the company's pages: `/widget.js` is the convenient address, `/widget/<version>/…` never
 * changes and may be pinned with the hashes of `/widget/manifest.json` (Subresource Integrity).
 */
export function widgetRoutes(files: WidgetFiles): Router {
  const router = new Router();

  const send = async (ctx: Context, path: string, caching: string): Promise<void> => {
    const file = await files.find(path);
    if (!file) return;
    ctx.status = 200;
    ctx.set({
      'Content-Type': file.type,
      'Cache-Control': caching,
      ETag: file.etag,
      'Access-Control-Allow-Origin': '*',
      'Cross-Origin-Resource-Policy': 'cross-origin',
    });
    ctx.vary('Accept-Encoding');
    if (ctx.fresh) {
      ctx.status = 304;
    } else if (file.zipped && ctx.acceptsEncodings('gzip', 'identity') === 'gzip') {
      ctx.set('Content-Encoding', 'gzip');
      ctx.body = file.zipped;
    } else {
      ctx.body = file.bytes;
    }
    if (ctx.status !== 304) ctx.type = file.type;
  };

  router.get('/widget.js', (ctx) => send(ctx, 'widget.js', SHORT));
  router.get('/widget/manifest.json', (ctx) => send(ctx, 'manifest.json', SHORT));
  router.get(/^\/widget\/([^/]+\/.+)$/, (ctx) => send(ctx, ctx.path.slice('/widget/'.length), FOREVER));
  return router;
}

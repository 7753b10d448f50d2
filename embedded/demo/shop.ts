import { fileURLToPath } from 'node:url';
import { shopBackend } from './shop-backend.ts';
import { type Site, startSite } from './web.ts';

/** Where the shop is, and whose widget it carries. */
export interface ShopOptions {
  readonly port: number;
  /** web-dmz, as browsers reach it. */
  readonly publicUrl: string;
  /** The portal, which may show the shop's pages in a frame. */
  readonly agentUrl: string;
  /** Shared with the contact centre, which thereby believes us who our customers are. */
  readonly identitySecret: string;
  /** More attributes of the widget's line, for tests. */
  readonly widgetOptions?: string;
}

/** Harbour Outfitters: the shop of the demo company, under a policy as strict as a careful company would have it. */
export function startShop(options: ShopOptions): Promise<Site> {
  const widget = new URL(options.publicUrl).origin;
  return startSite({
    host: '127.0.0.1',
    port: options.port,
    dir: fileURLToPath(new URL('./shop', import.meta.url)),
    words: { WIDGET: `${widget}/widget.js`, WIDGET_OPTIONS: options.widgetOptions ?? '' },
    headers: {
      'Content-Security-Policy': [
        "default-src 'none'",
        "img-src 'self' data:",
        "style-src 'self'",
        // What the widget needs stands in its README; the rest is the shop's own.
        `script-src 'self' ${widget}`,
        `connect-src 'self' ${widget} ${widget.replace(/^http/, 'ws')}`,
        "base-uri 'none'",
        "form-action 'self'",
        `frame-ancestors 'self' ${options.agentUrl}`,
        "require-trusted-types-for 'script'",
        'trusted-types ringback',
      ].join('; '),
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'same-origin',
    },
    api: shopBackend(options.identitySecret),
  });
}

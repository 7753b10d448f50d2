import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

export interface SiteOptions {
  readonly host: string;
  readonly port: number;
  readonly dir: string;
  /** `{{NAME}}` in pages and scripts becomes its value. */
  readonly words: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  /** Answers before files do; false when the request is not its own. */
  readonly api?: (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;
}

/** A small static site of the demo: folders have an index page, unknown pages are a 404 page. */
export async function startSite(options: SiteOptions): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      response.writeHead(500).end(error instanceof Error ? error.message : 'failed');
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return { port: (server.address() as AddressInfo).port, close: () => close(server) };
}

async function answer(
  options: SiteOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (await options.api?.(request, response)) return;
  const path = normalize(new URL(request.url ?? '/', 'http://site').pathname);
  const wanted = extname(path) === '' ? join(path, 'index.html') : path;
  const type = types[extname(wanted)];
  const found =
    type === undefined ? undefined : await readFile(join(options.dir, wanted)).catch(() => undefined);
  const body = found ?? (await readFile(join(options.dir, '404.html')).catch(() => Buffer.from('Not found')));
  response.writeHead(found ? 200 : 404, {
    ...options.headers,
    'Content-Type': found && type !== undefined ? type : 'text/html; charset=utf-8',
    'Cache-Control': 'no-cache',
  });
  response.end(filled(body.toString('utf8'), options.words));
}

function filled(text: string, words: Readonly<Record<string, string>>): string {
  return text.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => words[name] ?? whole);
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

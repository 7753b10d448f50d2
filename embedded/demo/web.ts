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

/** What a small site of the demo consists of. */
export interface SiteOptions {
  readonly host: string;
  readonly port: number;
  readonly dir: string;
  /** `{{NAME}}` in pages becomes its value. */
  readonly words: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  /** Answers before files do; false when the request is not its own. */
  readonly api?: (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;
}

/** A site that is up. */
export interface Site {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * A small site of files: folders have an index page, unknown addresses the 404 page. A page that begins with
 * `<!-- page title="…" … -->` is put into `layout.html`, where the named things are words too; `{{> file}}` puts a file in.
 */
export async function startSite(options: SiteOptions): Promise<Site> {
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
  const found = type === undefined ? undefined : await textOf(options, wanted);
  const text = found ?? (await textOf(options, '404.html')) ?? 'Not found';
  const isPage = found === undefined || type?.startsWith('text/html') === true;
  response.writeHead(found === undefined ? 404 : 200, {
    ...options.headers,
    'Content-Type': isPage ? types['.html'] : type,
    'Cache-Control': 'no-cache',
  });
  if (request.method === 'HEAD') response.end();
  else response.end(isPage ? await pageOf(options, text, path) : text);
}

async function pageOf(options: SiteOptions, text: string, path: string): Promise<string> {
  const head = /^<!-- page (.*?) -->\s*/s.exec(text);
  const layout = head ? await textOf(options, 'layout.html') : undefined;
  const said = [...(head?.[1] ?? '').matchAll(/(\w+)="([^"]*)"/g)].map((it): [string, string] => [
    it[1] ?? '',
    it[2] ?? '',
  ]);
  const words: Record<string, string> = {
    ...options.words,
    ...Object.fromEntries(said),
    main: head ? text.slice(head[0].length) : '',
  };
  const whole = (layout ?? text).replace(/\{\{main\}\}/, () => words['main'] ?? '');
  const files = await Promise.all(
    [...whole.matchAll(/\{\{> ([\w/.-]+)\}\}/g)].map(async (it) => [
      it[1],
      await textOf(options, it[1] ?? ''),
    ]),
  );
  const parts = new Map(files as [string, string | undefined][]);
  return whole
    .replace(/\{\{> ([\w/.-]+)\}\}/g, (_, name: string) => parts.get(name)?.trim() ?? '')
    .replace(/\{\{current (\S+)\}\}/g, (_, section: string) =>
      path.startsWith(section) ? 'aria-current="page"' : '',
    )
    .replace(/\{\{(\w+)\}\}/g, (unknown, name: string) => words[name] ?? unknown);
}

function textOf(options: SiteOptions, path: string): Promise<string | undefined> {
  return readFile(join(options.dir, path), 'utf8').catch(() => undefined);
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { WebSocketServer, type WebSocket } from 'ws';
import { readLinkKeys } from '../../server-kit/link/link-keys.ts';

/**
 * The floor's web server in the DMZ: the hops of web-dmz with nothing on them. A POST goes over the link and its
 * answer comes back; what one WebSocket says, the inside sends to all others.
 */
const keys = readLinkKeys(process.env['LINK_KEY_DIR'] ?? '');
const waiting = new Map<number, (body: string) => void>();
const visitors = new Map<number, WebSocket>();
let link: WebSocket | undefined;
let count = 0;

interface Frame {
  readonly id: number;
  readonly body: string;
  readonly to?: number;
}

const tls = createTlsServer({ ...keys, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' });
new WebSocketServer({ server: tls, perMessageDeflate: false }).on('connection', (socket) => {
  link = socket;
  socket.on('message', (data: Buffer) => {
    const frame = JSON.parse(data.toString('utf8')) as Frame;
    if (frame.to !== undefined) {
      visitors.get(frame.to)?.send(frame.body);
      return;
    }
    waiting.get(frame.id)?.(frame.body);
    waiting.delete(frame.id);
  });
});

const app = new Koa();
app.use(async (ctx) => {
  const chunks: Buffer[] = [];
  for await (const chunk of ctx.req as AsyncIterable<Buffer>) chunks.push(chunk);
  const id = ++count;
  const answer = new Promise<string>((resolve) => waiting.set(id, resolve));
  link?.send(JSON.stringify({ id, t: 'request', body: Buffer.concat(chunks).toString('utf8') }));
  ctx.status = 201;
  ctx.type = 'application/json';
  ctx.body = await answer;
});
const http = createServer(app.callback());
new WebSocketServer({ server: http, perMessageDeflate: false }).on('connection', (socket) => {
  const id = ++count;
  visitors.set(id, socket);
  link?.send(JSON.stringify({ id, t: 'open' }));
  socket.on('message', (data: Buffer) =>
    link?.send(JSON.stringify({ id, t: 'data', body: data.toString('utf8') })),
  );
  socket.on('close', () => visitors.delete(id));
});

tls.listen(0, '127.0.0.1', () => {
  http.listen(0, '127.0.0.1', () => {
    const port = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;
    process.stdout.write(`${JSON.stringify({ ready: true, port: port(http), linkPort: port(tls) })}\n`);
  });
});

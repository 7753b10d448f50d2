import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Redis } from 'ioredis';
import { createConnection } from 'mongoose';
import { WebSocket } from 'ws';
import { readLinkKeys } from '../../server-kit/link/link-keys.ts';

/**
 * The floor's server inside: for a request, one durable insert, one Redis script, one event to whoever listens, and
 * the answer; a WebSocket's message is sent on to all others.
 */
const env = process.env;
const connection = await createConnection(env['MONGODB_URL'] ?? '', { dbName: 'bench' }).asPromise();
const docs = connection.collection<{ at: number; body: string }>('accepted');
const redis = new Redis(env['REDIS_URL'] ?? '');
const script = "redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2]) return redis.call('ZCARD', KEYS[1])";
const sha = (await redis.script('LOAD', script)) as string;
const listeners = new Set<ServerResponse>();
const visitors = new Set<number>();

const link = new WebSocket(`wss://127.0.0.1:${env['FLOOR_LINK_PORT'] ?? ''}`, {
  ...readLinkKeys(env['LINK_KEY_DIR'] ?? ''),
  perMessageDeflate: false,
});
link.on('message', (data: Buffer) => {
  const frame = JSON.parse(data.toString('utf8')) as { id: number; t: string; body: string };
  if (frame.t === 'open') visitors.add(frame.id);
  else if (frame.t === 'data') {
    for (const to of visitors)
      if (to !== frame.id) link.send(JSON.stringify({ id: frame.id, to, body: frame.body }));
  } else void accept(frame);
});

async function accept(frame: { id: number; body: string }): Promise<void> {
  const at = Date.now();
  const { insertedId } = await docs.insertOne({ at, body: frame.body }, { writeConcern: { w: 'majority' } });
  await redis.evalsha(sha, 1, '{bench}:line', at, insertedId.toHexString());
  const event = JSON.stringify({ id: insertedId.toHexString(), body: frame.body });
  for (const it of listeners) it.write(`data: ${event}\n\n`);
  link.send(JSON.stringify({ id: frame.id, body: event }));
}

const events = createServer((request, response) => {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  response.write(': here\n\n');
  listeners.add(response);
  request.on('close', () => listeners.delete(response));
});
link.on('open', () => {
  events.listen(0, '127.0.0.1', () => {
    process.stdout.write(
      `${JSON.stringify({ ready: true, port: (events.address() as AddressInfo).port })}\n`,
    );
  });
});

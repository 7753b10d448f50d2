import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * A port that is free now, for TCP and for UDP. It lies below those that systems hand out to clients, or somebody's
 * connection might take it before the program it is meant for has started.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 1_000; tries++) {
    const port = randomInt(10_000, 32_000);
    if (await isFree(port)) return port;
  }
  throw new Error('no port between 10000 and 32000 is free on this machine');
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const socket = createSocket('udp4');
  try {
    const both = Promise.all([once(server, 'listening'), once(socket, 'listening')]);
    server.listen(port, '127.0.0.1');
    socket.bind(port, '127.0.0.1');
    await both;
    return true;
  } catch {
    return false;
  } finally {
    await Promise.all([closed(server), closed(socket)]);
  }
}

function closed(it: { close(done: () => void): unknown }): Promise<void> {
  return new Promise((resolve) => {
    try {
      it.close(resolve);
    } catch {
      resolve(); // it never listened
    }
  });
}

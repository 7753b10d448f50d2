import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { AddressList } from '../../server-kit/address.ts';
import { ConnectionPlaces } from '../../web-dmz/connection-places.ts';
import { Scene } from '../link/scene.ts';

/** Connections that never finish a header, and which of them are still open. */
class Flood {
  readonly sockets: Socket[] = [];

  /** `from`: one of the addresses of this machine. */
  async open(port: number, count: number, from = '127.0.0.1'): Promise<void> {
    for (let n = 0; n < count; n += 1) {
      const socket = connect({ port, host: '127.0.0.1', localAddress: from });
      socket.on('error', () => {});
      this.sockets.push(socket);
      await once(socket, 'connect');
      socket.write('GET /healthz HTTP/1.1\r\nX-Slow:');
    }
  }

  get isOpen(): readonly boolean[] {
    return this.sockets.map((it) => !it.destroyed);
  }

  close(): void {
    for (const it of this.sockets) it.destroy();
  }
}

describe('One address opens many connections and says nothing', () => {
  const flood = new Flood();
  let scene: Scene | undefined;
  let server: Server | undefined;
  afterEach(async () => {
    flood.close();
    flood.sockets.length = 0;
    server?.close();
    server?.closeAllConnections();
    server = undefined;
    await scene?.close();
    scene = undefined;
  });

  /** With three places for each address and five for all; `hold` keeps a request in work. */
  const listening = async (proxies: readonly string[] = []): Promise<number> => {
    server = createServer((request, response) => {
      if (request.url !== '/hold') response.end('well');
      else response.write('holding');
    });
    new ConnectionPlaces({ perAddress: 3, total: 5 }, new AddressList(proxies)).watch(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const says = async (port: number, path: string, from: string): Promise<Socket> => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from });
    socket.on('error', () => {});
    flood.sockets.push(socket);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await Promise.race([once(socket, 'data'), once(socket, 'close')]);
    return socket;
  };
  const closed = async (...sockets: (Socket | undefined)[]): Promise<void> => {
    for (const it of sockets) if (it && !it.closed) await once(it, 'close');
  };

  it('and is served all the same, as everybody is, with no more than its share [SC7]', async () => {
    scene = new Scene();
    const dmz = await scene.webDmz({ MAX_STREAMS_PER_ADDRESS: '1' });
    const { port } = dmz.public;
    await flood.open(port, 300);
    assert.equal((await fetch(`http://127.0.0.1:${String(port)}/healthz`)).status, 200);
    const health = await says(port, '/healthz', '127.0.0.2');
    assert.ok(!health.destroyed, 'another address');
    await closed(...flood.sockets.slice(0, 300 - 151));
    assert.ok(flood.isOpen.filter(Boolean).length <= 152);
  });

  it('and is let go in some seconds, though nobody needs the place [SC7]', async function () {
    this.timeout(12_000);
    scene = new Scene();
    const dmz = await scene.webDmz();
    await flood.open(dmz.public.port, 1);
    const [socket] = flood.sockets;
    const [answer] = (await once(socket ?? assert.fail(), 'data')) as [Buffer];
    assert.match(answer.toString(), /^HTTP\/1.1 408 /);
    await closed(socket);
  });

  it('and loses the oldest of its own, not those of others, and none that is being answered [SC7]', async () => {
    const port = await listening();
    const held = await says(port, '/hold', '127.0.0.1');
    await flood.open(port, 1, '127.0.0.2');
    await flood.open(port, 4);
    const [, other, first, second, third, fourth] = flood.sockets;
    await closed(first, second);
    assert.ok([held, other, third, fourth].every((it) => it && !it.destroyed));
    const idle = await says(port, '/', '127.0.0.1');
    await closed(third);
    assert.ok(!idle.destroyed, 'who asks finds a place');
  });

  it('and of many addresses, too: whoever waits longest makes room for who asks [SC7]', async () => {
    const port = await listening();
    for (const n of [2, 3, 4, 5, 6]) await flood.open(port, 1, `127.0.0.${String(n)}`);
    const asks = await says(port, '/hold', '127.0.0.7');
    assert.ok(!asks.destroyed);
    await closed(flood.sockets[0]);
    assert.deepEqual(flood.isOpen, [false, true, true, true, true, true]);
    for (const n of [2, 3, 4, 5]) await says(port, '/hold', `127.0.0.${String(n + 20)}`);
    const late = await says(port, '/hold', '127.0.0.8');
    await closed(late);
    assert.equal(late.bytesRead, 0, 'all are being answered');
  });

  it('or is a proxy of ours, behind which many ask: only the total counts', async () => {
    const port = await listening(['127.0.0.1']);
    await flood.open(port, 5);
    const others = await says(port, '/', '127.0.0.2');
    await closed(others);
    assert.deepEqual(flood.isOpen, [true, true, true, true, true, false]);
  });
});

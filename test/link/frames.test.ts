import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import type { FrameFault } from '../../server-kit/link/link-channel.ts';
import { fromDmzFrameLimit, toDmzFrameLimit } from '../../server-kit/link/link-limits.ts';
import { Mailbox } from '../support/mailbox.ts';
import type { Linked } from './scene.ts';
import { Scene, SHOP, becomes, dial, endOf, openOf } from './scene.ts';

type Json = Record<string, unknown>;
const now = (): number => Date.now();
const request = { t: 'request', id: 'request-1', op: 'services.list', visitor: { ip: '192.0.2.1' } };
const insideHello = {
  t: 'hello',
  version: 1,
  node: 'contact-server',
  site: { origins: [SHOP] },
};
const dmzHello = { t: 'hello', version: 1, node: 'web-dmz' };

/** What a peer that has gone wrong sends after its hello, and what it is told. Each is `[what, frames, fault]`. */
const faults = (good: Json, hello: Json): [string, () => unknown[], FrameFault][] => [
  [
    'a frame again',
    () => [
      { n: 2, at: now(), ...good },
      { n: 2, at: now(), ...good },
    ],
    'repeat',
  ],
  ['an old number', () => [{ n: 1, at: now(), ...good }], 'repeat'],
  ['a frame after a missing one', () => [{ n: 3, at: now(), ...good }], 'gap'],
  ['a frame of a minute ago', () => [{ n: 2, at: now() - 61_000, ...good }], 'stale'],
  ['a frame of the future', () => [{ n: 2, at: now() + 61_000, ...good }], 'stale'],
  ['a frame of a kind nobody knows', () => [{ n: 2, at: now(), t: 'callback.list' }], 'unknown'],
  ['a frame with more in it than agreed', () => [{ n: 2, at: now(), ...good, also: 1 }], 'unknown'],
  ['a frame without a number', () => [{ at: now(), ...good }], 'unknown'],
  ['text that is no JSON', () => ['{"n":2,'], 'unknown'],
  ['bytes', () => [Buffer.from(JSON.stringify({ n: 2, at: now(), ...good }))], 'unknown'],
  ['a second hello', () => [{ n: 2, at: now(), ...hello }], 'order'],
];

function say(socket: WebSocket, frames: unknown[]): void {
  for (const frame of frames) {
    socket.send(Buffer.isBuffer(frame) || typeof frame === 'string' ? frame : JSON.stringify(frame));
  }
}

describe('A taken-over web-dmz sends the inside what it should not', () => {
  let scene: Scene;
  let port: number;
  const arrivals = new Mailbox<WebSocket>();
  before(async () => {
    scene = new Scene();
    const server = createServer({ ...scene.keys('web-dmz'), requestCert: true });
    const sockets = new WebSocketServer({ server });
    sockets.on('connection', (socket) => arrivals.put(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
    scene.onClose(() => server.close());
  });
  after(() => scene.close());

  const meets = async (what: () => unknown[], fault: FrameFault): Promise<void> => {
    const links = scene.links([port], { connections: 1 });
    const up = becomes(links, 'up');
    links.start();
    const socket = await arrivals.next();
    say(socket, [{ n: 1, at: now(), ...dmzHello }]);
    await up;
    const [down, end] = [becomes(links, 'down'), endOf(socket)];
    say(socket, what());
    assert.deepEqual(await end, { code: 1008, reason: fault });
    const { lastError, refused } = await down;
    assert.deepEqual(
      { lastError, refused },
      { lastError: `frame refused: ${fault}`, refused: { [fault]: 1 } },
    );
    const upAgain = becomes(links, 'up');
    say(await arrivals.next(), [{ n: 1, at: now(), ...dmzHello }]);
    await upAgain;
    links.close();
  };

  const badVisitor = { ...request, visitor: { ip: '192.0.2.1', admin: true } };
  const cases = [
    ...faults({ t: 'pong' }, dmzHello),
    [
      'an operation it may not ask for',
      () => [{ n: 2, at: now(), ...request, op: 'agents.list' }],
      'unknown',
    ],
    ['a visitor with something added', () => [{ n: 2, at: now(), ...badVisitor }], 'unknown'],
  ] as [string, () => unknown[], FrameFault][];
  for (const [what, frames, fault] of cases) {
    it(`is cut off for ${what} (${fault}), is counted, and may come again [SD4]`, () => meets(frames, fault));
  }

  it('is cut off for a hello under another name than its certificate has', async () => {
    const links = scene.links([port], { connections: 1 });
    links.start();
    const socket = await arrivals.next();
    const end = endOf(socket);
    say(socket, [{ n: 1, at: now(), ...dmzHello, node: 'web-dmz-2' }]);
    assert.deepEqual(await end, { code: 1008, reason: 'name' });
    assert.equal(links.status()[0]?.state, 'down');
    links.close();
  });

  it('is cut off for a frame larger than any of its own, which is not even read', async () => {
    const links = scene.links([port], { connections: 1 });
    const up = becomes(links, 'up');
    links.start();
    const socket = await arrivals.next();
    say(socket, [{ n: 1, at: now(), ...dmzHello }]);
    await up;
    const down = becomes(links, 'down');
    say(socket, [{ n: 2, at: now(), t: 'pong', pad: 'x'.repeat(fromDmzFrameLimit) }]);
    assert.deepEqual((await down).refused, { oversize: 1 });
    links.close();
  });

  it('asks nothing of the desk with any of it', () => assert.equal(scene.desk.calls, 0));
});

describe('Something with the key of the inside sends web-dmz what it should not', () => {
  let scene: Scene;
  let linked: Linked;
  before(async () => {
    scene = new Scene();
    linked = await scene.linked();
    scene.desk.rule = () => ({ status: 200, body: [] });
  });
  after(() => scene.close());

  const meets = async (what: () => unknown[], greeting: Json[] = [insideHello]): Promise<unknown> => {
    const socket = dial(linked.dmz.link.port, scene.keys('contact-server'));
    await openOf(socket);
    const end = endOf(socket);
    say(
      socket,
      greeting.map((hello) => ({ n: 1, at: now(), ...hello })),
    );
    say(socket, what());
    return end;
  };

  for (const [what, frames, fault] of faults({ t: 'ping' }, insideHello)) {
    it(`is cut off for ${what} (${fault}) [SD4]`, async () => {
      assert.deepEqual(await meets(frames), { code: 1008, reason: fault });
    });
  }

  it('is cut off for a frame larger than any of ours [SD4]', async () => {
    const end = await meets(() => [{ n: 2, at: now(), t: 'ping', pad: 'x'.repeat(toDmzFrameLimit) }]);
    assert.deepEqual(end, { code: 1009, reason: '' });
  });

  it('is cut off when it does not begin with a hello, or speaks another version', async () => {
    assert.deepEqual(await meets(() => [{ n: 1, at: now(), t: 'ping' }], []), {
      code: 1008,
      reason: 'order',
    });
    assert.deepEqual(await meets(() => [], [{ ...insideHello, version: 2 }]), {
      code: 1008,
      reason: 'version',
    });
  });

  it('does not disturb the visitors on other connections', async () => {
    assert.equal(linked.links.status()[0]?.connections, 2);
    const response = await fetch(`${linked.url}/api/v1/services`);
    assert.equal(response.status, 200);
  });
});

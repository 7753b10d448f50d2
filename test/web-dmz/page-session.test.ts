import assert from 'node:assert/strict';
import type { ClientOptions } from 'ws';
import { WebSocket } from 'ws';
import { ProblemError } from '../../server-kit/problem.ts';
import { Mailbox } from '../support/mailbox.ts';
import type { Linked } from '../link/scene.ts';
import { SHOP, Scene, becomes, endOf, openOf } from '../link/scene.ts';

const hello = { type: 'hello', tab: 'tab-00001', url: `${SHOP}/`, seq: 0 };

describe('The widget opens a page session', () => {
  let scene: Scene;
  let linked: Linked;
  beforeEach(async () => {
    scene = new Scene();
    linked = await scene.linked({ MAX_STREAMS_PER_ADDRESS: '3' }, { connections: 1 });
  });
  afterEach(() => scene.close());

  const connect = (options: ClientOptions = {}, path = '/api/v1/session') => {
    const socket = new WebSocket(linked.socketUrl + path, { origin: SHOP, ...options });
    const heard = new Mailbox<string>();
    socket.on('message', (data: Buffer) => heard.put(data.toString()));
    scene.onClose(() => socket.terminate());
    return { socket, heard };
  };
  const join = async (options?: ClientOptions) => {
    const { socket, heard } = connect(options);
    await openOf(socket);
    return { socket, heard, desk: await scene.desk.opened.next() };
  };

  it('speaks and hears through the link, in order', async () => {
    const { socket, heard, desk } = await join();
    assert.equal(desk.op, 'page.session');
    assert.equal(desk.stream.ask.visitor.origin, SHOP);
    assert.equal(desk.stream.ask.visitor.ip, '127.0.0.1');
    socket.send(JSON.stringify(hello));
    assert.deepEqual(JSON.parse(await desk.heard.next()), hello);
    for (let n = 1; n <= 50; n += 1)
      desk.stream.send(JSON.stringify({ type: 'go', n, url: SHOP, by: 'agent' }));
    for (let n = 1; n <= 50; n += 1) assert.equal((JSON.parse(await heard.next()) as { n: number }).n, n);
    for (let seq = 1; seq <= 50; seq += 1) {
      socket.send(JSON.stringify({ type: 'navigated', seq, url: `${SHOP}/${seq}`, how: 'history' }));
    }
    for (let seq = 1; seq <= 50; seq += 1) {
      assert.equal((JSON.parse(await desk.heard.next()) as { seq: number }).seq, seq);
    }
  });

  it('may speak at once: nothing said before the desk listens is lost', async () => {
    const { socket } = connect();
    socket.once('open', () => socket.send(JSON.stringify(hello)));
    const { heard } = await scene.desk.opened.next();
    assert.deepEqual(JSON.parse(await heard.next()), hello);
  });

  it('is ended by either side with a normal close', async () => {
    const first = await join();
    const end = endOf(first.socket);
    first.desk.stream.close('left');
    assert.deepEqual(await end, { code: 1000, reason: 'left' });
    const second = await join();
    second.socket.close();
    assert.equal(await second.desk.closed, 'the visitor left');
  });

  it('is closed with 1013 when the link is lost, and finds the next one', async () => {
    const { socket, desk } = await join();
    const end = endOf(socket);
    linked.links.close();
    assert.deepEqual(await end, { code: 1013, reason: 'the link was lost' });
    assert.equal(await desk.closed, 'the link was lost');
    const refused = await endOf(connect().socket);
    assert.deepEqual(refused, { error: 'Unexpected server response: 503' });
    const links = scene.links([linked.dmz.link.port]);
    const up = becomes(links, 'up');
    links.start();
    await up;
    await join();
  });

  it('is closed with 1008 and the name of the problem when the desk refuses it', async () => {
    scene.desk.refusal = new ProblemError('not-permitted');
    assert.deepEqual(await endOf(connect().socket), { code: 1008, reason: 'not-permitted' });
    scene.desk.refusal = new ProblemError('unavailable');
    assert.deepEqual(await endOf(connect().socket), { code: 1013, reason: 'unavailable' });
  });

  it('is refused from another origin, from none, and elsewhere', async () => {
    const refused = async (options: ClientOptions, path?: string) => endOf(connect(options, path).socket);
    const answer = (status: number) => ({ error: `Unexpected server response: ${status}` });
    assert.deepEqual(await refused({ origin: 'https://evil.example' }), answer(403));
    assert.deepEqual(await endOf(new WebSocket(`${linked.socketUrl}/api/v1/session`)), answer(403));
    assert.deepEqual(await refused({}, '/api/v1/events'), answer(404));
    assert.deepEqual(scene.desk.opened.unread, []);
  });

  it('gets only so many sessions from one address', async () => {
    for (let i = 0; i < 3; i += 1) await join();
    assert.deepEqual(await endOf(connect().socket), { error: 'Unexpected server response: 429' });
  });

  it('is told that a message is none of ours, which goes no further, and is closed for the tenth', async () => {
    const { socket, heard, desk } = await join();
    const end = endOf(socket);
    const wrong = ['{', '[]', 'null', '{"type":"admin"}', JSON.stringify({ ...hello, role: 'manager' })];
    for (const text of [...wrong, ...wrong]) socket.send(text);
    for (let i = 0; i < 10; i += 1) {
      assert.equal((JSON.parse(await heard.next()) as { problem: string }).problem, 'invalid-request');
    }
    assert.deepEqual(await end, { code: 1008, reason: 'invalid-request' });
    await desk.closed;
    assert.deepEqual(desk.heard.unread, []);
  });

  it('is closed for more than 64 kB at once, and for a flood', async () => {
    const large = await join();
    const tooLarge = endOf(large.socket);
    large.socket.send('x'.repeat(65 * 1024));
    assert.deepEqual(await tooLarge, { code: 1009, reason: '' });
    const flood = await join();
    const tooMany = endOf(flood.socket);
    for (let i = 0; i < 1_000; i += 1) flood.socket.send('{"type":"focused"}');
    assert.deepEqual(await tooMany, { code: 1008, reason: 'too-many' });
  });

  it('who does not read is closed, and holds up nobody', async () => {
    const slow = await join();
    slow.socket.pause();
    const brisk = await join();
    const end = { hasCome: false };
    void slow.desk.closed.then(() => (end.hasCome = true));
    for (let i = 0; !end.hasCome; i += 1) {
      assert.ok(i < 500, 'the slow session was never closed');
      slow.desk.stream.send('x'.repeat(200_000));
      brisk.desk.stream.send(String(i));
      assert.equal(await brisk.heard.next(), String(i));
    }
    assert.equal(await slow.desk.closed, 'too slow');
  });
});

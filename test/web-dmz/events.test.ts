import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { ProblemError } from '../../server-kit/problem.ts';
import type { Linked } from '../link/scene.ts';
import { SHOP, Scene, becomes, problemIn } from '../link/scene.ts';
import { EventReader } from './event-reader.ts';

const TOKEN = { Authorization: 'Bearer token-1' };

describe('A visitor follows their callback', () => {
  let scene: Scene;
  let linked: Linked;
  beforeEach(async () => {
    scene = new Scene();
    linked = await scene.linked({}, { connections: 1 });
  });
  afterEach(() => scene.close());
  const follow = (headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${linked.url}/api/v1/callbacks/callback-1/events`, { headers: { ...TOKEN, ...headers } });

  it('gets each event with its id, in order, until the inside is done', async () => {
    const response = await follow({ Origin: SHOP });
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/);
    assert.equal(response.headers.get('cache-control'), 'no-store');
    assert.equal(response.headers.get('access-control-allow-origin'), SHOP);
    const { op, stream } = await scene.desk.opened.next();
    assert.equal(op, 'callback.events');
    assert.deepEqual(
      [stream.ask.token, stream.ask.params, stream.ask.node],
      ['token-1', { id: 'callback-1' }, 'web-dmz'],
    );
    const reader = new EventReader(response);
    for (let i = 1; i <= 100; i += 1) {
      assert.ok(stream.send(JSON.stringify({ revision: i }), { event: 'callback.changed', id: `1-${i}` }));
    }
    for (let i = 1; i <= 100; i += 1) {
      const data = `{"revision":${i}}`;
      assert.deepEqual(await reader.next(), { event: 'callback.changed', id: `1-${i}`, data });
    }
    stream.close();
    assert.equal(await reader.next(), undefined);
    assert.equal(stream.send('late'), false);
  });

  it('cannot be sent a line that is not data', async () => {
    const reader = new EventReader(await follow());
    const { stream } = await scene.desk.opened.next();
    stream.send('one\ntwo\r\nid: 9\revent: x', { event: 'a\nid: 7', id: 'b\r\ndata: c' });
    assert.deepEqual(await reader.next(), {
      event: 'aid: 7',
      id: 'bdata: c',
      data: 'one\ntwo\nid: 9\nevent: x',
    });
  });

  it('resumes where they were: Last-Event-ID reaches the desk', async () => {
    await follow({ 'Last-Event-ID': '1-57' });
    assert.equal((await scene.desk.opened.next()).stream.lastEventId, '1-57');
  });

  it('is refused under the status of the refusal, before any stream begins', async () => {
    scene.desk.refusal = new ProblemError('wrong-token');
    const response = await follow();
    assert.equal(response.status, 401);
    assert.equal(await problemIn(response), 'wrong-token');
    assert.equal((await fetch(`${linked.url}/api/v1/callbacks/c1/events`)).status, 401);
    assert.equal(
      (await fetch(`${linked.url}/api/v1/callbacks/c1/events`, { method: 'HEAD', headers: TOKEN })).status,
      404,
    );
  });

  it('leaves, and the desk hears it', async () => {
    const reader = new EventReader(await follow());
    const { closed } = await scene.desk.opened.next();
    await reader.leave();
    assert.equal(await closed, 'the visitor left');
  });

  it('loses the stream with the link, comes back, and both sides know', async () => {
    const reader = new EventReader(await follow());
    const { stream, closed } = await scene.desk.opened.next();
    stream.send('1', { id: '1-1' });
    assert.deepEqual(await reader.next(), { id: '1-1', data: '1' });
    const down = becomes(linked.links, 'down');
    linked.links.close();
    await down;
    assert.equal(await closed, 'the link was lost');
    assert.equal(await reader.next(), undefined);
    const again = scene.links([linked.dmz.link.port]);
    const up = becomes(again, 'up');
    again.start();
    await up;
    assert.equal((await follow({ 'Last-Event-ID': '1-1' })).status, 200);
    assert.equal((await scene.desk.opened.next()).stream.lastEventId, '1-1');
  });

  it('who does not read is closed, and holds up nobody', async () => {
    const slow = connect(linked.dmz.public.port, '127.0.0.1');
    slow.on('error', () => {});
    await once(slow, 'connect');
    slow.pause();
    slow.write('GET /api/v1/callbacks/slow/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n\r\n');
    const { stream, closed } = await scene.desk.opened.next();
    const other = new EventReader(await follow());
    const brisk = await scene.desk.opened.next();
    const large = 'x'.repeat(200_000);
    const end = { hasCome: false };
    void closed.then(() => (end.hasCome = true));
    for (let i = 0; !end.hasCome; i += 1) {
      assert.ok(i < 500, 'the slow stream was never closed');
      stream.send(large);
      brisk.stream.send(String(i));
      assert.deepEqual(await other.next(), { data: String(i) });
    }
    assert.equal(await closed, 'too slow');
    assert.equal(linked.links.status()[0]?.state, 'up');
    slow.destroy();
  });

  it('is told nothing larger than the link carries: that stream ends, the link does not', async () => {
    const reader = new EventReader(await follow());
    const { stream, closed } = await scene.desk.opened.next();
    assert.equal(stream.send('x'.repeat(300_000)), false);
    assert.equal(await reader.next(), undefined);
    assert.equal(await closed, 'too slow');
    assert.equal(linked.links.status()[0]?.state, 'up');
  });
});

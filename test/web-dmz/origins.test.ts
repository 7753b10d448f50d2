import assert from 'node:assert/strict';
import { AddressList, clientAddress, normalAddress, subscriberOf } from '../../server-kit/address.ts';
import type { Linked } from '../link/scene.ts';
import { SHOP, Scene, ask, becomes, problemIn } from '../link/scene.ts';

describe('A page of another site speaks to the visitor API', () => {
  let scene: Scene;
  let linked: Linked;
  before(async () => {
    scene = new Scene();
    linked = await scene.linked();
    scene.desk.rule = () => ({ status: 200, body: {} });
  });
  after(() => scene.close());
  const preflight = (Origin: string, path = '/api/v1/callbacks'): Promise<Response> =>
    fetch(`${linked.url}${path}`, {
      method: 'OPTIONS',
      headers: {
        Origin,
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'authorization,content-type,idempotency-key',
      },
    });

  it('may, if it is a page of the company: the preflight allows the methods and headers we use', async () => {
    const { status, headers } = await preflight(SHOP);
    assert.equal(status, 204);
    assert.equal(headers.get('access-control-allow-origin'), SHOP);
    for (const name of ['Authorization', 'Idempotency-Key', 'Content-Type', 'Last-Event-ID']) {
      assert.ok(headers.get('access-control-allow-headers')?.includes(name), name);
    }
    for (const method of ['POST', 'PATCH', 'DELETE']) {
      assert.ok(headers.get('access-control-allow-methods')?.includes(method), method);
    }
    assert.equal(headers.get('access-control-allow-credentials'), null);
    const answer = await ask(linked.url, { headers: { Origin: SHOP } });
    assert.equal(answer.headers.get('access-control-allow-origin'), SHOP);
    assert.match(answer.headers.get('vary') ?? '', /Origin/);
    assert.match(answer.headers.get('access-control-expose-headers') ?? '', /Retry-After/);
  });

  for (const origin of [
    'https://evil.example',
    `${SHOP}.evil.example`,
    `${SHOP}:8443`,
    'http://shop.example',
    'null',
  ]) {
    it(`may not from ${origin}: no preflight, no answer, nothing relayed`, async () => {
      const calls = scene.desk.calls;
      const before = await preflight(origin);
      assert.equal(before.headers.get('access-control-allow-origin'), null);
      assert.equal(await problemIn(before), 'wrong-origin');
      const response = await ask(linked.url, { headers: { Origin: origin } });
      assert.equal(response.headers.get('access-control-allow-origin'), null);
      assert.match(response.headers.get('vary') ?? '', /Origin/);
      assert.equal(await problemIn(response), 'wrong-origin');
      assert.equal(scene.desk.calls, calls);
    });
  }

  it('can read our problems too, while the link is up and when it is lost', async () => {
    const headers = { Origin: SHOP };
    const wrong = await ask(linked.url, { headers, key: 'short' });
    assert.equal(wrong.headers.get('access-control-allow-origin'), SHOP);
    const nothing = await fetch(`${linked.url}/api/v1/nothing`, { headers });
    assert.equal(nothing.headers.get('access-control-allow-origin'), SHOP);
    const down = becomes(linked.links, 'down');
    linked.links.close();
    await down;
    while ((await fetch(`${linked.url}/readyz`)).ok); // until web-dmz has noticed, too
    const refused = await ask(linked.url, { headers });
    assert.equal(refused.status, 503);
    assert.equal(refused.headers.get('access-control-allow-origin'), SHOP);
  });
});

describe('A visitor says in X-Forwarded-For that they are somebody else', () => {
  const seenFrom = async (proxies: string, forwarded: string | undefined): Promise<string> => {
    const scene = new Scene();
    const { url } = await scene.linked({ TRUSTED_PROXIES: proxies });
    const response = fetch(
      `${url}/api/v1/services`,
      forwarded ? { headers: { 'X-Forwarded-For': forwarded } } : {},
    );
    const { ask: asked, answer } = await scene.desk.asked.next();
    answer({ status: 200, body: [] });
    await response;
    await scene.close();
    return asked.visitor.ip;
  };

  it('is not believed where no proxy is trusted', async () => {
    assert.equal(await seenFrom('', '203.0.113.9'), '127.0.0.1');
  });

  it('is not believed behind a trusted proxy either: the proxy wrote the last entry, and only that counts', async () => {
    assert.equal(await seenFrom('127.0.0.1', '203.0.113.9, 198.51.100.7'), '198.51.100.7');
  });

  it('is seen at the right place behind two trusted proxies', async () => {
    assert.equal(
      await seenFrom('127.0.0.1,10.0.0.0/8', '203.0.113.9, 198.51.100.7, 10.1.2.3'),
      '198.51.100.7',
    );
  });
});

describe('Addresses', () => {
  it('have one spelling', () => {
    const spellings: [string, string | undefined][] = [
      ['::ffff:192.0.2.1', '192.0.2.1'],
      ['::FFFF:C000:0201', '192.0.2.1'],
      ['::1', '127.0.0.1'],
      ['2001:DB8:0:0::1', '2001:db8::1'],
      ['fe80::1%eth0', 'fe80::1'],
      ['[2001:db8::1]:443', '2001:db8::1'],
      ['192.0.2.1:80', '192.0.2.1'],
      ['192.0.2', undefined],
      ['0x7f.1', undefined],
      ['2130706433', undefined],
      ['unknown', undefined],
      ['', undefined],
    ];
    for (const [text, normal] of spellings) assert.equal(normalAddress(text), normal, text);
  });

  it('are on a list by address or network', () => {
    const list = new AddressList(['10.0.0.0/8', '2001:db8::/32', '::1']);
    for (const text of ['10.255.0.1', '::ffff:10.1.1.1', '2001:db8:1::1', '127.0.0.1', '::1']) {
      assert.ok(list.has(text), text);
    }
    for (const text of ['11.0.0.1', '2001:db9::1', '127.0.0.2', 'nonsense', '']) {
      assert.ok(!list.has(text), text);
    }
    assert.throws(() => new AddressList(['10.0.0.0/33']), /10.0.0.0\/33/);
    assert.throws(() => new AddressList(['localhost']), /localhost/);
  });

  it('in X-Forwarded-For stop at the first that is nobody we trust, or nonsense', () => {
    const proxies = new AddressList(['10.0.0.0/8']);
    assert.equal(clientAddress('10.0.0.1', undefined, proxies), '10.0.0.1');
    assert.equal(clientAddress('::ffff:10.0.0.1', '192.0.2.1', proxies), '192.0.2.1');
    assert.equal(clientAddress('10.0.0.1', '192.0.2.1, nonsense, 10.0.0.2', proxies), '10.0.0.2');
    assert.equal(clientAddress('192.0.2.9', '10.0.0.3, 10.0.0.2', proxies), '192.0.2.9');
    assert.equal(clientAddress('10.0.0.1', `192.0.2.1${', 10.0.0.2'.repeat(500)}`, proxies), '10.0.0.2');
  });

  it('of one IPv6 subscriber count as one', () => {
    assert.equal(subscriberOf('2001:db8:1:2:aaaa::1'), subscriberOf('2001:db8:1:2:bbbb::2'));
    assert.notEqual(subscriberOf('2001:db8:1:2::1'), subscriberOf('2001:db8:1:3::1'));
    assert.equal(subscriberOf('192.0.2.1'), '192.0.2.1');
  });
});

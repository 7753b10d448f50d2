import assert from 'node:assert/strict';
import { StreamPlaces } from '../../web-dmz/stream-places.ts';
import { TokenBuckets } from '../../web-dmz/token-buckets.ts';
import { Scene, ask, problemIn } from '../link/scene.ts';

describe('One address asks too often', () => {
  let scene: Scene;
  beforeEach(() => {
    scene = new Scene();
    scene.desk.rule = () => ({ status: 201, body: {} });
  });
  afterEach(() => scene.close());
  const from = (ip: string) => ({ headers: { 'X-Forwarded-For': ip } });

  it('is told when to come back; other addresses are not held up', async () => {
    const { url } = await scene.linked({
      TRUSTED_PROXIES: '127.0.0.1',
      QUOTA_CALLBACKS_BURST: '2',
      QUOTA_CALLBACKS_PER_MINUTE: '6',
    });
    assert.equal((await ask(url, from('192.0.2.1'))).status, 201);
    assert.equal((await ask(url, from('192.0.2.1'))).status, 201);
    const refused = await ask(url, from('192.0.2.1'));
    assert.equal(refused.status, 429);
    assert.equal(refused.headers.get('retry-after'), '10');
    assert.equal(await problemIn(refused), 'too-many');
    assert.equal((await ask(url, from('192.0.2.2'))).status, 201);
    assert.equal(scene.desk.calls, 3);
  });

  it('gains nothing by changing what it says of itself, or its lower 64 bits', async () => {
    const settings = { QUOTA_REQUESTS_BURST: '1', QUOTA_REQUESTS_PER_MINUTE: '1' };
    const direct = await scene.linked(settings);
    assert.equal((await ask(direct.url, from('192.0.2.1'))).status, 201);
    assert.equal((await ask(direct.url, from('192.0.2.2'))).status, 429, 'no proxy is trusted');
    const proxied = await scene.linked({ ...settings, TRUSTED_PROXIES: '127.0.0.1' });
    assert.equal((await ask(proxied.url, from('2001:db8::1'))).status, 201);
    assert.equal((await ask(proxied.url, from('2001:db8::2'))).status, 429);
    assert.equal((await ask(proxied.url, from('2001:db8:0:1::1'))).status, 201);
  });

  it('gets only so many streams at once, and one more when one ends', async () => {
    const { url } = await scene.linked({ MAX_STREAMS_PER_ADDRESS: '2' });
    const open = (): Promise<Response> =>
      fetch(`${url}/api/v1/callbacks/c1/events`, { headers: { Authorization: 'Bearer t' } });
    assert.equal((await open()).status, 200);
    const second = await open();
    const full = await open();
    assert.equal(full.status, 429);
    assert.equal(full.headers.get('retry-after'), '10');
    await scene.desk.opened.next();
    const { closed } = await scene.desk.opened.next();
    await second.body?.cancel();
    assert.equal(await closed, 'the visitor left');
    assert.equal((await open()).status, 200);
  });
});

describe('A token bucket', () => {
  it('fills with time up to its size, and is kept for a bounded number of addresses', () => {
    let now = 0;
    const buckets = new TokenBuckets(
      { burst: 3, perMinute: 60 },
      { now: () => now, after: () => () => {} },
      2,
    );
    assert.deepEqual(
      [1, 2, 3, 4].map(() => buckets.take('a')),
      [0, 0, 0, 1],
    );
    now += 1_000;
    assert.deepEqual(
      [1, 2].map(() => buckets.take('a')),
      [0, 1],
    );
    now += 3_600_000;
    assert.deepEqual(
      [1, 2, 3, 4].map(() => buckets.take('a')),
      [0, 0, 0, 1],
    );
    assert.equal(buckets.take('b'), 0);
    assert.equal(buckets.take('a'), 1, 'still known beside b');
    buckets.take('c');
    buckets.take('d');
    assert.equal(buckets.take('a'), 0, 'forgotten for c and d');
  });

  it('says honestly how long it takes', () => {
    let now = 0;
    const buckets = new TokenBuckets({ burst: 1, perMinute: 7 }, { now: () => now, after: () => () => {} });
    buckets.take('a');
    const waitS = buckets.take('a');
    now += (waitS - 1) * 1_000;
    assert.ok(buckets.take('a') > 0);
    now += 1_000;
    assert.equal(buckets.take('a'), 0);
  });
});

describe('Places for streams', () => {
  it('are bounded in total too, and given back once', () => {
    const places = new StreamPlaces({ perAddress: 2, total: 3 });
    const first = places.take('192.0.2.1');
    assert.ok(first && places.take('192.0.2.1') && places.take('192.0.2.2'));
    assert.equal(places.take('192.0.2.3'), undefined);
    first();
    first();
    assert.ok(places.take('192.0.2.3'));
    assert.equal(places.take('192.0.2.4'), undefined);
  });
});

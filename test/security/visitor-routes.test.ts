import assert from 'node:assert/strict';
import mongoose from 'mongoose';
import type { AvailabilityView, CallbackCreated } from '../../contracts/visitor.ts';
import type { Problem } from '../../contracts/problem.ts';
import { openCentre, type TestCentre } from '../support/centre.ts';
import { newKey, type VisitorAnswer, type VisitorClient } from '../support/visitor-client.ts';
import { oddBodies, oddIds, raw, type RawAnswer } from './asking.ts';

describe('Somebody asks the visitor API for what is not theirs to ask', function () {
  this.timeout(120_000);
  let it_: TestCentre;
  let mongo: mongoose.Connection;

  const send = (
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: string | Buffer,
  ): Promise<RawAnswer> =>
    raw({
      method,
      url: `${it_.publicUrl}/api/v1${path}`,
      headers: { origin: it_.site, 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body }),
    });
  const isProblem = (answer: RawAnswer, what: string, statuses: readonly number[]): Problem => {
    assert.ok(statuses.includes(answer.status), `${what}: ${String(answer.status)} ${answer.text}`);
    assert.match(String(answer.headers['content-type']), /^application\/problem\+json/, what);
    const problem = JSON.parse(answer.text) as Problem;
    assert.equal(problem.status, answer.status);
    return problem;
  };
  const post = (
    visitor: VisitorClient,
    phone: string,
    more: object,
    key = newKey(),
  ): Promise<VisitorAnswer<CallbackCreated & Problem>> =>
    visitor.send('POST', '/callbacks', visitor.request(phone, more), { 'idempotency-key': key });

  before(async () => {
    it_ = await openCentre({
      env: { CALLBACKS_PER_ADDRESS_HOUR: '5', ASKS_PER_ADDRESS_HOUR: '6', KEEP_CALLBACK_DAYS: '14' },
    });
    const url = it_.centre.env['MONGODB_URL'] ?? '';
    mongo = await mongoose
      .createConnection(url, { dbName: it_.centre.env['MONGODB_DATABASE'] ?? '' })
      .asPromise();
  });
  after(async () => {
    await mongo.close();
    await it_.close();
  });
  afterEach(() => {
    const failures = it_.troubles.filter((it) => it.includes('request failed'));
    assert.deepEqual(failures, [], 'something nobody expected happened');
  });

  it('and hears what is wrong with an odd body, whatever it is', async () => {
    const visitor = it_.visitor('198.51.100.20');
    const { id, token } = await visitor.ask('020 7946 0120');
    const bearer = { authorization: `Bearer ${token}` };
    for (const [what, body] of Object.entries(oddBodies)) {
      const asked = await send('POST', '/callbacks', { 'idempotency-key': newKey() }, body);
      isProblem(asked, `ask with ${what}`, [400, 413]);
      const moved = await send('PATCH', `/callbacks/${id}`, bearer, body);
      isProblem(moved, `move with ${what}`, [400, 413]);
    }
    const form = await send('POST', '/callbacks', { 'content-type': 'text/plain' }, '{}');
    isProblem(form, 'as a form', [400, 415]);
    assert.equal((await visitor.look()).state, 'queued');
  });

  it('and is refused with a text that is too long, in a field that does not belong, or with a page that is none', async () => {
    const visitor = it_.visitor('198.51.100.21');
    const page = (url: string): object => ({ page: url });
    for (const more of [
      { name: 'x'.repeat(10_000) },
      { email: 'not a mail' },
      { at: 'tomorrow' },
      { admin: true },
      { consent: { call: false, text: 'x', version: '1' } },
      { consent: { call: true, text: 'x'.repeat(10_000), version: '1' } },
      page('javascript:alert(1)'),
      page('data:text/html,<script>alert(1)</script>'),
      page('file:///etc/passwd'),
      page('vbscript:x'),
      page('//evil.example'),
      page(`${it_.site}/${'x'.repeat(3_000)}`),
    ]) {
      const answer = await post(visitor, '020 7946 0121', more);
      assert.equal(answer.status, 400, JSON.stringify(more).slice(0, 80));
    }
  });

  it('and a name that is drawn otherwise than it is written is kept as it is written [SC5]', async () => {
    const asked = await post(it_.visitor('198.51.100.28'), '020 7946 0128', { name: '\u202egpj.exe\u0007' });
    assert.equal(asked.status, 201);
    const callbacks = mongo.collection<{ _id: string; callback: { wish: { name: string } } }>('callbacks');
    const kept = await callbacks.findOne({ _id: asked.body.id });
    assert.equal(kept?.callback.wish.name, 'gpj.exe');
  });

  it('and finds nothing under an odd id, with any method', async () => {
    for (const id of oddIds) {
      for (const method of ['GET', 'DELETE', 'PATCH']) {
        const headers = { authorization: `Bearer ${'A'.repeat(43)}` };
        const answer = await send(
          method,
          `/callbacks/${id}`,
          headers,
          method === 'PATCH' ? '{"at":null}' : undefined,
        );
        isProblem(answer, `${method} ${id.slice(0, 30)}`, [400, 401, 404]);
      }
    }
    for (const [method, path, status] of [
      ['PUT', '/callbacks', 405],
      ['GET', '/callbacks', 405],
      ['DELETE', '/services', 405],
      ['POST', '/availability', 405],
      ['GET', '/nothing', 404],
    ] as const) {
      isProblem(await send(method, path), `${method} ${path}`, [status]);
    }
  });

  it('from a page that is not the company’s, and is refused', async () => {
    for (const origin of ['https://evil.example', 'null', `${it_.site}.evil.example`, '']) {
      const answer = await send('POST', '/callbacks', { origin, 'idempotency-key': newKey() }, '{}');
      assert.equal(answer.status, 403, `${origin}: ${answer.text}`);
      assert.equal(answer.headers['access-control-allow-origin'], undefined);
    }
  });

  it('with the same key again: the same answer to the same request, a refusal to another [CB3]', async () => {
    const visitor = it_.visitor('198.51.100.22');
    const key = newKey();
    const first = await post(visitor, '020 7946 0122', {}, key);
    const again = await post(visitor, '020 7946 0122', {}, key);
    assert.equal(first.status, 201);
    assert.equal(again.status, 201);
    assert.equal(again.body.id, first.body.id);
    assert.equal(again.body.token, first.body.token);
    const other = await post(visitor, '020 7946 0122', { name: 'Somebody else' }, key);
    assert.equal(other.status, 422);
    assert.equal(other.body.type, 'key-reused');
    assert.ok(!JSON.stringify(other.body).includes(first.body.token));
    for (const weak of ['', 'short', 'x'.repeat(65), 'spaces are no key at all!']) {
      assert.equal((await post(visitor, '020 7946 0122', {}, weak)).status, 400);
    }
  });

  it('with the same key again and again, and comes to the limit all the same', async () => {
    const visitor = it_.visitor('198.51.100.23');
    const key = newKey();
    const statuses: number[] = [];
    for (let i = 0; i < 7; i += 1) statuses.push((await post(visitor, '020 7946 0124', {}, key)).status);
    assert.deepEqual(statuses, [201, 201, 201, 201, 201, 201, 429]);
    const other = it_.visitor('198.51.100.24');
    assert.equal((await post(other, '020 7946 0125', {})).status, 201, 'others are not held up');
  });

  it('as IPv6 neighbours of one subscriber, who count as one', async () => {
    const statuses: number[] = [];
    for (let i = 1; i <= 6; i += 1) {
      const visitor = it_.visitor(`2001:db8:7:7::${String(i)}`);
      statuses.push((await post(visitor, `020 7946 013${String(i)}`, {})).status);
    }
    assert.deepEqual(statuses, [201, 201, 201, 201, 201, 429]);
  });

  it('with a token whose callback ended a day ago', async () => {
    const visitor = it_.visitor('198.51.100.25');
    const { id } = await visitor.ask('020 7946 0126');
    const cancelled = await visitor.send('DELETE', `/callbacks/${id}`, undefined, visitor.bearer());
    assert.equal(cancelled.status, 200);
    assert.equal((await visitor.look()).state, 'cancelled');
    const callbacks = mongo.collection<{ _id: string; callback: { history: { at: number }[] } }>('callbacks');
    const doc = await callbacks.findOne({ _id: id });
    assert.ok(doc);
    const day = 24 * 3_600_000 + 1_000;
    const history = doc.callback.history.map((it) => ({ ...it, at: it.at - day }));
    await callbacks.updateOne({ _id: id }, { $set: { 'callback.history': history } });
    const late = await visitor.send<Problem>('GET', `/callbacks/${id}`, undefined, visitor.bearer());
    assert.equal(late.status, 401);
    assert.equal(late.body.type, 'wrong-token');
  });

  it('for how long a request is kept, and is told what is done', async () => {
    const visitor = it_.visitor('198.51.100.29');
    const { body } = await visitor.send<AvailabilityView>('GET', '/availability?service=sales');
    assert.equal(body.keepDays, 14);
    const { id } = await visitor.ask('020 7946 0129');
    await visitor.send('DELETE', `/callbacks/${id}`, undefined, visitor.bearer());
    const callbacks = mongo.collection<{ _id: string; endedAt: number; expireAt: Date }>('callbacks');
    const kept = await callbacks.findOne({ _id: id });
    assert.equal(kept?.expireAt.getTime(), kept && kept.endedAt + 14 * 24 * 3_600_000);
  });

  it('with a session socket that speaks nonsense, and is let go without harm to others', async () => {
    const visitor = it_.visitor('198.51.100.26');
    const good = await visitor.page({ url: `${it_.site}/` });
    await good.hears('welcome');
    for (const url of [
      'javascript:alert(1)',
      'data:text/html,x',
      'ftp://x.example/',
      `${it_.site}/${'x'.repeat(4_000)}`,
    ]) {
      const bad = await it_.visitor('198.51.100.27').page({ url });
      await bad.hears('problem');
    }
    good.say({ type: 'focused' });
    const fresh = await visitor.page({ url: `${it_.site}/tents/` });
    await fresh.hears('welcome');
  });
});

describe('A web-dmz is in quarantine', function () {
  this.timeout(60_000);

  it('and none of its callbacks is accepted, while the widget is told to try again [SD]', async () => {
    const it_ = await openCentre({ env: { QUARANTINED_DMZ: 'web-dmz' } });
    try {
      const visitor = it_.visitor('198.51.100.30');
      let services = 0;
      // The link has to be up first.
      while (services !== 200) services = (await visitor.send('GET', '/services')).status;
      const answer = await visitor.send<Problem>('POST', '/callbacks', visitor.request('020 7946 0127'), {
        'idempotency-key': newKey(),
      });
      assert.equal(answer.status, 503);
      assert.equal(answer.headers.get('retry-after'), '60');
    } finally {
      await it_.close();
    }
  });
});

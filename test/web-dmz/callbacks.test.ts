import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Linked } from '../link/scene.ts';
import { KEY, SHOP, Scene, ask, callback, problemIn, urlOf } from '../link/scene.ts';

const TOKEN = { Authorization: 'Bearer token-1' };

describe('A visitor asks web-dmz for a callback', () => {
  let scene: Scene;
  let linked: Linked;
  before(async () => {
    scene = new Scene();
    linked = await scene.linked();
  });
  after(() => scene.close());
  const get = (path: string, init?: RequestInit): Promise<Response> => fetch(`${linked.url}${path}`, init);

  it('is relayed with what they said and where they are, and gets the answer of the inside', async () => {
    const headers = { Origin: SHOP, 'User-Agent': 'Browser/1', 'Accept-Language': 'pt' };
    const response = ask(linked.url, { headers });
    const { op, ask: asked, answer } = await scene.desk.asked.next();
    assert.equal(op, 'callback.create');
    assert.deepEqual(asked, {
      visitor: { ip: '127.0.0.1', origin: SHOP, userAgent: 'Browser/1', language: 'pt' },
      node: 'web-dmz',
      key: KEY,
      params: {},
      body: callback,
    });
    answer({ status: 201, body: { id: 'callback-1', token: 'token-1', state: 'queued' } });
    const { status, headers: answered } = await response;
    assert.equal(status, 201);
    assert.equal(answered.get('location'), '/api/v1/callbacks/callback-1');
    assert.equal(answered.get('cache-control'), 'no-store');
    assert.deepEqual(await (await response).json(), { id: 'callback-1', token: 'token-1', state: 'queued' });
  });

  it('reads, moves and cancels it with the token', async () => {
    const body = { at: '2026-11-21T10:00:00Z', timezone: 'Europe/London' };
    const cases = [
      ['GET', 'callback.read', undefined],
      ['DELETE', 'callback.cancel', undefined],
      ['PATCH', 'callback.move', body],
    ] as const;
    for (const [method, op, said] of cases) {
      const response = get('/api/v1/callbacks/callback-1', {
        method,
        headers: { ...TOKEN, ...(said ? { 'Content-Type': 'application/json' } : {}) },
        ...(said ? { body: JSON.stringify(said) } : {}),
      });
      const asked = await scene.desk.asked.next();
      assert.equal(asked.op, op);
      assert.deepEqual(asked.ask.params, { id: 'callback-1' });
      assert.equal(asked.ask.token, 'token-1');
      assert.deepEqual(asked.ask.body, said);
      asked.answer({ status: 200, body: { id: 'callback-1' } });
      assert.equal((await response).status, 200);
    }
  });

  it('sees what is offered, and when somebody would be there', async () => {
    const services = get('/api/v1/services');
    (await scene.desk.asked.next()).answer({ status: 200, body: [{ id: 'sales' }] });
    assert.deepEqual(await (await services).json(), [{ id: 'sales' }]);
    const availability = get('/api/v1/availability?service=sales&debug=1');
    const { op, ask: asked, answer } = await scene.desk.asked.next();
    assert.deepEqual([op, asked.params], ['availability.read', { service: 'sales' }]);
    answer({ status: 200, body: { open: true } });
    assert.equal((await availability).status, 200);
  });

  it('is told in words when the inside refuses, with the time to come back', async () => {
    const response = ask(linked.url);
    const { answer } = await scene.desk.asked.next();
    answer({ status: 409, body: { type: 'already-open', title: 'Open', status: 409 } });
    assert.equal(await problemIn(await response), 'already-open');
  });

  const wrong: [string, RequestInit & { key?: string }, number, string][] = [
    ['a body that is no JSON', { body: '{"service":' }, 400, 'invalid-request'],
    ['no body', { body: '' }, 400, 'invalid-request'],
    ['a form that is no JSON', { headers: { 'Content-Type': 'text/plain' } }, 415, 'wrong-type'],
    ['no Idempotency-Key', { key: '' }, 400, 'invalid-request'],
    ['a short Idempotency-Key', { key: 'again' }, 400, 'invalid-request'],
    ['no consent', { body: JSON.stringify({ ...callback, consent: undefined }) }, 400, 'invalid-request'],
    [
      'a field of its own making',
      { body: JSON.stringify({ ...callback, priority: 1 }) },
      400,
      'invalid-request',
    ],
    [
      'a page that is a script',
      { body: JSON.stringify({ ...callback, page: 'javascript:1' }) },
      400,
      'invalid-request',
    ],
    [
      'a name of 40 kB',
      { body: JSON.stringify({ ...callback, name: 'x'.repeat(40_000) }) },
      413,
      'too-large',
    ],
  ];
  for (const [what, init, status, type] of wrong) {
    it(`answers ${status} to ${what}, and the inside never hears of it`, async () => {
      const calls = scene.desk.calls;
      const response = await ask(linked.url, init);
      assert.equal(response.status, status);
      assert.equal(await problemIn(response), type);
      assert.equal(scene.desk.calls, calls);
    });
  }

  it('answers 413 to a body that tells no length, as soon as it is too long', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': KEY };
      const sent = request(`${linked.url}/api/v1/callbacks`, { method: 'POST', headers }, (answer) => {
        sent.on('error', () => {}); // the server has stopped reading
        sent.destroy();
        resolve(answer.statusCode);
      });
      sent.once('error', reject);
      sent.write('x'.repeat(40_000)); // and never ends
    });
    assert.equal(status, 413);
  });

  it('is told which methods there are where it used another', async () => {
    const cases = [
      ['PUT', '/callbacks', 'POST'],
      ['GET', '/callbacks', 'POST'],
      ['POST', '/callbacks/callback-1', 'HEAD, GET, DELETE, PATCH'],
      ['DELETE', '/services', 'HEAD, GET'],
    ] as const;
    for (const [method, path, allowed] of cases) {
      const answer = await get(`/api/v1${path}`, { method });
      assert.equal(answer.status, 405, `${method} ${path}`);
      assert.equal(answer.headers.get('allow'), allowed);
      assert.equal(await problemIn(answer), 'wrong-method');
    }
    assert.equal((await get('/api/v1/nothing', { method: 'PUT' })).status, 404);
  });

  for (const [how, length] of [
    ['tells its length', { 'Content-Length': '200000' }],
    ['tells none', {}],
  ] as const) {
    it(`hears that the connection ends with a body that is too long and ${how}`, async () => {
      const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': KEY, ...length };
      const sent = request(`${linked.url}/api/v1/callbacks`, { method: 'POST', headers });
      sent.on('error', () => {}); // the server has stopped reading
      sent.write('x'.repeat(100_000));
      const [answer] = (await once(sent, 'response')) as [IncomingMessage];
      let body = '';
      for await (const chunk of answer) body += String(chunk);
      sent.destroy();
      assert.deepEqual([answer.statusCode, answer.headers.connection], [413, 'close']);
      assert.equal((JSON.parse(body) as { type: string }).type, 'too-large');
    });
  }

  it('names each wrong field', async () => {
    const response = await ask(linked.url, { body: JSON.stringify({ ...callback, service: '', phone: 1 }) });
    const { errors } = (await response.json()) as { errors: { path: string }[] };
    assert.deepEqual(
      errors.map(({ path }) => path),
      ['/service', '/phone'],
    );
  });

  it('is asked for a token, for an id that can be one, and for a service', async () => {
    const missing = await get('/api/v1/callbacks/callback-1');
    assert.equal(missing.headers.get('www-authenticate'), 'Bearer');
    assert.equal(await problemIn(missing), 'wrong-token');
    const headers = { Authorization: `Bearer ${'x'.repeat(201)}` };
    assert.equal(await problemIn(await get('/api/v1/callbacks/callback-1', { headers })), 'wrong-token');
    assert.equal(await problemIn(await get('/api/v1/callbacks/a%20b', { headers: TOKEN })), 'not-found');
    assert.equal(await problemIn(await get('/api/v1/availability')), 'invalid-request');
  });

  it('finds nothing of the agents here [SD-1] [SD1]', async () => {
    const calls = scene.desk.calls;
    const agentRoutes = [
      ['POST', '/api/v1/sessions'],
      ['GET', '/api/v1/events'],
      ['PUT', '/api/v1/me/state'],
      ['POST', '/api/v1/reservations/r1/accept'],
      ['POST', '/api/v1/calls/c1/hold'],
      ['POST', '/api/v1/registrations'],
      ['POST', '/api/v1/callbacks/c1/call'],
      ['POST', '/api/v1/pages/s1/push'],
      ['GET', '/api/v1/board'],
      ['GET', '/api/v1/openapi.json'],
      ['GET', '/openapi.json'],
      ['GET', '/metrics'],
    ];
    for (const [method, path] of agentRoutes) {
      const response = await get(path!, { method: method!, headers: TOKEN });
      assert.equal(response.status, 404, `${method} ${path}`);
      assert.equal(await problemIn(response), 'not-found');
    }
    assert.equal(scene.desk.calls, calls);
  });

  it('gets headers that keep a browser from guessing, framing and telling', async () => {
    for (const path of ['/api/v1/nothing', '/widget.js', '/healthz']) {
      const { headers } = await get(path);
      assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
      assert.match(
        headers.get('content-security-policy') ?? '',
        /default-src 'none'; frame-ancestors 'none'/,
      );
      assert.equal(headers.get('referrer-policy'), 'no-referrer');
      assert.equal(headers.get('strict-transport-security'), null);
    }
  });
});

describe('No inside has linked to web-dmz', () => {
  it('answers 503 with a time to come back, says so at /readyz, and is alive [SD6]', async () => {
    const scene = new Scene();
    const dmz = await scene.webDmz({ PUBLIC_URL: 'https://contact.example' });
    const response = await ask(urlOf(dmz));
    assert.equal(response.status, 503);
    assert.equal(response.headers.get('retry-after'), '2');
    assert.equal(response.headers.get('strict-transport-security'), 'max-age=31536000');
    assert.equal(await problemIn(response), 'unavailable');
    const stream = await fetch(`${urlOf(dmz)}/api/v1/callbacks/c1/events`, { headers: TOKEN });
    assert.equal(stream.status, 503);
    const ready = await fetch(`${urlOf(dmz)}/readyz`);
    assert.equal(ready.status, 503);
    const link = { state: 'down', connections: 0 };
    assert.deepEqual(await ready.json(), { ready: false, dependencies: { link } });
    assert.equal((await fetch(`${urlOf(dmz)}/healthz`)).status, 200);
    await scene.close();
  });
});

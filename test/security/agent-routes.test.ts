import assert from 'node:assert/strict';
import { type DescribedCommand, describedCommands } from '../../contact-server/http/described-commands.ts';
import { agentRoutes, type RouteParts } from '../../contact-server/http/agent-routes.ts';
import type { Problem } from '../../contracts/problem.ts';
import { openCentre, type TestCentre } from '../support/centre.ts';
import type { AgentClient } from '../support/agent-client.ts';
import { foreignIds, oddBodies, oddIds, raw, type RawAnswer } from './asking.ts';

const unsafe = describedCommands.filter((it) => it.method !== 'get');

describe('The description of the agent API', () => {
  it('names every route there is, and no other [AD-6] [AD6]', () => {
    const routed = agentRoutes({} as RouteParts)
      .stack.flatMap((layer) =>
        layer.methods
          .filter((it) => it !== 'HEAD')
          .map((it) => `${it.toLowerCase()} ${layer.path.replace('/api/v1', '')}`),
      )
      .map((it) => it.replaceAll(/:(\w+)/g, '{$1}'))
      .filter((it) => !it.endsWith('/{id}/') && !it.includes('('))
      .sort();
    assert.deepEqual(routed, describedCommands.map((it) => `${it.method} ${it.path}`).sort());
  });
});

describe('Somebody asks the agent API for what is not theirs to ask', function () {
  this.timeout(120_000);
  let it_: TestCentre;
  let maya: AgentClient;
  let mina: AgentClient;

  const pathOf = (it: DescribedCommand, id = 'nothing'): string => it.path.replaceAll(/\{\w+\}/g, id);
  const ask = (
    it: DescribedCommand,
    headers: Record<string, string>,
    body: string | Buffer = '{}',
    id?: string,
  ): Promise<RawAnswer> =>
    raw({
      method: it.method.toUpperCase(),
      url: `${it_.agentUrl}/api/v1${pathOf(it, id)}`,
      headers: { ...(it.body && { 'content-type': 'application/json' }), ...headers },
      ...(it.body && { body }),
    });
  const refused = (answer: RawAnswer, what: string, status: number, type: string): void => {
    assert.equal(answer.status, status, `${what}: ${answer.text}`);
    assert.equal(answer.headers['content-type'], 'application/problem+json', what);
    assert.equal((JSON.parse(answer.text) as Problem).type, type, what);
  };

  before(async () => {
    it_ = await openCentre();
    [maya, mina] = await Promise.all([it_.agent('maya'), it_.agent('mina')]);
  });
  after(() => it_.close());
  afterEach(() => {
    const failures = it_.troubles.filter((it) => it.includes('request failed'));
    assert.deepEqual(failures, [], 'something nobody expected happened inside');
  });

  it('and is asked to log in first, wherever it is', async () => {
    for (const it of describedCommands.filter((one) => one.for !== 'everybody')) {
      const nobody = await ask(it, { origin: it_.agentUrl });
      refused(nobody, it.id, 401, 'not-logged-in');
      const forged = await ask(it, { origin: it_.agentUrl, cookie: `ringback=${'A'.repeat(22)}` });
      refused(forged, it.id, 401, 'not-logged-in');
    }
  });

  it('and is told no when it is for the other role', async () => {
    const forAgents = describedCommands.filter((it) => it.for === 'agents');
    const forManagers = describedCommands.filter((it) => it.for === 'managers');
    assert.ok(forAgents.length > 4 && forManagers.length > 3);
    for (const it of forAgents) {
      refused(await ask(it, { origin: it_.agentUrl, cookie: mina.cookie }), it.id, 403, 'not-permitted');
    }
    for (const it of forManagers) {
      refused(await ask(it, { origin: it_.agentUrl, cookie: maya.cookie }), it.id, 403, 'not-permitted');
    }
  });

  it('and is refused from any page that is not the portal, cookie or not [SC1]', async () => {
    const port = new URL(it_.agentUrl).port;
    const origins = [
      'https://evil.example',
      'null',
      `${it_.agentUrl}.evil.example`,
      `http://localhost:${port}`,
    ];
    for (const it of unsafe) {
      for (const origin of origins) {
        refused(await ask(it, { origin, cookie: maya.cookie }), `${it.id} ${origin}`, 403, 'wrong-origin');
      }
      refused(await ask(it, { cookie: maya.cookie }), `${it.id} without`, 403, 'wrong-origin');
    }
  });

  it('and is refused with anything but JSON, as a form of another site would send it [SC1]', async () => {
    for (const it of unsafe.filter((one) => one.body && one.for !== 'managers')) {
      for (const type of [
        'text/plain',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
      ]) {
        const answer = await ask(it, { origin: it_.agentUrl, cookie: maya.cookie, 'content-type': type });
        refused(answer, `${it.id} ${type}`, 415, 'wrong-type');
      }
    }
  });

  it('and hears what is wrong with an odd body, whatever it is', async () => {
    for (const it of unsafe.filter((one) => one.body)) {
      const cookie = it.for === 'managers' ? mina.cookie : maya.cookie;
      for (const [what, body] of Object.entries(oddBodies)) {
        const answer = await ask(it, { origin: it_.agentUrl, cookie }, body);
        const problem = JSON.parse(answer.text) as Problem;
        assert.ok([400, 413].includes(answer.status), `${it.id} with ${what}: ${answer.text}`);
        assert.equal(problem.status, answer.status);
        assert.match(String(answer.headers['content-type']), /^application\/problem\+json/);
      }
    }
  });

  it('and finds nothing under an odd id', async () => {
    for (const it of describedCommands.filter((one) => one.path.includes('{'))) {
      const cookie = it.for === 'managers' ? mina.cookie : maya.cookie;
      for (const id of oddIds) {
        const answer = await ask(it, { origin: it_.agentUrl, cookie }, '{}', id);
        assert.equal(answer.status, 404, `${it.id} ${id.slice(0, 40)}: ${answer.text}`);
        assert.equal(answer.headers['set-cookie'], undefined);
      }
    }
  });

  it('and finds nothing under an id that is nobody’s, at once or by an event', async () => {
    const bodies: Readonly<Record<string, object>> = {
      saveNotes: { text: 'x', version: 0 },
      complete: { disposition: 'resolved' },
      moveCallback: { at: Date.now() + 3_600_000 },
      whatIf: { qualifications: [] },
      push: { url: `${it_.site}/tents/` },
      setMode: { mode: 'lead' },
    };
    for (const it of describedCommands.filter((one) => one.path.includes('{'))) {
      const client = it.for === 'managers' ? mina : maya;
      for (const id of foreignIds) {
        const answer = await client.send<{ requestId?: string; type?: string }>(
          it.method.toUpperCase(),
          pathOf(it, id),
          it.body && (bodies[it.id] ?? {}),
        );
        const { requestId } = answer.body;
        const type =
          requestId === undefined
            ? answer.body.type
            : (await client.event('command.failed', (failed) => failed.requestId === requestId)).problem;
        assert.match(type ?? '', /^(not-found|not-permitted|offer-gone|not-now)$/, `${it.id} ${id}`);
      }
    }
  });

  it('and cannot talk it into another method', async () => {
    const headers = { origin: it_.agentUrl, cookie: maya.cookie };
    for (const [method, path, status] of [
      ['PATCH', '/me/state', 405],
      ['GET', '/me/state', 405],
      ['PUT', '/board', 405],
      ['DELETE', '/callbacks/x/call', 405],
      ['PROPFIND', '/me', 405],
      ['GET', '/sessions', 405],
      ['POST', '/me', 405],
      ['GET', '/nothing', 404],
      ['POST', '/ME/STATE/x', 404],
    ] as const) {
      const url = `${it_.agentUrl}/api/v1${path}`;
      const answer = await raw({ method, url, headers: { ...headers, 'x-http-method-override': 'DELETE' } });
      refused(answer, `${method} ${path}`, status, status === 405 ? 'wrong-method' : 'not-found');
      if (status === 405) assert.ok(answer.headers['allow'], 'what may be done instead');
    }
    const head = await raw({ method: 'HEAD', url: `${it_.agentUrl}/api/v1/events`, headers });
    assert.equal(head.status, 200);
    assert.equal(head.text, '');
  });

  it('and gets nobody else’s files from the portal', async () => {
    for (const path of [
      '/../package.json',
      '/%2e%2e/package.json',
      '/..%2fpackage.json',
      '/.env',
      '/a/b',
      '//etc',
    ]) {
      const answer = await raw({ method: 'GET', url: `${it_.agentUrl}${path}` });
      assert.equal(answer.status, 404, path);
    }
  });
});

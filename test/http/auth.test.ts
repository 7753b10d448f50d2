import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { pino } from 'pino';
import type { BoardView } from '../../contracts/agent.ts';
import { setCookie } from '../../contact-server/http/auth.ts';
import { agentServer, type ServerParts } from '../../contact-server/http/server.ts';
import { openApi } from '../../contact-server/http/openapi.ts';
import { describedCommands } from '../../contact-server/http/described-commands.ts';
import { AddressList } from '../../server-kit/address.ts';
import { raw, type RawAnswer } from '../security/asking.ts';

const services: BoardView['services'] = {
  redis: { up: true },
  mongodb: { up: false, detail: 'mongodb://inside.example:27017 refused' },
  sip: { up: true },
  dmz: { up: true },
};

/** The agents' server behind a TLS proxy, with nothing behind it. */
function serverWith(more: Partial<ServerParts>): Koa {
  return agentServer({
    auth: { origin: 'https://desk.example', managerTotp: 'optional' },
    version: '9.9.9',
    siteOrigins: ['https://shop.example'],
    portalDir: 'agent-portal',
    trustedProxies: new AddressList(['127.0.0.1']),
    metricsToken: undefined,
    services: () => Promise.resolve(services),
    board: { look: () => Promise.resolve({ figures: [], agents: [], services }) },
    log: pino({ level: 'silent' }),
    ...more,
  } as unknown as ServerParts);
}

describe('The agents’ web server behind TLS', () => {
  const open: Server[] = [];
  const asked = async (app: Koa, path: string, headers: Record<string, string> = {}): Promise<RawAnswer> => {
    const server = createServer((request, response) => void app.callback()(request, response));
    open.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return raw({ method: 'GET', url: `http://127.0.0.1:${String(port)}${path}`, headers });
  };
  afterEach(() => {
    for (const it of open.splice(0)) it.close();
  });

  it('sets a cookie that binds to this host and to TLS', async () => {
    const app = new Koa();
    app.use((ctx) => {
      setCookie(ctx, { origin: 'https://desk.example', managerTotp: 'optional' }, 'token', 60_000);
      ctx.body = '';
    });
    const { headers } = await asked(app, '/');
    const cookie = String(headers['set-cookie']);
    assert.match(cookie, /^__Host-ringback=token; path=\/; .*; samesite=strict; secure; httponly$/i);
    assert.ok(!/domain=/i.test(cookie));
  });

  it('sends the portal with a nonce of its own each time, for no frame and from no cache', async () => {
    const app = serverWith({});
    const [one, other] = [await asked(app, '/'), await asked(app, '/')];
    const policies = [one, other].map((it) => String(it.headers['content-security-policy']));
    const nonces = policies.map((it) => /'nonce-([^']+)'/.exec(it)?.[1] ?? '');
    assert.equal(nonces[0]?.length, 24);
    assert.notEqual(nonces[0], nonces[1]);
    for (const [i, it] of [one, other].entries()) {
      assert.ok(it.text.includes(`nonce="${nonces[i] ?? 'none'}"`), it.text);
      assert.ok(!it.text.includes('__NONCE__'));
      assert.equal(it.headers['cache-control'], 'no-store');
      assert.equal(it.headers['x-frame-options'], 'DENY');
      assert.match(String(it.headers['strict-transport-security']), /max-age=/);
    }
    for (const rule of [
      "default-src 'none'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
      'frame-src https://shop.example',
    ])
      assert.ok(policies[0]?.includes(rule), rule);
    assert.ok(!/unsafe-(inline|eval)|\*/.test(policies[0] ?? ''));
  });

  it('tells its figures on this machine only, or for the token', async () => {
    const alone = serverWith({});
    assert.equal((await asked(alone, '/metrics')).status, 200);
    assert.equal((await asked(alone, '/metrics', { 'x-forwarded-for': '203.0.113.5' })).status, 401);
    assert.equal((await asked(alone, '/metrics', { via: '1.1 proxy' })).status, 401);
    const token = serverWith({ metricsToken: 'a token of sixteen' });
    assert.equal((await asked(token, '/metrics')).status, 401);
    assert.equal(
      (await asked(token, '/metrics', { authorization: 'Bearer a token of sixteeN' })).status,
      401,
    );
    assert.equal(
      (await asked(token, '/metrics', { authorization: 'Bearer a token of sixteen' })).status,
      200,
    );
  });

  it('tells strangers which dependency is down, but not where it is', async () => {
    const app = serverWith({});
    const here = await asked(app, '/readyz');
    assert.equal(here.status, 503);
    assert.ok(here.text.includes('inside.example'));
    const there = await asked(app, '/readyz', { 'x-forwarded-for': '203.0.113.5' });
    assert.equal(there.status, 503);
    assert.ok(there.text.includes('"mongodb":{"up":false}') && !there.text.includes('inside.example'));
  });

  it('describes its API as the running version [AD-7]', async () => {
    const answer = await asked(serverWith({}), '/api/v1/openapi.json');
    assert.equal(answer.headers['etag'], '"9.9.9"');
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.equal((JSON.parse(answer.text) as { info: { version: string } }).info.version, '9.9.9');
  });
});

describe('The OpenAPI description', () => {
  interface Operation {
    operationId: string;
    summary: string;
    parameters?: { name: string; in: string; required: boolean; schema: object }[];
    requestBody?: {
      content: Record<string, { schema: { type?: string; anyOf?: object[]; oneOf?: object[] } }>;
    };
    responses: Record<string, { description: string; content?: object }>;
  }
  const document = openApi('1.2.3', 'https://desk.example') as {
    openapi: string;
    servers: { url: string }[];
    paths: Record<string, Record<string, Operation>>;
    components: { schemas: Record<string, object>; securitySchemes: { session: { name: string } } };
    'x-events': Record<string, string>;
  };
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );

  it('has the form of OpenAPI 3.1: unique names, declared parameters, answers for every outcome', () => {
    assert.equal(document.openapi, '3.1.0');
    assert.equal(document.servers[0]?.url, 'https://desk.example/api/v1');
    assert.equal(operations.length, describedCommands.length);
    assert.equal(new Set(operations.map((it) => it.operation.operationId)).size, operations.length);
    for (const { path, method, operation } of operations) {
      assert.match(path, /^\/[a-z/{}A-Z]+$/);
      const names = [...path.matchAll(/\{(\w+)\}/g)].map((it) => it[1]);
      const declared = (operation.parameters ?? []).map((it) => it.name);
      assert.deepEqual(declared, names, operation.operationId);
      assert.ok((operation.parameters ?? []).every((it) => it.in === 'path' && it.required));
      assert.ok(operation.summary.length > 5);
      if (method === 'get') assert.equal(operation.requestBody, undefined);
      const statuses = Object.keys(operation.responses);
      assert.ok(statuses.includes('default') && statuses.some((it) => it.startsWith('2')));
      for (const it of Object.values(operation.responses)) assert.ok(it.description);
      const schema = operation.requestBody?.content['application/json']?.schema;
      if (schema)
        assert.ok(schema.type === 'object' || (schema.anyOf ?? schema.oneOf), operation.operationId);
    }
  });

  it('points at nothing that is not there', () => {
    for (const [, name = ''] of JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g))
      assert.ok(document.components.schemas[name], name);
    assert.equal(document.components.securitySchemes.session.name, '__Host-ringback');
    assert.ok(Object.keys(document['x-events']).length >= 12);
  });
});

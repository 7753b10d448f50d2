import assert from 'node:assert/strict';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { AgentClient } from '../support/agent-client.ts';
import { openCentre, type TestCentre } from '../support/centre.ts';
import type { VisitorClient } from '../support/visitor-client.ts';
import { proofFor } from './asking.ts';
import { tapPhones } from './wiretap.ts';

/** Each of them would be recognised wherever it turned up. */
const secret = {
  number: '2079460123',
  numberAsTyped: '7946 0123',
  name: 'Zebulon',
  surname: 'Quixworthy',
  mail: 'zq@mailbox.example',
  page: 'basket-of-zq',
  notes: 'wants a blue canoe',
};
const nastyName = 'Zebulon "Quixworthy"\r\nX-Evil: yes\r\n\r\n<sip:evil@evil.example>;tag=1 \u{1f9e8}\u0000';

describe('What a visitor has told', function () {
  this.timeout(120_000);
  let it_: TestCentre;
  let maya: AgentClient;
  let visitor: VisitorClient;
  let redis: Redis;
  const tap = tapPhones();
  const lines: string[] = [];
  /** What opens something: log-in cookie, callback token, page ticket, viewer ticket. */
  const tokens: string[] = [];

  const mustNotHold = (text: string, where: string): void => {
    for (const [what, value] of [
      ...Object.entries(secret),
      ...tokens.map((it) => ['a token', it] as const),
    ]) {
      const at = text.toLowerCase().indexOf(value.toLowerCase());
      assert.equal(at, -1, `${what} stands in ${where}: …${text.slice(Math.max(0, at - 300), at + 100)}…`);
    }
  };
  const allOfRedis = async (): Promise<string> => {
    const all: string[] = [];
    const ours = `{${it_.centre.env['CENTRE'] ?? ''}}*`;
    for await (const keys of redis.scanStream({ match: ours, count: 500 }) as AsyncIterable<string[]>) {
      for (const key of keys) all.push(key, JSON.stringify(await valueOf(redis, key)));
    }
    assert.ok(all.length > 10, 'there is something in Redis');
    return all.join('\n');
  };

  before(async () => {
    it_ = await openCentre({ env: { LOG_LEVEL: 'debug', PROOF_BITS: '4' } });
    redis = new Redis(it_.centre.env['REDIS_URL'] ?? '');
    // From here on every line of every process is kept, not only the latest.
    it_.troubles.push = (...more: string[]) => lines.push(...more);
    maya = await it_.readyAgent('maya');
    tokens.push(maya.cookie.split('=')[1] ?? '');
    visitor = it_.visitor('198.51.100.77');
  });
  after(async () => {
    tap.stop();
    redis.disconnect();
    await it_.close();
  });

  it('is shown to the agent, who talks with them, shares their page and writes notes', async () => {
    const url = `${it_.site}/tents/?${secret.page}=1`;
    const page = await visitor.page({ url });
    const welcome = await page.hears('welcome');
    const created = await visitor.ask('020 7946 0123', {
      name: nastyName,
      email: secret.mail,
      page: url,
      ...('ticket' in welcome && { session: welcome.ticket }),
      proof: await proofFor(visitor),
    });
    tokens.push(created.token, ...('ticket' in welcome ? [welcome.ticket] : []));
    visitor.follow();
    const offer = await maya.offer();
    assert.equal(offer.who.phone.replaceAll(' ', ''), `+44${secret.number}`);
    assert.ok(offer.who.name?.includes('Quixworthy'));
    mustNotHold(await allOfRedis(), 'Redis while it is offered');

    await maya.accept(offer);
    await page.hears('consent-asked');
    page.say({ type: 'consent', pages: true });
    const contact = await maya.contactIn('connected');
    const sessionId = contact.session?.id ?? '';
    await maya.event('contact.changed', (it) => it.session?.pages.sharing === 'on');
    const ticket = await maya.send<{ url: string }>('POST', `/pages/${sessionId}/viewer`, {});
    assert.equal(ticket.status, 200);
    tokens.push(ticket.body.url.split('ringback-viewer=')[1] ?? '');
    await maya.command(`/pages/${sessionId}/push`, { url: `${it_.site}/help/?${secret.page}` });
    await maya.send('PUT', `/contacts/${created.id}/notes`, { text: secret.notes, version: 0 });
    mustNotHold(await allOfRedis(), 'Redis while they talk');

    await maya.command(`/calls/${contact.call?.id ?? ''}/drop`);
    await maya.contactIn('wrap-up');
    await maya.complete(created.id);
    await visitor.until('completed');
    page.cut();
    // One that goes wrong, and one in the future.
    const busy = it_.visitor('198.51.100.78');
    await busy.ask('020 7946 0223', { name: secret.name, proof: await proofFor(busy) });
    const second = await maya.offer((it) => it.callbackId !== created.id);
    await maya.accept(second);
    await maya.event('call.event', (it) => it.name === 'call.failed');
    const later = it_.visitor('198.51.100.79');
    const at = new Date(Date.now() + 3_600_000).toISOString();
    await later.ask('020 7946 0199', { name: secret.surname, at, proof: await proofFor(later) });
  });

  it('stands nowhere in Redis: not in lines, streams, jobs, limits or hints [SC4]', async () => {
    mustNotHold(await allOfRedis(), 'Redis afterwards');
  });

  it('stands in no line that any of the processes has written [SC4]', () => {
    assert.ok(
      lines.some((it) => it.includes('callback moved')),
      'the servers have logged',
    );
    assert.ok(
      lines.some((it) => it.startsWith('web-dmz')),
      'so has web-dmz',
    );
    for (const line of lines) mustNotHold(line, 'a log line');
  });

  it('is in no SIP message but the number that is dialled [SC5]', () => {
    const invites = tap.heard.filter((it) => it.startsWith('INVITE'));
    assert.ok(invites.length >= 4);
    for (const message of tap.heard) {
      for (const word of [
        secret.name,
        secret.surname,
        secret.mail,
        secret.page,
        'X-Evil',
        'evil',
        '\u{1f9e8}',
      ])
        assert.ok(!message.includes(word), message);
    }
    const forPhones = invites.filter((it) => it.startsWith('INVITE sip:101@'));
    for (const message of forPhones) {
      assert.ok(!message.includes(secret.number), 'the agent’s phone is not told the number');
      assert.match(message, /^From: "?Sales"? ?</im);
    }
  });

  it('is not told to whoever asks with a foreign, wrong or missing token', async () => {
    const stranger = it_.visitor('198.51.100.99');
    const id = visitor.created?.id ?? '';
    for (const token of ['', 'x', 'A'.repeat(43), visitor.created?.id ?? '']) {
      for (const method of ['GET', 'DELETE'] as const) {
        const answer = await stranger.send<{ type: string }>(method, `/callbacks/${id}`, undefined, {
          authorization: `Bearer ${token}`,
        });
        assert.equal(answer.status, 401);
        assert.equal(answer.body.type, 'wrong-token');
      }
    }
    const unknown = await stranger.send<object>(
      'GET',
      `/callbacks/${'0'.repeat(32)}`,
      undefined,
      visitor.bearer(),
    );
    const wrong = await stranger.send<object>('GET', `/callbacks/${id}`, undefined, {
      authorization: `Bearer ${'A'.repeat(43)}`,
    });
    assert.deepEqual(unknown.body, wrong.body, 'unknown and wrong look alike');
  });

  it('is not shown to other agents, nor by the public part to anybody', async () => {
    const robin = await it_.agent('robin');
    const seen = JSON.stringify([await robin.desk(), await visitor.look(), robin.told.items]);
    for (const word of [secret.number, secret.name, secret.surname, secret.mail])
      assert.ok(!seen.includes(word));
  });

  it('cannot be read from files of the process that faces the internet [SD2]', async () => {
    const { pid } = it_.centre.program('web-dmz');
    const env = (await readFile(`/proc/${String(pid)}/environ`, 'utf8'))
      .split('\0')
      .filter((it) => it !== '');
    const names = env.map((it) => it.split('=')[0] ?? '');
    assert.deepEqual(
      names.filter((it) => /SECRET|TOKEN|PASSWORD|MONGO|REDIS|DRACHTIO|COMPANY|DATA_DIR/.test(it)),
      [],
    );
    const keyDir = it_.centre.env['DMZ_KEY_DIR'] ?? '';
    const files = await readdir(keyDir);
    const keys = await Promise.all(files.map((it) => readFile(join(keyDir, it), 'utf8')));
    assert.equal(keys.filter((it) => it.includes('PRIVATE KEY')).length, 1, 'one secret: its own link key');
  });

  it('is kept under keys that only their owner can read', async () => {
    const dir = it_.centre.env['DATA_DIR'] ?? '';
    const found: string[] = [];
    for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
      const file = join(entry.parentPath, entry.name);
      const { mode } = await stat(file);
      if (!entry.isFile() || !/secret|key/i.test(entry.name)) continue;
      found.push(entry.name);
      assert.equal(mode & 0o077, 0, `${file} may be read by others`);
    }
    assert.ok(found.includes('secrets.json') && found.length >= 4, found.join());
    assert.equal((await stat(dir)).mode & 0o077, 0);
  });
});

async function valueOf(redis: Redis, key: string): Promise<unknown> {
  const type = await redis.type(key);
  switch (type) {
    case 'string':
      return redis.get(key);
    case 'hash':
      return redis.hgetall(key);
    case 'list':
      return redis.lrange(key, 0, -1);
    case 'set':
      return redis.smembers(key);
    case 'zset':
      return redis.call('zrange', key, '0', '-1', 'WITHSCORES');
    case 'stream':
      return redis.xrange(key, '-', '+');
    default:
      return type;
  }
}

import assert from 'node:assert/strict';
import { Redis } from 'ioredis';
import type { AgentMessage } from '../../contracts/agent.ts';
import type { AgentClient } from '../support/agent-client.ts';
import { openCentre, type TestCentre } from '../support/centre.ts';
import { readEvents } from '../support/sse.ts';

describe('An agent’s event stream', function () {
  this.timeout(120_000);
  let it_: TestCentre;
  let maya: AgentClient;
  let redis: Redis;
  const stream = (): string => `{${it_.centre.env['CENTRE'] ?? ''}}:desk:maya`;

  /** Sends a command that is refused by an event, and hands back its request id. */
  const command = async (): Promise<string> => {
    const answer = await maya.send<{ requestId: string }>('POST', '/contacts/nothing/identity', {});
    return answer.body.requestId;
  };
  const ends = (requestId: string): number =>
    maya.told.items.filter((it) => it.type === 'command.failed' && it.data.requestId === requestId).length;
  const hears = (requestId: string): Promise<unknown> =>
    maya.event('command.failed', (it) => it.requestId === requestId);
  const isStored = async (requestId: string): Promise<void> => {
    while (!JSON.stringify(await redis.xrange(stream(), '-', '+')).includes(requestId));
  };

  before(async () => {
    it_ = await openCentre({ own: ['redis'] });
    maya = await it_.readyAgent('maya');
    redis = new Redis(it_.centre.env['REDIS_URL'] ?? '');
    redis.on('error', () => {});
  });
  after(async () => {
    redis.disconnect();
    await it_.close();
  });

  it('goes on after a lost connection without a gap and without a repetition [AD-3] [AD1]', async () => {
    const ids: string[] = [];
    for (let round = 0; round < 5; round += 1) {
      maya.drop();
      ids.push(await command(), await command());
      await isStored(ids.at(-1) ?? '');
      maya.listen();
      ids.push(await command());
      await hears(ids.at(-1) ?? '');
    }
    for (const id of ids) assert.equal(ends(id), 1);
    const heard = maya.told.items.flatMap((it) => (it.type === 'command.failed' ? it.data.requestId : []));
    assert.deepEqual(
      heard.filter((it) => ids.includes(it)),
      ids,
      'in the order they happened',
    );
  });

  it('goes on after the server was killed: what came before is told once, the log-in and the phone are still there [AD1]', async () => {
    const asker = it_.visitor('198.51.100.40');
    maya.drop();
    const before = await command();
    await isStored(before);
    const { id } = await asker.ask('020 7946 0160');
    await it_.centre.kill('contact-server');
    maya.listen();
    const offer = await maya.offer((it) => it.callbackId === id);
    await hears(before);
    assert.equal(ends(before), 1);
    const { me } = await maya.desk();
    assert.equal(me.phone, 'registered');
    await maya.accept(offer);
    const contact = await maya.contactIn('connected', id);

    await it_.centre.kill('contact-server');
    await maya.event('line.changed', () => true, maya.told.items.length);
    const after = (await maya.desk()).contacts.find((it) => it.callbackId === id);
    assert.equal(after?.state, 'connected', 'the true state of the call [AD-9]');
    assert.deepEqual(after.call?.allowed, ['hold', 'drop']);
    await maya.command(`/calls/${contact.call?.id ?? ''}/drop`);
    await maya.contactIn('wrap-up', id);
    await maya.complete(id);
    assert.equal(it_.network.callsTo('+442079460160').length, 1);
  });

  it('says that it cannot serve the gap when what was missed is not kept any more', async () => {
    maya.drop();
    const lost = await command();
    await isStored(lost);
    await redis.xtrim(stream(), 'MAXLEN', 0);
    const from = maya.told.items.length;
    maya.listen();
    await maya.event('stream.reset', () => true, from);
    assert.equal(ends(lost), 0);
    const next = await command();
    await hears(next);
  });

  it('says so too to one who comes from the future, e.g. after Redis was set back', async () => {
    const first = await firstOf(await open('/events?cursor=9999999999999-0'), 'stream.reset');
    assert.equal(first.type, 'stream.reset');
  });

  it('begins at its end for one who says nothing, or nonsense, of where to begin', async () => {
    for (const cursor of ['', 'x', "1' or 1=1", '1-1-1', `${'9'.repeat(40)}-0`]) {
      const response = await open(`/events?cursor=${encodeURIComponent(cursor)}`);
      assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/);
      assert.equal(response.headers.get('cache-control'), 'no-store');
      assert.equal((await firstOf(response, 'line.changed')).type, 'line.changed');
    }
  });

  it('tells that something was lost when Redis was away meanwhile', async () => {
    const from = maya.told.items.length;
    await it_.centre.kill('redis');
    await maya.send('POST', '/contacts/nothing/identity', {}).catch(() => undefined);
    await maya.event('stream.reset', () => true, from, 40_000);
  });

  function open(path: string): Promise<Response> {
    return fetch(`${it_.agentUrl}/api/v1${path}`, { headers: { cookie: maya.cookie } });
  }

  async function firstOf(response: Response, type: AgentMessage['type']): Promise<AgentMessage> {
    for await (const event of readEvents(response)) {
      const message = JSON.parse(event.data) as AgentMessage;
      if (message.type === type) return message;
    }
    throw new Error(`the stream ended without ${type}`);
  }
});

import assert from 'node:assert/strict';
import { Redis } from 'ioredis';
import { ourProgram } from '../../embedded/launch/backends.ts';
import { freePort } from '../../embedded/launch/free-port.ts';
import { type Program, startProgram } from '../../embedded/launch/program.ts';
import type { AgentClient } from '../support/agent-client.ts';
import { eventually } from '../support/eventually.ts';
import { type Asked, faultScene, type FaultScene } from '../support/fault-scene.ts';
import { nextVersion } from '../support/next-version.ts';

describe('A version with another Redis format', function () {
  this.timeout(180_000);
  const open = faultScene();
  let scene: FaultScene;
  beforeEach(async () => {
    scene = open();
    if (scene.it.centre.env['NODE_OPTIONS'] !== undefined) await back();
  });

  it('takes over: places, picked times and states come back from MongoDB, offers are made again, each is rung once [AV14]', async () => {
    const offered = await scene.asks();
    await scene.offered(offered);
    const waiting = [await scene.asks(), await scene.asks()];
    const at = Date.now() + 3_600_000;
    const booked = await scene.asks({ at: new Date(at).toISOString() });
    await upgrade();
    await formats(2);
    await places(waiting, [1, 2]);
    assert.equal((await booked.visitor.look()).state, 'scheduled');
    const again = await scene.offered(offered);
    assert.equal(again.callbackId, offered.id);
    for (const asked of [offered, ...waiting]) assert.equal((await scene.served(asked)).state, 'completed');
    for (const asked of [offered, ...waiting]) await scene.rang(asked, 1);
  });

  it('gives way to the former one again, which finds its own data of before: nobody is rung again, lost, or held by them [AV14]', async () => {
    await scene.notReady();
    const busy = await scene.asks();
    const talks = await scene.asks();
    const waits = await scene.asks();
    await places([busy, talks, waits], [1, 2, 3]);
    await upgrade();
    await places([busy, talks, waits], [1, 2, 3]);

    busy.line.behaviour = { do: 'reject', status: 486 };
    await scene.maya.accept(await scene.offered(busy));
    const callId = await scene.talk(talks);
    await scene.maya.command(`/calls/${callId}/drop`);
    await scene.maya.contactIn('wrap-up', talks.id);
    await scene.maya.complete(talks.id, 'not-ready');
    const late = await scene.asks();
    await places([busy, waits, late], [1, 2, 3]);

    busy.line.behaviour = { do: 'answer', ringMs: 100 };
    await back();
    await formats(2);
    await places([busy, waits, late], [1, 2, 3]);
    for (const asked of [busy, waits, late]) assert.equal((await scene.served(asked)).state, 'completed');
    for (const asked of [talks, waits, late]) await scene.rang(asked, 1);
    await scene.rang(busy, 2);
  });

  it('gives way to the former one again, and agents are as they wished last, not as it remembers them [AV14]', async () => {
    await eventually('an idle agent', async () =>
      (await scene.desktop()).me.state === 'ready' ? true : scene.maya.ready().then(() => undefined),
    );
    await upgrade();
    await scene.notReady();
    const asked = await scene.asks();
    await places([asked], [1]);
    await back();
    await places([asked], [1]);
    const { me } = await scene.desktop();
    assert.equal(`${me.state} ${me.reason ?? ''}`, 'not-ready break');
    assert.equal((await scene.served(asked)).state, 'completed');
    await scene.rang(asked, 1);

    await upgrade();
    assert.equal((await scene.desktop()).me.state, 'ready', 'also when the next one comes again');
  });

  it('works beside the former one: MongoDB decides once, nobody is rung twice, and who waits there at its end is served here [AV14]', async () => {
    await scene.notReady();
    const waiting = [await scene.asks(), await scene.asks()];
    const next = await besides();
    const late: Asked[] = [];
    try {
      waiting.push(await scene.asks());
      for (const board of [scene.it.agentUrl, next.url]) await lines(board, waiting);
      for (const asked of waiting)
        assert.equal((await scene.served(asked, 60_000, [scene.maya, next.maya])).state, 'completed');
      for (const asked of waiting) await scene.rang(asked, 1);

      for (const desk of [scene.maya, next.maya]) await scene.notReady(desk);
      late.push(await scene.asks(), await scene.asks());
      await scene.it.centre.kill('contact-server', true);
      await places(late, [1, 2]);
      for (const asked of late)
        assert.equal((await scene.served(asked, 60_000, [next.maya])).state, 'completed');
      for (const asked of late) assert.equal(scene.it.network.callsTo(asked.number).length, 1);
      await scene.it.centre.start('contact-server');
    } finally {
      await next.program.stop();
    }
    for (const asked of late) await scene.rang(asked, 1);
  });

  /** The next version in a process of its own, beside the one that runs. */
  async function besides(): Promise<{ url: string; maya: AgentClient; program: Program }> {
    const port = String(await freePort());
    const url = `http://127.0.0.1:${port}`;
    const program = await startProgram({
      name: 'the next contact-server',
      ...ourProgram('contact-server/main.ts'),
      env: { ...nextVersion(scene.it.centre.env), AGENT_PORT: port, AGENT_URL: url },
      onLine: (line) => scene.it.troubles.push(`next: ${line}`),
    });
    return { url, program, maya: await scene.it.agent('maya', url) };
  }

  /** The board of one contact-server says who waits. */
  async function lines(url: string, waiting: readonly Asked[]): Promise<void> {
    const manager = await scene.it.agent('mina', url);
    await eventually(`all in line at ${url}`, async () => {
      const { line } = await manager.board();
      const seen = line.filter((it) => it.state === 'queued').map((it) => it.callbackId);
      if (seen.join() !== waiting.map((it) => it.id).join()) throw new Error(seen.join());
      return true;
    });
  }

  async function upgrade(): Promise<void> {
    Object.assign(scene.it.centre.env, nextVersion());
    await scene.restart('contact-server');
    await scene.isUp();
  }

  async function back(): Promise<void> {
    delete scene.it.centre.env['NODE_OPTIONS'];
    await scene.restart('contact-server');
    await scene.isUp();
  }

  async function places(waiting: readonly Asked[], expected: readonly number[]): Promise<void> {
    await eventually(`places ${expected.join()}`, async () => {
      const seen = await Promise.all(waiting.map(async (it) => (await it.visitor.look()).place));
      if (seen.join() !== expected.join()) throw new Error(seen.join());
      return true;
    });
  }

  /** Both keep what is theirs, and have functions of their own. */
  async function formats(count: number): Promise<void> {
    const redis = new Redis(scene.it.centre.env['REDIS_URL'] ?? '');
    const kept = await redis.keys('*:acd*:meta');
    const libraries = await redis.function('LIST', 'LIBRARYNAME', 'ringback_*');
    redis.disconnect();
    assert.deepEqual([kept.length, libraries.length], [count, count], kept.join());
  }
});

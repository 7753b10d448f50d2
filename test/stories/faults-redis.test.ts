import assert from 'node:assert/strict';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';
import { faultScene, type FaultScene } from '../support/fault-scene.ts';

describe('Redis is killed', function () {
  this.timeout(180_000);
  const open = faultScene();
  let scene: FaultScene;
  beforeEach(() => {
    scene = open();
  });

  it('while three wait: the board says so, who asks meanwhile is accepted, and all are served in their order', async () => {
    await scene.notReady();
    const waiting = [await scene.asks(), await scene.asks(), await scene.asks()];
    await scene.restart('redis', async () => {
      const board = await scene.board('Redis is down', (it) => !it.services.redis.up);
      assert.equal(board.services.mongodb.up, true);
      const late = await scene.asks();
      assert.ok(['requested', 'queued'].includes((await late.visitor.look()).state));
      waiting.push(late);
    });
    await scene.isUp();
    for (const asked of waiting) assert.equal((await scene.served(asked)).state, 'completed');
    for (const asked of waiting) await scene.rang(asked, 1);
    const talked = waiting.map(({ number }) => scene.it.network.callsTo(number)[0]?.at ?? 0);
    assert.deepEqual(
      talked,
      [...talked].sort((a, b) => a - b),
      'nobody was overtaken',
    );
  });

  it('while it is offered: the offer is taken or made again, and one call comes of it', async () => {
    const asked = await scene.asks();
    await scene.offered(asked);
    await scene.restart('redis');
    assert.equal((await scene.served(asked)).state, 'completed');
    await scene.rang(asked, 1);
  });

  it('while they talk, and the agent is done before it is back: the agent is as wished, and free', async () => {
    const asked = await scene.asks();
    const callId = await scene.talk(asked);
    await scene.restart('redis', async () => {
      await scene.heard(asked);
      const over = asked.line.waitFor('ended');
      await scene.maya.send('POST', `/calls/${callId}/drop`, {});
      await over;
    });
    assert.equal((await scene.served(asked)).state, 'completed');
    await scene.rang(asked, 1);
    const next = await scene.asks();
    assert.equal((await scene.served(next)).state, 'completed');
  });

  it('and loses everything while three wait: the line and the agents are put back from MongoDB', async () => {
    await scene.notReady();
    const waiting = [await scene.asks(), await scene.asks(), await scene.asks()];
    await scene.restart('redis', emptied);
    await eventually('three in line', async () => {
      const places = await Promise.all(waiting.map(async (it) => (await it.visitor.look()).place));
      return places.join() === '1,2,3' ? true : undefined;
    });
    const { me } = await scene.desktop();
    assert.equal(`${me.state} ${me.reason ?? ''}`, 'not-ready break', 'the agent is as before');
    for (const asked of waiting) assert.equal((await scene.served(asked)).state, 'completed');
    for (const asked of waiting) await scene.rang(asked, 1);
  });

  it('and loses everything while it is offered: it is offered again to the same agent', async () => {
    const asked = await scene.asks();
    await scene.offered(asked);
    await scene.restart('redis', emptied);
    assert.equal((await scene.served(asked)).state, 'completed');
    await scene.rang(asked, 1);
  });

  it('and loses everything while they talk: nobody else is offered to the agent until the wrap-up', async () => {
    const asked = await scene.asks();
    const callId = await scene.talk(asked);
    await scene.restart('redis', emptied);
    await eventually('the agent is back', async () =>
      (await scene.desktop()).me.reason === 'finishing a contact' ? true : undefined,
    );
    await scene.maya.ready();
    const next = await scene.asks();
    await scene.heard(asked);
    const { me, offers } = await scene.desktop();
    assert.deepEqual([me.state, offers], ['not-ready', []], 'Ready is kept for later');
    // Its completion may be told before the portal has its new stream: what counts is the desk.
    await scene.maya.send('POST', `/calls/${callId}/drop`, {});
    await eventually('wrap-up', async () =>
      (await scene.desktop()).contacts.find((it) => it.state === 'wrap-up'),
    );
    assert.equal((await scene.served(asked)).state, 'completed');
    assert.equal((await scene.served(next)).state, 'completed');
    await scene.rang(asked, 1);
    await scene.rang(next, 1);
  });

  for (const state of ['idle', 'offered'] as const) {
    it(`and comes back as it was when the agent was ${state}, though they talk by now: nobody else is offered to the agent until the wrap-up`, async () => {
      await eventually('an idle agent', async () =>
        (await scene.desktop()).me.state === 'ready' ? true : scene.maya.ready().then(() => undefined),
      );
      if (state === 'idle') await keptAside();
      const asked = await scene.asks();
      const offer = await scene.offered(asked);
      if (state === 'offered') await keptAside();
      await scene.maya.accept(offer);
      const callId = await scene.talking(asked);
      await scene.restart('redis', older);
      const next = await scene.asks();
      await eventually('the agent is held out of the line', async () => {
        const { me, offers } = await scene.desktop();
        assert.deepEqual(offers, [], 'nobody is offered to them');
        return me.state === 'busy' || me.reason === 'finishing a contact' ? true : undefined;
      });
      await scene.heard(asked);
      await scene.maya.send('POST', `/calls/${callId}/drop`, {});
      await eventually('wrap-up', async () =>
        (await scene.desktop()).contacts.find((it) => it.state === 'wrap-up'),
      );
      assert.deepEqual((await scene.desktop()).offers, []);
      await scene.maya.complete(asked.id, 'ready');
      assert.equal((await scene.served(next)).state, 'completed');
      await scene.rang(asked, 1);
      await scene.rang(next, 1);
    });
  }

  it('and contact-server and the SIP server with it: they come back in any order, and nobody is lost', async () => {
    const asked = await scene.asks();
    await scene.offered(asked);
    await scene.it.centre.kill('sip-server', true);
    await scene.restart('redis', async () => {
      await scene.restart('contact-server');
      assert.deepEqual([...(await scene.down())].filter((it) => it !== 'dmz').sort(), ['redis', 'sip']);
    });
    await scene.it.centre.start('sip-server');
    await scene.isUp();
    assert.equal((await scene.served(asked)).state, 'completed');
    await scene.rang(asked, 1);
  });

  it('or does not answer for a while: the board says for how long, and who waits is served [CB8]', async () => {
    await scene.notReady();
    const asked = await scene.asks();
    const redis = scene.it.centre.program('redis');
    redis.kill('SIGSTOP');
    const from = Date.now();
    try {
      // Long enough for whoever looks every second, and waits for an answer then.
      await scene.board('Redis is down', (it) => !it.services.redis.up && it.serverNow > from + 6_000);
    } finally {
      redis.kill('SIGCONT');
    }
    const since = Date.now();
    await scene.isUp();
    const words = /^Redis did not answer for \d+ s; it is back, and whoever waits has kept their place$/;
    await scene.board('what it was', ({ trouble }) =>
      trouble.some((it) => it.at >= since && words.test(it.text)),
    );
    assert.equal((await asked.visitor.look()).place, 1);
    assert.equal((await scene.served(asked)).state, 'completed');
    await scene.rang(asked, 1);
  });

  function data(name = 'redis'): string {
    return join(scene.it.centre.env['DATA_DIR'] ?? '', name);
  }

  function emptied(): Promise<void> {
    return rm(data(), { recursive: true });
  }

  /** What a replica knows that is a little behind. */
  function keptAside(): Promise<void> {
    return cp(data(), data('redis-older'), { recursive: true });
  }

  async function older(): Promise<void> {
    await emptied();
    await cp(data('redis-older'), data(), { recursive: true });
    await rm(data('redis-older'), { recursive: true });
  }
});

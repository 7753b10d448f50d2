import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.ts';
import { faultScene, type FaultScene } from '../support/fault-scene.ts';

describe('The SIP server is killed', function () {
  this.timeout(180_000);
  const open = faultScene();
  let scene: FaultScene;
  beforeEach(() => {
    scene = open();
  });

  it('while somebody waits and an agent is ready: nothing is offered until it is back', async () => {
    await scene.notReady();
    const asked = await scene.asks();
    const meanwhile = await (async () => {
      const offers: number[] = [];
      await scene.restart('sip-server', async () => {
        const board = await scene.board('SIP is down', (it) => !it.services.sip.up);
        assert.equal(board.services.redis.up, true);
        await scene.maya.ready();
        await eventually('held out', async () =>
          (await scene.desktop()).me.reason === 'telephone system down' ? true : undefined,
        );
        offers.push((await scene.desktop()).offers.length);
      });
      return offers;
    })();
    assert.deepEqual(meanwhile, [0]);
    await eventually('the agent is ready again', async () =>
      (await scene.desktop()).offers.some((it) => it.callbackId === asked.id) ? true : undefined,
    );
    assert.equal((await scene.served(asked)).state, 'completed');
    await scene.rang(asked, 1);
  });

  it('while the agent’s phone rings: the contact waits again, and the agent is as before', async () => {
    scene.desk.autoAnswer = false;
    const asked = await scene.asks();
    const ringing = scene.desk.waitFor('ringing', 10_000);
    await scene.maya.accept(await scene.offered(asked));
    await ringing;
    await scene.restart('sip-server');
    // The phone cannot be told any more that it rings for nothing: whoever sits there puts it down.
    for (const call of [...scene.desk.calls]) await call.hangUp();
    scene.desk.autoAnswer = true;
    assert.equal((await scene.served(asked)).state, 'completed');
    await scene.free();
    assert.equal(scene.it.network.callsTo(asked.number).length, 1);
  });

  it('while the visitor’s phone rings: the agent is told that the call is lost, and puts the phone down', async () => {
    await scene.free();
    const asked = await scene.asks();
    asked.line.behaviour = { do: 'ring' };
    const ringing = asked.line.waitFor('ringing', 10_000);
    await scene.maya.accept(await scene.offered(asked));
    await ringing;
    await scene.restart('sip-server');
    const lost = await scene.maya.event(
      'call.event',
      (it) => it.callbackId === asked.id && it.cause === 'sip-link-lost',
    );
    assert.deepEqual([lost.name, lost.leg], ['call.failed', 'customer']);
    const board = await scene.board('how long it was away', (it) =>
      it.trouble.some(({ text }) => text.startsWith('The telephone system was away')),
    );
    assert.match(JSON.stringify(board.trouble), /No call was begun meanwhile/);
    for (const call of [...asked.line.calls]) await call.hangUp();
    for (const call of [...scene.desk.calls]) await call.hangUp();
    asked.line.behaviour = { do: 'answer' };
    assert.equal((await scene.served(asked)).state, 'completed');
  });

  it('while they talk: they go on hearing each other, the session ends cleanly, the agent wraps up', async () => {
    const asked = await scene.asks();
    await scene.talk(asked);
    await scene.restart('sip-server', () => scene.heard(asked));
    await eventually('wrap-up', async () =>
      (await scene.desktop()).contacts.find((it) => it.callbackId === asked.id && it.state === 'wrap-up'),
    );
    await Promise.all([scene.desk.hangUp(), asked.line.hangUp()]);
    assert.equal((await scene.served(asked)).state, 'completed');
    await scene.rang(asked, 1);
    const next = await scene.asks();
    assert.equal((await scene.served(next)).state, 'completed');
  });
});

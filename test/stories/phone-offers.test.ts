import assert from 'node:assert/strict';
import { FaultScene } from '../support/fault-scene.ts';

describe('An agent whose phone rings with the offer', function () {
  this.timeout(120_000);
  let scene: FaultScene;

  before(async () => {
    scene = await FaultScene.open();
    const { status } = await scene.maya.send('PUT', '/me/preferences', { accept: 'phone', sound: true });
    assert.equal(status, 204);
  });
  after(() => scene.close());
  beforeEach(() => {
    scene.desk.autoAnswer = false;
  });

  it('accepts by lifting it', async () => {
    const rings = scene.desk.waitFor('ringing', 20_000);
    const asked = await scene.asks();
    await rings;
    await scene.desk.answer();
    await scene.talking(asked);
    assert.equal((await scene.served(asked)).state, 'completed');
    await scene.rang(asked, 1);
  });

  it('may accept on the screen instead: the same ringing goes on, and is lifted', async () => {
    const invites = scene.desk.counters.invites;
    const rings = scene.desk.waitFor('ringing', 20_000);
    const asked = await scene.asks();
    await rings;
    await scene.maya.accept(await scene.offered(asked));
    await scene.desk.answer();
    await scene.talking(asked);
    assert.equal(scene.desk.counters.invites, invites + 1);
    assert.equal((await scene.served(asked)).state, 'completed');
    await scene.rang(asked, 1);
  });

  it('may accept on the screen after contact-server was killed: the ringing stops, and the next offer rings', async () => {
    const rings = scene.desk.waitFor('ringing', 20_000);
    const asked = await scene.asks();
    await rings;
    const silent = scene.desk.waitFor('ended', 60_000);
    await scene.restart('contact-server');
    await silent;
    scene.desk.autoAnswer = true;
    assert.equal((await scene.served(asked)).state, 'completed');
    await scene.rang(asked, 1);
  });
});

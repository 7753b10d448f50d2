import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.ts';
import { faultScene, type FaultScene } from '../support/fault-scene.ts';
import { newKey, type VisitorClient } from '../support/visitor-client.ts';

describe('contact-server is killed', function () {
  this.timeout(120_000);
  const open = faultScene();
  let scene: FaultScene;
  beforeEach(() => {
    scene = open();
  });

  it('while somebody waits in line: the place is kept, and they are rung once [CB2]', async () => {
    await scene.notReady();
    const first = await scene.asks();
    const second = await scene.asks();
    await eventually('a place', async () => ((await second.visitor.look()).place === 2 ? true : undefined));
    await scene.restart('contact-server');
    await scene.isUp();
    assert.equal((await first.visitor.look()).place, 1);
    assert.equal((await second.visitor.look()).place, 2);
    assert.equal((await scene.served(first)).state, 'completed');
    assert.equal((await scene.served(second)).state, 'completed');
    await scene.rang(first, 1);
    await scene.rang(second, 1);
  });

  it('while it is offered: the offer stands, and is accepted after the restart', async () => {
    const asked = await scene.asks();
    const offer = await scene.offered(asked);
    await scene.restart('contact-server');
    await scene.maya.accept(offer);
    await scene.talking(asked);
    assert.equal((await scene.served(asked)).state, 'completed');
    await scene.rang(asked, 1);
  });

  it('while the agent’s phone rings: it stops, the contact waits again, and is served', async () => {
    scene.desk.autoAnswer = false;
    const asked = await scene.asks();
    const ringing = scene.desk.waitFor('ringing');
    await scene.maya.accept(await scene.offered(asked));
    await ringing;
    const silent = scene.desk.waitFor('ended', 20_000);
    await scene.restart('contact-server');
    await silent;
    assert.equal((await scene.desktop()).contacts.length, 0, 'the agent holds nothing');
    scene.desk.autoAnswer = true;
    assert.equal((await scene.served(asked)).state, 'completed');
    await scene.rang(asked, 1);
  });

  it('while the visitor’s phone rings: it stops, and rings again only after that [CB10]', async () => {
    const asked = await scene.asks();
    asked.line.behaviour = { do: 'ring' };
    const ringing = asked.line.waitFor('ringing', 10_000);
    await scene.maya.accept(await scene.offered(asked));
    await ringing;
    await scene.restart('contact-server');
    asked.line.behaviour = { do: 'answer', ringMs: 100 };
    assert.equal((await scene.served(asked)).state, 'completed');
    await scene.rang(asked, 2);
  });

  it('while they talk: they hear each other all the time, and the desk can end the adopted call [TE7, CB10]', async () => {
    const asked = await scene.asks();
    const callId = await scene.talk(asked);
    await scene.restart('contact-server', () => scene.heard(asked));
    await scene.heard(asked);
    const contact = await eventually('the contact', async () =>
      (await scene.desktop()).contacts.find((it) => it.callbackId === asked.id),
    );
    assert.equal(contact.state, 'connected');
    assert.equal(contact.call?.id, callId);
    const over = Promise.all([asked.line.waitFor('ended'), scene.desk.waitFor('ended')]);
    await scene.maya.command(`/calls/${callId}/drop`);
    await over;
    assert.equal((await scene.served(asked)).state, 'completed');
    await scene.rang(asked, 1);
    const board = await scene.board('tells the repair', (it) =>
      it.trouble.some((line) => line.text.endsWith('call goes on after a restart')),
    );
    assert.ok(board.trouble.length > 0);
  });

  it('while they talk, and the visitor hangs up before it is back: the agent wraps up', async () => {
    const asked = await scene.asks();
    await scene.talk(asked);
    await scene.restart('contact-server', () => asked.line.hangUp());
    await eventually('wrap-up', async () =>
      (await scene.desktop()).contacts.find((it) => it.callbackId === asked.id && it.state === 'wrap-up'),
    );
    assert.equal((await scene.served(asked)).state, 'completed');
    await scene.rang(asked, 1);
  });

  it('while the agent writes up: the desk is as it was, and the wrap-up is saved', async () => {
    const asked = await scene.asks();
    const callId = await scene.talk(asked);
    await scene.maya.command(`/calls/${callId}/drop`);
    await scene.maya.contactIn('wrap-up', asked.id);
    await scene.restart('contact-server');
    assert.equal((await scene.desktop()).me.state, 'working-after-call');
    await scene.maya.complete(asked.id);
    assert.equal((await asked.visitor.look()).state, 'completed');
    await scene.rang(asked, 1);
  });

  it('while visitors ask: whoever repeats the request with its key has one callback, and it is served [CB2, CB3]', async () => {
    await scene.notReady();
    const asking = Array.from({ length: 6 }, (_, i) => {
      const visitor = scene.it.visitor(`192.0.2.${String(i + 1)}`);
      const number = `+44207946019${String(i)}`;
      const key = newKey();
      return { visitor, number, key, created: visitor.ask(number, {}, key) };
    });
    await scene.restart('contact-server');
    for (const { visitor, number, key, created } of asking) {
      const { id } = await created;
      assert.equal((await repeated(visitor, number, key)).id, id, 'the same key is the same callback');
      visitor.follow();
      const asked = { visitor, id, number, line: scene.it.network.line(number) };
      assert.equal((await scene.served(asked)).state, 'completed');
      await scene.rang(asked, 1);
    }
  });

  async function repeated(visitor: VisitorClient, number: string, key: string): Promise<{ id: string }> {
    const answer = await visitor.send<{ id: string }>('POST', '/callbacks', visitor.request(number), {
      'idempotency-key': key,
    });
    assert.equal(answer.status, 201);
    return answer.body;
  }
});

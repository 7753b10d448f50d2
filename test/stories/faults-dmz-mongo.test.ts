import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.ts';
import { faultScene, type FaultScene } from '../support/fault-scene.ts';
import { newKey } from '../support/visitor-client.ts';

describe('web-dmz or MongoDB is killed', function () {
  this.timeout(180_000);
  const open = faultScene();
  let scene: FaultScene;
  beforeEach(() => {
    scene = open();
  });

  for (const part of ['web-dmz', 'mongodb'] as const) {
    it(`${part} while visitors ask: 503 or 201, each key is one callback, and a 201 is not forgotten`, async () => {
      await scene.notReady();
      const answers: number[] = [];
      const asking = Array.from({ length: 4 }, (_, i) => {
        const visitor = scene.it.visitor(`192.0.2.${String((part === 'mongodb' ? 100 : 1) + i)}`);
        const number = `+4420794601${part === 'mongodb' ? '9' : '2'}${String(i)}`;
        const key = newKey();
        const once = async (): Promise<number | undefined> => {
          const body = visitor.request(number);
          const answer = await visitor
            .send('POST', '/callbacks', body, { 'idempotency-key': key })
            .catch(() => undefined);
          if (answer) answers.push(answer.status);
          return answer?.status;
        };
        return { visitor, number, key, first: once() };
      });
      await scene.restart(part);
      await Promise.all(asking.map((it) => it.first));
      assert.ok(
        answers.every((status) => status === 201 || status === 503),
        `answered ${answers.join()}`,
      );
      for (const { visitor, number, key } of asking) {
        const { id } = await visitor.ask(number, {}, key);
        assert.equal((await visitor.ask(number, {}, key)).id, id);
        visitor.follow();
        const asked = { visitor, id, number, line: scene.it.network.line(number) };
        assert.equal((await scene.served(asked)).state, 'completed');
        await scene.rang(asked, 1);
      }
    });
  }

  it('web-dmz while a visitor follows: the stream comes back, and the inside went on', async () => {
    const asked = await scene.asks();
    await asked.visitor.until('reserved');
    await scene.restart('web-dmz', async () => {
      await scene.board('the DMZ is down', (it) => !it.services.dmz.up);
      await scene.talk(asked);
    });
    await asked.visitor.until('connected');
    assert.equal((await scene.served(asked)).state, 'completed');
    await asked.visitor.until('completed');
    await scene.rang(asked, 1);
  });

  it('MongoDB while they talk, and the visitor hangs up meanwhile: the agent wraps up when it is back', async () => {
    const asked = await scene.asks();
    await scene.talk(asked);
    await scene.restart('mongodb', async () => {
      assert.ok((await scene.down()).includes('mongodb'));
      await scene.heard(asked);
      await asked.line.hangUp();
    });
    await eventually('wrap-up', async () =>
      (await scene.desktop()).contacts.find((it) => it.callbackId === asked.id && it.state === 'wrap-up'),
    );
    assert.equal((await scene.served(asked)).state, 'completed');
    await scene.rang(asked, 1);
  });

  it('MongoDB while it is offered: the offer lapses or is taken, and one call comes of it', async () => {
    const asked = await scene.asks();
    await scene.offered(asked);
    await scene.restart('mongodb');
    assert.equal((await scene.served(asked)).state, 'completed');
    await scene.rang(asked, 1);
  });
});

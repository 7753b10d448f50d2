import assert from 'node:assert/strict';
import { agentHz, customerHz, openCentre, type TestCentre } from '../support/centre.ts';

describe('A visitor asks to be called back', function () {
  this.timeout(60_000);
  let it_: TestCentre;

  before(async () => {
    it_ = await openCentre();
  });
  after(() => it_.close());

  it('and is rung by the agent who accepted: both hear each other, until the agent has wrapped up [CB1] [TE1, TE2, AD4]', async () => {
    const { network } = it_;
    const maya = await it_.readyAgent('maya');
    const desk = await it_.phone('101');
    const visitor = it_.visitor('198.51.100.7');

    const created = await visitor.ask('020 7946 0101');
    visitor.follow();
    assert.equal(created.phone, '+44 •••• 0101');

    const offer = await maya.offer();
    assert.equal(offer.callbackId, created.id);
    assert.equal(offer.who.name, 'Maria');
    assert.equal(offer.who.standing, 'claimed');
    assert.equal(offer.why.chosen, 'maya');
    assert.equal(network.callsTo('+442079460101').length, 0, 'nothing rings before the agent accepts');

    await maya.accept(offer);
    const ringing = await visitor.views.until('the code word', (it) => it.codeWord !== undefined);
    assert.equal(ringing.state, 'dialing-customer');
    assert.equal(ringing.agent?.name, 'Maya');
    assert.equal(ringing.callerId, '+44 20 7946 0010');

    const contact = await maya.contactIn('connected');
    assert.equal(contact.call?.codeWord, ringing.codeWord, 'the agent says the word the visitor sees');
    await Promise.all([desk.hears(customerHz), network.line('+442079460101').hears(agentHz)]);
    const invites = (of: { invites: number; reinvites: number }): readonly number[] => [
      of.invites,
      of.reinvites,
    ];
    assert.deepEqual(invites(desk.counters), [1, 1], 'an early offer on hold, and one re-INVITE that joins');
    assert.deepEqual(invites(network.counters), [1, 0], 'an early offer, and nothing more');

    const callId = contact.call?.id ?? '';
    await maya.command(`/calls/${callId}/hold`);
    await network.line('+442079460101').hearsNothing();
    await maya.command(`/calls/${callId}/retrieve`);
    await network.line('+442079460101').hears(agentHz);

    await maya.command(`/calls/${callId}/drop`);
    await maya.contactIn('wrap-up');
    const early = await maya.send('PUT', '/me/state', { state: 'ready' });
    assert.equal(early.status, 200);
    assert.equal((await maya.desk()).me.state, 'working-after-call', 'not ready before the wrap-up is saved');
    await maya.complete(created.id);
    await visitor.until('completed');
    assert.equal((await maya.desk()).me.state, 'ready');
    assert.equal(network.callsTo('+442079460101').length, 1, 'the visitor was rung once');
  });

  it('and hears why not when the number may not be dialled, without anything being rung [AV7]', async () => {
    const visitor = it_.visitor('198.51.100.8');
    for (const phone of ['+44 909 879 0000', '999', '+1 202 555 0100', '+870 772 001 234']) {
      const answer = await visitor.send<{ type: string; detail: string }>(
        'POST',
        '/callbacks',
        visitor.request(phone),
        { 'idempotency-key': 'A'.repeat(22 + phone.length) },
      );
      assert.ok(
        answer.status === 403 || answer.status === 400,
        `${phone} was answered ${String(answer.status)}`,
      );
      assert.match(answer.body.type, /number-refused|invalid-phone/);
      assert.ok(answer.body.detail.length > 10);
    }
  });
});

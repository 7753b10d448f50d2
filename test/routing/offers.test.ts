import assert from 'node:assert/strict';
import type { Routing } from '../../routing/index.ts';
import { agentId, Centre, contact, id, off, pause, queued, ready, reserved } from './centre.ts';
import { type SharedRedis, openRedis } from './redis-process.ts';

describe('Contacts and agents find each other', () => {
  let redis: SharedRedis;
  let centre: Centre;
  const ana = agentId('ana');
  const bo = agentId('bo');

  before(async () => (redis = await openRedis()));
  after(() => redis.remove());
  afterEach(() => centre.close());

  async function open(people: Record<string, string>): Promise<Routing> {
    centre = new Centre(redis, people);
    return centre.open();
  }

  it('offers a contact at once to an idle agent who can help, and says why', async () => {
    const routing = await open({ ana: 'lang:es 3, product:loans 2', bo: 'lang:en 5' });
    await routing.setAgentState(bo, ready);
    await routing.setAgentState(ana, ready);

    const offer = reserved(await routing.enter(contact('maria', 'lang:es, product:loans')));

    assert.equal(offer.agentId, ana);
    assert.equal(offer.state, 'pending');
    assert.match(offer.decision.because, /^idle 0:0\d, holds lang:es 3, product:loans 2$/);
    assert.deepEqual(
      offer.decision.candidates.map((it) => [it.name, it.verdict.replace(/0:\d\d/, '0:00')]),
      [
        ['Ana', 'chosen: idle 0:00, holds lang:es 3, product:loans 2'],
        ['Bo', 'no lang:es'],
      ],
    );
    assert.equal((await routing.agentStatus(ana))?.state, 'reserved');
  });

  it('respects levels: somebody who merely knows a language does not get who asks for an expert', async () => {
    const routing = await open({ ana: 'lang:es 2', bo: 'lang:es 4' });
    await routing.setAgentState(ana, ready);
    const placement = await routing.enter(contact('maria', 'lang:es 4'));
    assert.equal(queued(placement).place, 1);
    assert.equal(queued(placement).nobodyOnDuty, true);
    const heard = centre.listen(routing);
    await routing.setAgentState(bo, ready);
    const offer = await heard.until('reservation.created');
    assert.equal(offer.reservation.agentId, bo);
  });

  it('gives who frees the first in line of all they can serve, priority before start time', async () => {
    const routing = await open({ ana: 'lang:es, lang:en' });
    const first = contact('first', 'lang:es');
    const second = contact('second', 'lang:en');
    const urgent = contact('urgent', 'lang:en', { priority: 5 });
    for (const it of [second, urgent, first]) await routing.enter(it);
    await routing.setAgentState(ana, ready);

    const order: string[] = [];
    const heard = centre.listen(routing);
    for (const name of ['urgent', 'first', 'second']) {
      const { reservation } = await heard.until(
        'reservation.created',
        (it) => it.reservation.contactId === id(name),
      );
      order.push(reservation.contactId);
      assert.equal((await routing.accept(reservation.id, ana)).ok, true);
      await routing.complete(reservation.id, { state: 'ready' });
    }
    assert.deepEqual(order, ['urgent', 'first', 'second']);
    assert.equal((await routing.agentStatus(ana))?.state, 'ready');
  });

  it('passes a lapsed offer on: the agent missed it, the contact keeps its start time, and a late yes is too late [AV6]', async () => {
    centre = new Centre(redis, { ana: 'lang:es', bo: 'lang:es' });
    centre.directory.offers = [{ ...centre.directory.offers[0]!, offerMs: 150 }];
    const routing = await centre.open();
    const heard = centre.listen(routing);
    await routing.setAgentState(ana, ready);
    await routing.setAgentState(bo, ready);

    const offer = reserved(await routing.enter(contact('maria', 'lang:es')));
    assert.equal(offer.agentId, ana);
    await heard.until('reservation.timeout');
    const next = await heard.until('reservation.created', (it) => it.reservation.agentId === bo);

    assert.equal(next.reservation.contactId, offer.contactId);
    assert.deepEqual(await routing.accept(offer.id, ana), { ok: false, why: 'gone' });
    assert.equal((await routing.agentStatus(ana))?.reason, 'missed');

    // Who then calls somebody themselves has missed nothing when that is over.
    const own = await routing.claim(contact('rui', 'lang:es'), ana);
    assert.ok(own.ok);
    await routing.complete(own.reservation.id, { state: 'as-wished' });
    const { state, reason } = (await routing.agentStatus(ana))!;
    assert.deepEqual([state, reason], ['not-ready', 'call made']);
  });

  it('passes a declined offer on at once', async () => {
    const routing = await open({ ana: '', bo: '' });
    await routing.setAgentState(ana, ready);
    const offer = reserved(await routing.enter(contact('maria')));
    const heard = centre.listen(routing);
    await routing.setAgentState(bo, ready);
    assert.equal((await routing.reject(offer.id, ana)).ok, true);
    const next = await heard.until('reservation.created', (it) => it.reservation.agentId === bo);
    assert.equal(next.reservation.contactId, offer.contactId);
    const status = await routing.agentStatus(ana);
    assert.deepEqual([status?.state, status?.reason], ['not-ready', 'declined']);
    assert.equal((await routing.reject(offer.id, ana)).ok, true, 'a repetition is no failure');
  });

  it('keeps what an agent wishes during a contact, and does it afterwards', async () => {
    const routing = await open({ ana: '' });
    await routing.setAgentState(ana, ready);
    const offer = reserved(await routing.enter(contact('maria')));
    await routing.accept(offer.id, ana);
    const status = await routing.setAgentState(ana, pause('lunch'));
    assert.equal(status.state, 'busy');
    assert.deepEqual(status.next, { state: 'not-ready', reason: 'lunch' });
    await routing.wrapUp(offer.id);
    assert.equal((await routing.agentStatus(ana))?.state, 'working-after-call');
    await routing.complete(offer.id, { state: 'as-wished' });
    const after = await routing.agentStatus(ana);
    assert.deepEqual([after?.state, after?.reason], ['not-ready', 'lunch']);
  });

  it('gives the offer of an agent who logs off to the next', async () => {
    const routing = await open({ ana: '', bo: '' });
    await routing.setAgentState(ana, ready);
    await routing.setAgentState(bo, ready);
    const heard = centre.listen(routing);
    const offer = reserved(await routing.enter(contact('maria')));
    assert.equal(offer.agentId, ana);
    assert.equal((await routing.setAgentState(ana, off)).state, 'logged-off');
    await heard.until('reservation.canceled', (it) => it.reservation.id === offer.id);
    await heard.until('reservation.created', (it) => it.reservation.agentId === bo);
  });
});

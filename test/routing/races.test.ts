import assert from 'node:assert/strict';
import { pino } from 'pino';
import type { Routing, RoutingEvent } from '../../routing/index.ts';
import { connectTo, keyPrefix, openAcd } from '../../routing/testing.ts';
import { systemClock } from '../../server-kit/clock.ts';
import { agentId, Centre, contact, id, queued, ready, reserved } from './centre.ts';
import { type SharedRedis, openRedis } from './redis-process.ts';

describe('Many at once', () => {
  let redis: SharedRedis;
  let centre: Centre;
  const ana = agentId('ana');
  const bo = agentId('bo');

  before(async () => (redis = await openRedis()));
  after(() => redis.remove());
  afterEach(() => centre.close());

  it('1,000 contacts from four processes and one agent make exactly one reservation [AV5]', async () => {
    centre = new Centre(redis, { ana: 'lang:es' });
    const doors = await Promise.all([1, 2, 3, 4].map(() => centre.open()));
    await doors[0]!.setAgentState(ana, ready);

    const placements = await Promise.all(
      Array.from({ length: 1000 }, (_, i) => doors[i % 4]!.enter(contact(`c${i}`, 'lang:es'))),
    );

    assert.equal(placements.filter((it) => it.state === 'reserved').length, 1);
    assert.equal(placements.filter((it) => it.state === 'queued').length, 999);
    const { waiting, reservations } = await doors[1]!.snapshot();
    assert.equal(waiting.length, 999);
    assert.equal(reservations.length, 1);
  });

  it('the same contact entered again and again, at once and later, is one', async () => {
    centre = new Centre(redis, { ana: '', bo: '' });
    const doors = await Promise.all([1, 2].map(() => centre.open()));
    await doors[0]!.setAgentState(ana, ready);
    await doors[1]!.setAgentState(bo, ready);
    const maria = contact('maria');

    const all = await Promise.all(Array.from({ length: 50 }, (_, i) => doors[i % 2]!.enter(maria)));

    assert.equal(new Set(all.map((it) => reserved(it).id)).size, 1);
    const offer = reserved(all[0]!);
    await doors[0]!.accept(offer.id, offer.agentId);
    assert.equal(reserved(await doors[1]!.enter(maria)).state, 'accepted');
    await doors[0]!.complete(offer.id, { state: 'ready' });
    assert.deepEqual(await doors[1]!.enter(maria), { state: 'over' });
    assert.equal((await doors[1]!.enter({ ...maria, entry: 2 })).state, 'reserved');
    assert.deepEqual(await doors[0]!.enter(maria), { state: 'over' }, 'an older entry is late');
  });

  it('two agents and one contact: one of them gets it, whoever calls it now [AV5]', async () => {
    centre = new Centre(redis, { ana: '', bo: '' });
    const routing = await centre.open();
    const maria = contact('maria');
    for (let round = 1; round <= 20; round += 1) {
      await routing.setAgentState(ana, { state: 'not-ready', reason: 'paperwork' });
      await routing.setAgentState(bo, { state: 'not-ready', reason: 'paperwork' });
      const entered = { ...maria, entry: round };
      queued(await routing.enter(entered));
      const [first, second] = await Promise.all([routing.claim(entered, ana), routing.claim(entered, bo)]);
      const won = [first, second].filter((it) => it.ok);
      assert.equal(won.length, 1);
      const lost = first.ok ? second : first;
      assert.deepEqual(lost, { ok: false, why: 'gone' });
      if (won[0]?.ok) await routing.complete(won[0].reservation.id, { state: 'as-wished' });
    }
    assert.equal((await routing.agentStatus(ana))?.reason, 'paperwork', 'who was not ready is so again');
  });

  it('an accept that races with its deadline is either in time or too late, never both', async () => {
    centre = new Centre(redis, { ana: '', bo: '' });
    centre.directory.offers = [{ ...centre.directory.offers[0]!, offerMs: 100 }];
    const routing = await centre.open({ sweepMs: 5 });
    const heard = centre.listen(routing);
    let inTime = 0;
    for (let round = 1; round <= 20; round += 1) {
      await routing.setAgentState(ana, ready);
      const offer = reserved(await routing.enter(contact(`maria-${round}`)));
      // Ask until after the deadline; the answers must agree with what was told.
      const wait = round % 3 === 0 ? 0 : 96 + (round % 8);
      await new Promise<void>((resolve) => systemClock.after(wait, resolve));
      const answer = await routing.accept(offer.id, ana);
      const told = answer.ok ? 'reservation.accepted' : 'reservation.timeout';
      await heard.until(told, (it) => it.reservation.id === offer.id);
      if (answer.ok) {
        inTime += 1;
        await routing.complete(offer.id, { state: 'ready' });
      } else await routing.leave(offer.contactId);
      const ends = heard.all.filter(
        (it) =>
          (it.type === 'reservation.accepted' || it.type === 'reservation.timeout') &&
          it.reservation.id === offer.id,
      );
      assert.equal(ends.length, 1);
    }
    assert.ok(inTime >= 3, `${inTime} in time`);
  });

  it('fences grow over all reservations', async () => {
    centre = new Centre(redis, { ana: '' });
    const routing = await centre.open();
    const heard = centre.listen(routing);
    await routing.setAgentState(ana, ready);
    for (let i = 0; i < 20; i += 1) {
      const offer = reserved(await routing.enter(contact(`m${i}`)));
      await routing.accept(offer.id, ana);
      await routing.complete(offer.id, { state: 'ready' });
    }
    await heard.until('reservation.completed', (it) => it.reservation.contactId === id('m19'));
    const fences = heard.all.flatMap((it: RoutingEvent) =>
      it.type === 'reservation.created' ? [it.reservation.fence] : [],
    );
    assert.equal(fences.length, 20);
    assert.ok(fences.every((fence, i) => Number.isSafeInteger(fence) && (i === 0 || fence > fences[i - 1]!)));
  });

  it('a process that is gone does not hold up the deadlines: another leads within its lease', async () => {
    centre = new Centre(redis, { ana: '' });
    centre.directory.offers = [{ ...centre.directory.offers[0]!, offerMs: 100 }];
    const survivor: Routing = await centre.open({ leaseMs: 300 });
    // A leader that vanished without a word: its lease is there, and nobody renews it.
    const probe = redis.client();
    await probe.set(`${keyPrefix(centre.name)}leader`, 'gone', 'PX', 300);
    probe.disconnect();
    const heard = centre.listen(survivor);
    await survivor.setAgentState(ana, ready);
    reserved(await survivor.enter(contact('maria')));
    await heard.until('reservation.timeout');
  });

  it('two centres in one Redis never meet', async () => {
    centre = new Centre(redis, { ana: '' });
    const here = await centre.open();
    const there = await openAcd({
      connect: connectTo(redis.url),
      directory: centre.directory,
      clock: systemClock,
      log: pino({ level: 'silent' }),
      centre: `${centre.name}-other`,
    });
    await there.setAgentState(ana, ready);
    queued(await here.enter(contact('maria')));
    assert.equal((await there.snapshot()).waiting.length, 0);
    await there.close();
  });
});

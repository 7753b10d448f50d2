import assert from 'node:assert/strict';
import type { Redis } from 'ioredis';
import type { DecisionRecord } from '../../routing/testing.ts';
import { keyPrefix, Matchmaker, replay, replayWith, Roster, RosterPublisher } from '../../routing/testing.ts';
import { agentId, Centre, contact, id, isLater, queued, ready, reserved, service, skills } from './centre.ts';
import { type SharedRedis, openRedis } from './redis-process.ts';

describe('What routing does by itself', () => {
  let redis: SharedRedis;
  let centre: Centre;
  let probe: Redis;
  const ana = agentId('ana');
  const bo = agentId('bo');

  before(async () => (redis = await openRedis()));
  after(() => redis.remove());
  beforeEach(() => (probe = redis.client()));
  afterEach(async () => {
    probe.disconnect();
    await centre.close();
  });

  const key = (name: string) => `${keyPrefix(centre.name)}${name}`;

  describe('a scheduled contact', () => {
    it('is due at its time, within a second, once, although two processes work', async () => {
      centre = new Centre(redis, {});
      const [one, two] = [await centre.open(), await centre.open()];
      const heard = centre.listen(two);
      const at = Date.now() + 300;
      await one.schedule(id('maria'), at);
      await one.schedule(id('last'), at + 400);
      const due = await heard.until('contact.due', (it) => it.contactId === id('maria'));
      assert.ok(due.at >= at && due.at < at + 1_000, `${due.at - at} ms late`);
      await heard.until('contact.due', (it) => it.contactId === id('last'));
      assert.equal(heard.all.filter((it) => it.type === 'contact.due').length, 2);
      assert.deepEqual((await one.snapshot()).scheduled, []);
    });

    it('follows a new time, and none at all', async () => {
      centre = new Centre(redis, {});
      const routing = await centre.open();
      const heard = centre.listen(routing);
      const now = Date.now();
      await routing.schedule(id('maria'), now + 100);
      await routing.schedule(id('maria'), now + 500);
      await routing.schedule(id('rui'), now + 100);
      await routing.unschedule(id('rui'));
      const due = await heard.until('contact.due');
      assert.equal(due.contactId, id('maria'));
      assert.ok(due.at >= now + 500);
      assert.equal(heard.all.filter((it) => it.type === 'contact.due').length, 1);
    });

    it('leaves nothing behind of the times it had before', async () => {
      centre = new Centre(redis, {});
      const routing = await centre.open();
      const [soon, later] = [1, 2].map((hours) => Date.now() + hours * 3_600_000);
      const jobs = () => probe.zcard(`{${centre.name}}:due:delayed`);
      for (const at of [soon, later, soon]) await routing.schedule(id('maria'), at ?? 0);
      assert.equal(await jobs(), 1);
      await routing.unschedule(id('maria'));
      assert.equal(await jobs(), 0);
    });

    it('is due although its job was lost', async () => {
      centre = new Centre(redis, {});
      const routing = await centre.open();
      const heard = centre.listen(routing);
      const at = Date.now() + 200;
      await routing.schedule(id('maria'), at);
      const jobs = await probe.keys(`{${centre.name}}:due:*`);
      assert.ok(jobs.length > 0);
      await probe.del(...jobs);
      const due = await heard.until('contact.due');
      assert.ok(due.at - at < 1_000, `${due.at - at} ms late`);
    });

    it('whose time passed while nobody worked is due when somebody does', async () => {
      centre = new Centre(redis, {});
      const first = await centre.open();
      await first.schedule(id('maria'), Date.now() + 50);
      await first.close();
      const second = await centre.open();
      await centre.listen(second).until('contact.due');
    });

    it('takes a place in its slot until it is due or taken back', async () => {
      centre = new Centre(redis, {});
      const days = [1, 2, 3, 4, 5, 6, 7].map((day) => ({ day, from: '00:00', to: '24:00' }));
      const hours = { id: 'always', timezone: 'Europe/London', weekly: days, exceptions: [] };
      centre.directory.offers = [service('help', { hours, slotMinutes: 30, slotCapacity: 2 })];
      const routing = await centre.open();
      const from = Date.now();
      const before = await routing.openings('help', from, from + 4 * 3_600_000);
      assert.equal(before.openNow, true);
      const slot = before.slots[1]!;
      await routing.schedule(id('one'), slot.from, 'help');
      assert.ok(
        (await routing.openings('help', from, from + 7_200_000)).slots.some((it) => it.from === slot.from),
      );
      await routing.schedule(id('two'), slot.from + 60_000, 'help');
      const full = await routing.openings('help', from, from + 4 * 3_600_000);
      assert.deepEqual(
        full.slots.map((it) => it.from),
        before.slots.map((it) => it.from).filter((it) => it !== slot.from),
      );
      await routing.unschedule(id('one'));
      assert.deepEqual(await routing.openings('help', from, from + 4 * 3_600_000), before);
    });
  });

  describe('the roster', () => {
    it('may gain a skill while somebody waits for it: they meet at once', async () => {
      centre = new Centre(redis, { ana: 'lang:en', bo: 'lang:en' });
      const routing = await centre.open();
      const heard = centre.listen(routing);
      for (const it of [ana, bo]) await routing.setAgentState(it, ready);
      assert.equal(queued(await routing.enter(contact('maria', 'lang:es'))).nobodyOnDuty, true);
      centre.directory.change({ ana: 'lang:en', bo: 'lang:en, lang:es' });
      const offer = await heard.until('reservation.created');
      assert.equal(offer.reservation.agentId, bo);
      assert.ok(heard.all.some((it) => it.type === 'rules.changed'));
      const { decision } = offer.reservation;
      assert.equal(decision.rosterVersion, 2);
      assert.equal((await routing.agents()).length, 2);
    });

    it('may lose one: nothing more is offered for it, in any process', async () => {
      centre = new Centre(redis, { ana: 'lang:es', bo: 'lang:es' });
      const [one, two] = [await centre.open(), await centre.open()];
      const heard = centre.listen(one);
      await one.setAgentState(ana, ready);
      centre.directory.change({ ana: 'lang:en', bo: 'lang:es', cy: 'lang:es' });
      await heard.until('rules.changed', (it) => isLater(it.cursor, '1-1'));
      await heard.until('agent.state', (it) => isLater(it.cursor, '1-2'));
      queued(await two.enter(contact('maria', 'lang:es')));
      await two.setAgentState(agentId('cy'), ready);
      const offer = await heard.until('reservation.created');
      assert.equal(offer.reservation.agentId, agentId('cy'));
    });
  });

  it('logs off who is no longer on the roster, after their contact', async () => {
    centre = new Centre(redis, { ana: '', bo: '' });
    const routing = await centre.open();
    const heard = centre.listen(routing);
    for (const it of [ana, bo]) await routing.setAgentState(it, ready);
    const offer = reserved(await routing.enter(contact('maria')));
    await routing.accept(offer.id, ana);
    centre.directory.change({ cy: '' });
    await heard.until('agent.state', (it) => it.status.agentId === bo && it.status.state === 'logged-off');
    await heard.until('agent.state', (it) => it.status.next?.state === 'logged-off');
    await routing.complete(offer.id, { state: 'as-wished' });
    assert.equal((await routing.agentStatus(ana))?.state, 'logged-off');
    await routing.setAgentState(ana, { state: 'logged-off' });
  });

  it('writes down what each decision was made from, and decides the same from it again', async () => {
    centre = new Centre(redis, {
      ana: 'lang:es 2',
      bo: 'lang:es 5',
      cy: 'lang:en 5',
      di: 'lang:es 2, product:loans',
    });
    const routing = await centre.open();
    for (const name of Object.keys(centre.directory.people))
      await routing.setAgentState(agentId(name), ready);
    for (const [must, prefer, expected] of [
      ['lang:es', '', 'bo'],
      ['lang:es', 'product:loans', 'di'],
      ['lang:es', '', 'ana'],
    ] as const) {
      const requirement = { must: skills(must), prefer: skills(prefer) };
      const offer = reserved(await routing.enter(contact(`for-${expected}`, '', { requirement })));
      assert.equal(offer.agentId, expected);
      const kept = JSON.parse(JSON.stringify(offer.basis)) as DecisionRecord;
      assert.equal(replay(kept), offer.agentId);
      assert.equal(replayWith(kept, skills('lang:fr 5')), offer.agentId, 'somebody who cannot help');
      const withMore = replayWith(kept, skills('lang:es 5, product:loans 5'));
      assert.equal(withMore, expected === 'bo' ? 'bo' : 'newcomer', 'as good as bo, who is idle longer');
    }
  });

  it('a roster that cannot come into force is told so, and the one before holds until it can [AV11]', async () => {
    centre = new Centre(redis, {});
    const prefix = keyPrefix(centre.name);
    /** Somebody asks for something new just before each roster would come into force. */
    class Restless extends Matchmaker {
      isRestless = true;
      override async run(...[name, ...args]: Parameters<Matchmaker['run']>): ReturnType<Matchmaker['run']> {
        if (name === 'flip' && this.isRestless) {
          await probe.hset(`${prefix}cdef`, `c${String(performance.now())}`, '{"must":[],"prefer":[]}');
        }
        return super.run(name, ...args);
      }
    }
    const matchmaker = new Restless(probe, prefix, 1_000, () => Promise.resolve(1));
    const publisher = new RosterPublisher(probe, matchmaker, prefix);
    const roster = (version: number) =>
      new Roster(version, [{ id: ana, name: 'Ana', qualifications: skills(version === 1 ? '' : 'lang:es') }]);
    matchmaker.isRestless = false;
    assert.equal(await publisher.publish(roster(1)), true);
    matchmaker.isRestless = true;
    assert.equal(await publisher.publish(roster(2)), false);
    assert.equal(await publisher.version(), 1);
    matchmaker.isRestless = false;
    assert.equal(await publisher.publish(roster(2)), true);
    assert.equal(await publisher.version(), 2);
  });

  describe('the watchdog', () => {
    const settings = { auditMs: 50 };

    it('frees an agent whose reservation is no more, and says so', async () => {
      centre = new Centre(redis, { ana: '' });
      const routing = await centre.open(settings);
      const heard = centre.listen(routing);
      await routing.setAgentState(ana, ready);
      const offer = reserved(await routing.enter(contact('maria')));
      await routing.accept(offer.id, ana);
      await probe.del(key(`r:${offer.id}`));
      const told = await heard.until('repaired', (it) => it.what === 'agent ana');
      assert.equal(told.why, 'was busy with a reservation that is over');
      await heard.until(
        'agent.state',
        (it) => it.status.state === 'ready' && isLater(it.cursor, told.cursor),
      );
    });

    it('puts a contact back whose open offer is no more', async () => {
      centre = new Centre(redis, { ana: '' });
      const routing = await centre.open(settings);
      const heard = centre.listen(routing);
      await routing.setAgentState(ana, ready);
      const offer = reserved(await routing.enter(contact('maria')));
      await probe.del(key(`r:${offer.id}`));
      const again = await heard.until('reservation.created', (it) => it.reservation.id !== offer.id);
      assert.equal(again.reservation.contactId, id('maria'));
    });

    it('pairs an idle agent and a contact who should never have waited', async () => {
      centre = new Centre(redis, { ana: '' });
      const routing = await centre.open(settings);
      const heard = centre.listen(routing);
      queued(await routing.enter(contact('maria')));
      // Damage: the heads of the lines are forgotten while an agent comes.
      const heads = await probe.hgetall(key('wheads'));
      await probe.del(key('wheads'));
      await routing.setAgentState(ana, ready);
      await probe.hset(key('wheads'), heads);
      const told = await heard.until('repaired', (it) => it.what === 'contact maria');
      assert.equal(told.why, 'waited though an agent was idle');
      await heard.until('reservation.created');
    });

    it('ends a contact that is handled far too long', async () => {
      centre = new Centre(redis, { ana: '' });
      const routing = await centre.open({ ...settings, maxHandleMs: 100 });
      const heard = centre.listen(routing);
      await routing.setAgentState(ana, ready);
      const offer = reserved(await routing.enter(contact('maria')));
      await routing.accept(offer.id, ana);
      await heard.until('reservation.completed');
      assert.equal((await routing.agentStatus(ana))?.reason, 'stuck');
    });
  });

  it('tells the times of a whole week that never closes, also where the slots are the shortest [ES3]', async () => {
    centre = new Centre(redis, {});
    const weekly = [1, 2, 3, 4, 5, 6, 7].map((day) => ({ day, from: '00:00', to: '24:00' }));
    const hours = { id: 'always', timezone: 'UTC', weekly, exceptions: [] };
    centre.directory.offers = [service('help', { hours, slotMinutes: 5 })];
    const routing = await centre.open({});
    const from = Date.parse('2099-06-01T00:00:00Z');
    const { slots } = await routing.openings('help', from, from + 7 * 86_400_000);
    assert.deepEqual([slots.length, slots.at(-1)?.to], [7 * 288, from + 7 * 86_400_000]);
  });

  it('tells when a service opens', async () => {
    centre = new Centre(redis, {});
    const monday = Date.parse('2026-06-01T07:59:00Z');
    const moved = { now: monday };
    const clock = { now: () => moved.now, after: () => () => {} };
    const weekly = [{ day: 1, from: '09:00', to: '17:00' }];
    const hours = { id: 'office', timezone: 'Europe/London', weekly, exceptions: [] };
    centre.directory.offers = [service('help', { hours })];
    const routing = await centre.open({}, clock);
    const heard = centre.listen(routing);
    const opensAt = Date.parse('2026-06-01T08:00:00Z');
    assert.deepEqual(await routing.openings('help', monday, monday), { openNow: false, opensAt, slots: [] });
    while ((await probe.hget(key('open'), 'help')) !== '0') await probe.ping();
    const { cursor } = await routing.snapshot();
    moved.now = opensAt;
    await heard.until('rules.changed', (it) => isLater(it.cursor, cursor));
    const closesAt = Date.parse('2026-06-01T16:00:00Z');
    assert.deepEqual(await routing.openings('help', opensAt, opensAt), {
      openNow: true,
      closesAt,
      slots: [],
    });
    const tuesday = Date.parse('2026-06-02T10:00:00Z');
    const { openNow } = await routing.openings('help', tuesday, tuesday);
    assert.equal(openNow, false, 'what is asked for counts, not the present');
  });
});

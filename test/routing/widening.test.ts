import assert from 'node:assert/strict';
import type { Ring } from '../../routing/index.ts';
import { keyPrefix } from '../../routing/testing.ts';
import {
  agentId,
  Centre,
  contact,
  id,
  off,
  pause,
  queued,
  ready,
  reserved,
  service,
  skills,
} from './centre.ts';
import { RedisProcess } from './redis-process.ts';

describe('Who waits long', () => {
  let redis: RedisProcess;
  let centre: Centre;
  const ana = agentId('ana');
  const bo = agentId('bo');

  before(async () => (redis = await RedisProcess.start()));
  after(() => redis.remove());
  afterEach(() => centre.close());

  const ring = (afterMs: number, must: string): Ring => ({ afterMs, must: skills(must), prefer: [] });
  const open = (people: Record<string, string>, more: Parameters<typeof service>[1]) => {
    centre = new Centre(redis, people);
    centre.directory.offers = [service('help', more)];
    return centre.open();
  };

  describe('asks for less, ring by ring', () => {
    it('and gets an idle agent in the step in which the ring is due; the decision says so [AV11]', async () => {
      const requirement = { must: skills('lang:es 4'), prefer: [] };
      const routing = await open({ ana: 'lang:es 2' }, { requirement, rings: [ring(200, 'lang:es')] });
      const heard = centre.listen(routing);
      await routing.setAgentState(ana, ready);
      const maria = contact('maria', 'lang:es 4', { startedAt: Date.now() });
      queued(await routing.enter(maria));
      const { reservation } = await heard.until('reservation.created');
      assert.equal(reservation.agentId, ana);
      assert.ok(reservation.createdAt >= maria.startedAt + 200);
      assert.equal(reservation.basis.inputs.ring, 1);
      assert.match(reservation.decision.because, /asked for less after waiting \(ring 1\)$/);
    });

    it('and stands in another line, at its old place, where nobody is free yet [AV11]', async () => {
      const requirement = { must: skills('lang:es'), prefer: [] };
      const routing = await open({ ana: 'lang:en' }, { requirement, rings: [ring(100, '')] });
      const heard = centre.listen(routing);
      await routing.setAgentState(ana, pause('break'));
      const asked = Date.now();
      queued(await routing.enter(contact('first', 'lang:es', { startedAt: asked })));
      queued(await routing.enter(contact('second', 'lang:en', { startedAt: asked + 1, service: 'other' })));
      await heard.until('contact.queued', (it) => it.contactId === id('first') && it.ring === 1);
      await routing.setAgentState(ana, ready);
      assert.equal((await heard.until('reservation.created')).reservation.contactId, id('first'));
      const { overtaken } = await routing.snapshot();
      assert.equal(
        Object.values(overtaken).reduce((sum, n) => sum + n, 0),
        0,
      );
    });

    it('by the time since its start: a contact that comes again late begins in the ring it had reached', async () => {
      const requirement = { must: skills('lang:es'), prefer: [] };
      const routing = await open({ ana: '' }, { requirement, rings: [ring(60_000, '')] });
      await routing.setAgentState(ana, ready);
      queued(await routing.enter(contact('now', 'lang:es', { startedAt: Date.now() })));
      reserved(await routing.enter(contact('old', 'lang:es', { startedAt: Date.now() - 61_000 })));
      const { overtaken } = await routing.snapshot();
      assert.equal(overtaken.unexplained, 0);
    });
  });

  it('waits by a rule that was changed meanwhile, at the same place, and nobody is overtaken [AV11] [MG4]', async () => {
    const routing = await open({ ana: 'lang:en' }, {});
    await centre.open();
    const heard = centre.listen(routing);
    await routing.setAgentState(ana, pause('break'));
    const asked = Date.now() - 120_000;
    queued(await routing.enter(contact('first', 'lang:es', { startedAt: asked })));
    queued(await routing.enter(contact('second', 'lang:es', { startedAt: asked + 1 })));
    queued(await routing.enter(contact('third', 'lang:en', { startedAt: asked + 2, service: 'other' })));
    const places = async () => {
      const { waiting } = await routing.snapshot();
      return waiting.map((it) => [it.contact.id, it.contact.startedAt, it.contact.requirement.must[0]?.name]);
    };
    const before = await places();
    centre.directory.offers = [
      service('help', { rings: [ring(60_000, 'lang:en')], ageMsPerPriority: 9_000 }),
    ];
    centre.directory.change({ ana: 'lang:en' });
    await heard.until('contact.queued', (it) => it.contactId === id('second') && it.ring === 1);
    assert.deepEqual(await places(), before);
    await routing.setAgentState(ana, ready);
    for (const name of ['first', 'second', 'third']) {
      const { reservation } = await heard.until(
        'reservation.created',
        (it) => it.reservation.contactId === id(name),
      );
      await routing.accept(reservation.id, ana);
      await routing.complete(reservation.id, { state: 'ready' });
    }
    const counted = Object.values((await routing.snapshot()).overtaken);
    assert.equal(Math.max(...counted), 0);
    // Told once each, though both processes look: what is so already is left alone.
    const told = heard.all.filter((it) => it.type === 'contact.queued' && it.ring === 1);
    assert.equal(told.length, 2);
  });

  it('and the first in line gets the agent whom a changed rule allows, however many wait [MG4] [AV10]', async () => {
    const routing = await open({ ana: 'lang:en' }, {});
    const heard = centre.listen(routing);
    await routing.setAgentState(ana, ready);
    const asked = Date.now() - 120_000;
    // The last asked first, and every second in another language: no order but that of their starts helps.
    for (let i = 39; i >= 0; i -= 1) {
      const needs = i % 2 === 0 ? 'lang:es' : 'lang:fr';
      queued(await routing.enter(contact(`visitor ${String(i)}`, needs, { startedAt: asked + i })));
    }
    centre.directory.offers = [service('help', { rings: [ring(60_000, 'lang:en')] })];
    centre.directory.change({ ana: 'lang:en' });
    const { reservation } = await heard.until('reservation.created');
    assert.equal(reservation.contactId, id('visitor 0'));
    const { overtaken } = await routing.snapshot();
    assert.equal(Math.max(...Object.values(overtaken)), 0);
  });

  it('waits by the changed rule also where more wait than are looked at in one part [MG4]', async () => {
    const routing = await open({ ana: 'lang:en' }, {});
    const heard = centre.listen(routing);
    const asked = Date.now() - 120_000;
    const names = Array.from({ length: 700 }, (_, i) => `visitor ${String(i)}`);
    await Promise.all(names.map((it, i) => routing.enter(contact(it, 'lang:es', { startedAt: asked + i }))));
    centre.directory.offers = [service('help', { rings: [ring(60_000, 'lang:en')] })];
    centre.directory.change({ ana: 'lang:en' });
    const anew = new Set<string>();
    await heard.until('contact.queued', ({ contactId, ring }) => {
      if (ring === 1) anew.add(contactId);
      return anew.size === names.length;
    });
    const { waiting } = await routing.snapshot();
    assert.deepEqual(
      waiting.map((it) => it.contact.id),
      names.map(id),
    );
  });

  describe('for a preferred agent', () => {
    const preferred = () => ({ agentId: bo, until: Date.now() + 60_000 });

    it('is not given to another meanwhile, and is theirs as soon as they are free [AV11]', async () => {
      const routing = await open({ ana: '', bo: '' }, { preferredWaitMs: 60_000 });
      const heard = centre.listen(routing);
      await routing.setAgentState(bo, pause('break'));
      await routing.setAgentState(ana, ready);
      const startedAt = Date.now();
      queued(await routing.enter(contact('maria', '', { startedAt, preferred: preferred() })));
      const other = reserved(await routing.enter(contact('rui', '', { startedAt: startedAt + 1 })));
      assert.equal(other.agentId, ana);
      assert.deepEqual(other.basis.inputs.overtook, { preferred: 1 });
      await routing.setAgentState(bo, ready);
      const theirs = await heard.until('reservation.created', (it) => it.reservation.agentId === bo);
      assert.equal(theirs.reservation.contactId, id('maria'));
    });

    it('falls back when the time is over [AV11]', async () => {
      const routing = await open({ ana: '', bo: '' }, { preferredWaitMs: 200 });
      const heard = centre.listen(routing);
      await routing.setAgentState(bo, pause('break'));
      await routing.setAgentState(ana, ready);
      const startedAt = Date.now();
      queued(await routing.enter(contact('maria', '', { startedAt, preferred: preferred() })));
      const { reservation } = await heard.until('reservation.created');
      assert.equal(reservation.agentId, ana);
      assert.ok(reservation.createdAt >= startedAt + 200);
    });

    it('falls back at once when they leave, and waits for nobody who is not there or not able', async () => {
      const routing = await open({ ana: '', bo: 'lang:en' }, { preferredWaitMs: 60_000 });
      const heard = centre.listen(routing);
      await routing.setAgentState(ana, ready);
      const startedAt = Date.now();
      const first = reserved(
        await routing.enter(contact('early', '', { startedAt, preferred: preferred() })),
      );
      assert.equal(first.agentId, ana, 'bo is not there');
      await routing.accept(first.id, ana);
      await routing.complete(first.id, { state: 'ready' });
      await routing.setAgentState(bo, pause('break'));
      queued(await routing.enter(contact('maria', '', { startedAt, preferred: preferred() })));
      await routing.setAgentState(bo, off);
      const next = await heard.until('reservation.created', (it) => it.reservation.contactId === id('maria'));
      assert.equal(next.reservation.agentId, ana);
    });
  });

  it('for an agent who leaves waits for others within moments, however many they are', async () => {
    const routing = await open({ ana: '', bo: '' }, { preferredWaitMs: 60_000 });
    await routing.setAgentState(ana, pause('break'));
    const startedAt = Date.now();
    const preferred = { agentId: ana, until: startedAt + 60_000 };
    const names = Array.from({ length: 150 }, (_, i) => `c${String(i)}`);
    await Promise.all(names.map((name) => routing.enter(contact(name, '', { startedAt, preferred }))));
    await routing.setAgentState(ana, off);
    const probe = redis.client();
    const key = `${keyPrefix(centre.name)}wait:@ana`;
    while ((await probe.zcard(key)) > 0) await probe.ping();
    probe.disconnect();
    assert.equal((await routing.snapshot()).waiting.length, 150);
  });

  it('may catch up with a better tier, where priority counts as time waited [AV10]', async () => {
    const routing = await open({ ana: '' }, { ageMsPerPriority: 10_000 });
    const heard = centre.listen(routing);
    const now = Date.now();
    queued(await routing.enter(contact('gold', '', { priority: 3, startedAt: now })));
    queued(await routing.enter(contact('old', '', { startedAt: now - 31_000 })));
    queued(await routing.enter(contact('young', '', { startedAt: now - 29_000 })));
    await routing.setAgentState(ana, ready);
    for (const name of ['old', 'gold', 'young']) {
      const { reservation } = await heard.until(
        'reservation.created',
        (it) => it.reservation.contactId === id(name),
      );
      await routing.accept(reservation.id, ana);
      await routing.complete(reservation.id, { state: 'ready' });
    }
    const { overtaken } = await routing.snapshot();
    assert.deepEqual([overtaken.priority, overtaken.unexplained], [1, 0]);
  });
});

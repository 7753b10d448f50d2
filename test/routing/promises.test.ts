import assert from 'node:assert/strict';
import type { Ring, Routing, Standing } from '../../routing/index.ts';
import { withLanguage } from '../../routing/testing.ts';
import { eventually } from '../support/eventually.ts';
import { agentId, Centre, contact, id, pause, queued, ready, reserved, service, skills } from './centre.ts';
import { RedisProcess } from './redis-process.ts';

const second = 1_000;

describe('Who waits is told the truth', () => {
  let redis: RedisProcess;
  let centre: Centre;
  const [ana, bo, cy] = [agentId('ana'), agentId('bo'), agentId('cy')];

  before(async () => (redis = await RedisProcess.start()));
  after(() => redis.remove());
  afterEach(() => centre.close());

  type Rule = Parameters<typeof service>[1];
  const open = (people: Record<string, string>, more: Rule = {}, other: Rule = {}) => {
    centre = new Centre(redis, people);
    centre.directory.offers = [service('help', more), service('other', other)];
    return centre.open();
  };
  const talks = async (routing: Routing, name: string, must = '') => {
    const offer = reserved(await routing.enter(contact(name, must)));
    await routing.accept(offer.id, offer.agentId);
    return offer;
  };
  const places = async (routing: Routing) => {
    const { waiting } = await routing.snapshot();
    return waiting.map((it) => [it.contact.id, it.standing.place]);
  };
  /** In seconds from now. */
  const ahead = ({ estimate }: Pick<Standing, 'estimate'>) => {
    assert.ok(estimate, 'something is promised');
    return [estimate.from, estimate.to].map((it) => (it - Date.now()) / second) as [number, number];
  };

  describe('how many go before', () => {
    it('whatever language they wish for: all of them want the same agent [AV8]', async () => {
      const routing = await open({ ana: 'service:sales' });
      await routing.setAgentState(ana, ready);
      await talks(routing, 'talks', 'service:sales');
      const sales = { must: skills('service:sales'), prefer: [] };
      const told: number[] = [];
      const languages = ['en', 'fr', 'de', 'es', 'it'];
      for (const language of languages) {
        const asked = contact(language, '', { requirement: withLanguage(sales, language) });
        told.push(queued(await routing.enter(asked)).place);
      }
      assert.deepEqual(told, [1, 2, 3, 4, 5]);
      const asked = await Promise.all(languages.map((it) => routing.place(id(it))));
      assert.deepEqual(
        asked.map((it) => it?.place),
        [1, 2, 3, 4, 5],
      );
      assert.deepEqual(
        await places(routing),
        languages.map((it, i) => [it, i + 1]),
      );
      const more = await routing.whatIf(id('it'), skills('service:sales'));
      assert.deepEqual([more?.place, more?.then.place], [5, 4], 'the newcomer takes the first');
      await routing.leave(id('en'));
      assert.equal((await routing.place(id('it')))?.place, 4);
    });

    it('but not those who want other agents, at work if anybody is there who can help [AV8]', async () => {
      const routing = await open({ ana: 'lang:en', bo: 'lang:es', cy: 'lang:en, lang:es' });
      for (const it of [ana, bo]) await routing.setAgentState(it, ready);
      await talks(routing, 'english', 'lang:en');
      await talks(routing, 'spanish', 'lang:es');
      for (const [name, must] of [
        ['one', 'lang:en'],
        ['two', 'lang:es'],
        ['three', 'lang:en'],
      ] as const) {
        await routing.enter(contact(name, must));
      }
      const apart = [
        ['one', 1],
        ['two', 1],
        ['three', 2],
      ];
      assert.deepEqual(await places(routing), apart);
      await routing.setAgentState(cy, pause('break'));
      assert.deepEqual(await places(routing), apart, 'who is on a break takes nobody');
      for (const it of [ana, bo]) await routing.setAgentState(it, { state: 'logged-off' });
      await routing.enter(contact('four', 'lang:es'));
      assert.equal((await routing.place(id('four')))?.place, 2, 'nor is anybody away who talks yet');
    });

    it('also those who wait for one agent alone who could serve both, and no others [AV8]', async () => {
      const routing = await open({ ana: 'lang:es', bo: 'lang:es' }, { preferredWaitMs: 60_000 });
      for (const it of [ana, bo]) await routing.setAgentState(it, ready);
      const startedAt = Date.now();
      const preferred = { agentId: bo, until: startedAt + 60_000 };
      await talks(routing, 'one', 'lang:es');
      await talks(routing, 'two', 'lang:es');
      await routing.enter(contact('maria', 'lang:es', { startedAt, preferred }));
      const rui = queued(await routing.enter(contact('rui', 'lang:es', { startedAt: startedAt + 1 })));
      assert.equal(rui.place, 2);
      assert.deepEqual(await places(routing), [
        ['maria', 1],
        ['rui', 2],
      ]);
    });
  });

  describe('when it will be, though nobody may serve them yet', () => {
    const ring = (afterMs: number, must: string): Ring => ({ afterMs, must: skills(must), prefer: [] });
    const sales = { requirement: { must: skills('service:sales 3'), prefer: [] } };
    const people = { ana: 'service:sales', bo: 'service:sales', cy: 'service:sales' };

    it('as soon as less is asked for, where somebody is idle who has that [AV11] [ES1]', async () => {
      const routing = await open(people, { ...sales, rings: [ring(45_000, 'service:sales')] });
      for (const it of [ana, bo, cy]) await routing.setAgentState(it, ready);
      centre.listen(routing);
      const asking = { ...sales, priority: 0, service: 'help' };
      const first = await routing.estimate({ ...sales, priority: 0 });
      assert.equal(first.estimate, undefined, 'without its rule nobody will serve it');
      const all: Standing[] = [];
      for (const name of ['one', 'two', 'three']) {
        const asked = contact(name, 'service:sales 3', { startedAt: Date.now() });
        all.push(queued(await routing.enter(asked)));
      }
      const outlook = await routing.estimate(asking);
      assert.equal(outlook.nobodyOnDuty, false, 'who may take it in a while is there');
      for (const it of all) {
        const [from, to] = ahead(it);
        assert.ok(from > 40 && from <= 45 && to >= 52 && to < 70, `${from} ${to}`);
      }
      await eventually('three others come first', async () =>
        ahead(await routing.estimate(asking))[1] > 120 ? true : undefined,
      );
      const { waiting } = await routing.snapshot();
      assert.deepEqual(
        waiting.map(({ standing }) => ahead(standing)[1] < 70),
        [true, true, true],
        'the board is told the same',
      );
    });

    it('and who asks for the same without ever asking for less is not told so [ES1]', async () => {
      const widening = { ...sales, rings: [ring(45_000, 'service:sales')] };
      const routing = await open({ ...people, dee: 'service:sales 3' }, sales, widening);
      for (const it of [ana, bo, agentId('dee')]) await routing.setAgentState(it, ready);
      await talks(routing, 'talks', 'service:sales 3');
      const startedAt = Date.now();
      const must = 'service:sales 3';
      const widens = queued(await routing.enter(contact('widens', must, { startedAt, service: 'other' })));
      const stays = queued(await routing.enter(contact('stays', must, { startedAt: startedAt + 1 })));
      const asked = { ...sales, priority: 0 };
      assert.ok(ahead(widens)[1] < 70, `${ahead(widens)[1]}`);
      assert.ok(ahead(stays)[1] > 120, `${ahead(stays)[1]}`);
      assert.ok(ahead(await routing.estimate({ ...asked, service: 'other' }))[1] < 70);
      assert.ok(ahead(await routing.estimate({ ...asked, service: 'help' }))[1] > 120);
    });

    it('after whoever has waited longer than their priority is worth, before they ask as after [ES1]', async () => {
      const routing = await open({ ana: '' }, { ageMsPerPriority: 60_000 });
      await routing.setAgentState(ana, ready);
      await talks(routing, 'talks');
      const now = Date.now();
      for (const [name, minutes] of [
        ['five', 5],
        ['four', 4],
        ['three', 3],
        ['none', 0],
      ] as const) {
        await routing.enter(contact(name, '', { startedAt: now - minutes * 60_000 }));
      }
      const asking = { requirement: { must: [], prefer: [] }, priority: 2, service: 'help' };
      const [, before] = ahead(await routing.estimate(asking));
      const entered = queued(
        await routing.enter(contact('urgent', '', { priority: 2, startedAt: Date.now() })),
      );
      assert.equal(entered.place, 4);
      const [, told] = ahead(entered);
      assert.ok(Math.abs(before - told) < told / 10, `${before} s before they asked, ${told} s after`);
      const [, first] = ahead((await routing.place(id('five')))!);
      assert.ok(before > 2 * first, `not the first in line: ${before} s, and ${first} s for who is`);
    });

    it('when the preferred agent is free, or when they are waited for no more; until when is told [AV11] [ES1]', async () => {
      const routing = await open({ ana: '', bo: '' }, { preferredWaitMs: 60_000 });
      await routing.setAgentState(bo, ready);
      await talks(routing, 'talks');
      await routing.setAgentState(ana, ready);
      const startedAt = Date.now();
      const preferred = { agentId: bo, until: startedAt + 60_000 };
      const maria = queued(await routing.enter(contact('maria', '', { startedAt, preferred })));
      assert.deepEqual(maria.waitsFor, { agentId: bo, until: startedAt + 60_000 });
      const [from, to] = ahead(maria);
      assert.ok(from > 10 && to >= 60 && to < 85, `not at once though ana is idle: ${from} ${to}`);
      const [seen] = (await routing.snapshot()).waiting;
      assert.ok(seen);
      assert.deepEqual(seen.standing.waitsFor, maria.waitsFor);
      const [low, high] = ahead(seen.standing);
      assert.ok(low > 10 && high >= 58 && high < 85, `${low} ${high}`);
      const usual = await routing.estimate({ requirement: { must: [], prefer: [] }, priority: 0 });
      assert.ok(ahead(usual)[1] <= 20, 'who waits for nobody in particular gets ana');
    });

    it('when the preferred agent goes: not by that one who takes a break first, nor later than they log off [AV11] [ES1]', async () => {
      const hour = 3_600_000;
      const routing = await open({ ana: '', bo: '' }, { preferredWaitMs: hour });
      const heard = centre.listen(routing);
      await routing.setAgentState(bo, ready);
      const his = await talks(routing, 'talks');
      await routing.setAgentState(ana, ready);
      const startedAt = Date.now();
      const preferred = { agentId: bo, until: startedAt + hour };
      const maria = queued(await routing.enter(contact('maria', '', { startedAt, preferred })));
      assert.ok(ahead(maria)[1] < 1_800, 'bo will be free before the hour is over');
      const later = async () => ahead((await routing.place(id('maria')))!);

      await routing.setAgentState(bo, pause('break'));
      await eventually('he takes no more before his break: she waits for him until ana may', async () =>
        (await later())[0] > 3_500 ? true : undefined,
      );
      await routing.setAgentState(bo, { state: 'logged-off' });
      await eventually('ana may as soon as he is gone', async () =>
        (await later())[1] < 1_800 ? true : undefined,
      );
      await routing.complete(his.id, { state: 'ready' });
      const { reservation } = await heard.until(
        'reservation.created',
        (it) => it.reservation.contactId === id('maria'),
      );
      assert.equal(reservation.agentId, ana, 'and so it came');
    });

    it('like anybody’s where the preferred agent is not here, or logs off while they wait [AV11] [ES1]', async () => {
      const hour = 3_600_000;
      const routing = await open({ ana: '', bo: '', cy: '' }, { preferredWaitMs: hour });
      await routing.setAgentState(ana, ready);
      await talks(routing, 'talks');
      const startedAt = Date.now();
      const wishing = (agentId: typeof bo) => ({
        startedAt,
        preferred: { agentId, until: startedAt + hour },
      });
      const away = queued(await routing.enter(contact('away', '', wishing(cy))));
      assert.equal(away.waitsFor, undefined);
      assert.ok(ahead(away)[1] < 1_800, `${ahead(away)[1]}`);

      await routing.setAgentState(bo, pause('break'));
      const waits = queued(await routing.enter(contact('waits', '', wishing(bo))));
      assert.deepEqual(waits.waitsFor?.agentId, bo);
      assert.ok(ahead(waits)[0] > 3_500, 'how long a break will be nobody knows');
      await routing.setAgentState(bo, { state: 'logged-off' });
      const since = (await routing.place(id('waits')))!;
      assert.equal(since.waitsFor, undefined);
      await eventually('a forecast for ana’s line', async () => {
        const standing = (await routing.place(id('waits')))!;
        return standing.estimate && ahead(standing)[1] < 3_000 ? true : undefined;
      });
    });
  });
});

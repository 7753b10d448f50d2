import assert from 'node:assert/strict';
import type { Redis } from 'ioredis';
import { connectTo, keyPrefix } from '../../routing/testing.ts';
import type { Hours } from '../../routing/testing.ts';
import { eventually } from '../support/eventually.ts';
import type { Routing } from '../../routing/index.ts';
import { agentId, Centre, contact, id, queued, ready, reserved, service, skills } from './centre.ts';
import { RedisProcess } from './redis-process.ts';

describe('A centre learns for its promises', () => {
  let redis: RedisProcess;
  let client: Redis;
  let centre: Centre;
  const [ana, bo] = [agentId('ana'), agentId('bo')];

  before(async () => {
    redis = await RedisProcess.start();
    client = connectTo(redis.url)({});
  });
  after(async () => {
    client.disconnect();
    await redis.remove();
  });
  afterEach(() => centre.close());

  const open = async (
    people: Record<string, string>,
    settings = {},
    offers = [service('help')],
    shifts: Record<string, Hours> = {},
  ) => {
    centre = new Centre(redis, people);
    centre.directory.offers = offers;
    centre.directory.shifts = shifts;
    return centre.open(settings);
  };
  const key = (name: string) => `${keyPrefix(centre.name)}${name}`;
  const handle = async (routing: Routing, name: string) => {
    const offer = reserved(await routing.enter(contact(name)));
    await routing.accept(offer.id, offer.agentId);
    await routing.complete(offer.id, { state: 'ready' });
  };
  /** How far ahead the middle of a promise lies. */
  const ahead = ({ estimate }: { estimate?: { from: number; to: number } }) =>
    ((estimate?.from ?? NaN) + (estimate?.to ?? NaN)) / 2 - Date.now();

  it('how long contacts take, for all its processes and after a restart [ES2]', async () => {
    const routing = await open({ ana: '' });
    await routing.setAgentState(ana, ready);
    const busy = reserved(await routing.enter(contact('busy')));
    await routing.accept(busy.id, ana);
    const usual = ahead(queued(await routing.enter(contact('waiting'))));
    assert.ok(usual > 100_000, `${usual}`);
    await routing.leave(id('waiting'));
    await routing.complete(busy.id, { state: 'ready' });
    for (let i = 0; i < 30; i += 1) await handle(routing, `quick-${i}`);

    const another = await centre.open();
    const next = reserved(await another.enter(contact('next')));
    await another.accept(next.id, ana);
    const learned = ahead(queued(await another.enter(contact('after'))));
    assert.ok(learned < usual / 4, `${learned} after ${usual}`);
  });

  it('who cancels, which offers lapse, and who comes back or is urgent', async () => {
    const routing = await open({ ana: '' }, { sweepMs: 20 });
    centre.directory.offers = centre.directory.offers.map((it) => ({ ...it, offerMs: 100 }));
    centre.directory.change(centre.directory.people);
    await eventually('the new rule', async () => {
      const rules = await routing.services();
      return rules[0]?.offerMs === 100 ? true : undefined;
    });
    await routing.enter(contact('cancels'));
    await routing.leave(id('cancels'));
    await routing.setAgentState(ana, ready);
    const heard = centre.listen(routing);
    reserved(await routing.enter(contact('missed')));
    await heard.until('reservation.timeout');
    const seen = await client.hgetall(key('law:*'));
    assert.deepEqual([seen['cancels'], seen['lapses']], ['1', '1']);
    assert.ok(Number(seen['away']) >= 100, 'the offer itself is time away');

    const before = Date.now() - 10 * 60_000;
    await routing.enter(contact('back', '', { entry: 2, startedAt: before }));
    await routing.enter(contact('rebuilt', '', { startedAt: before }));
    await routing.enter(contact('urgent', '', { priority: 7, startedAt: Date.now() }));
    const spans = await client.keys(key('came:*').replaceAll('{', '\\{'));
    const came = (await Promise.all(spans.map((it) => client.hgetall(it)))).flatMap((it) =>
      Object.entries(it),
    );
    assert.deepEqual(
      came.map(([name, n]) => [name.split(' ').slice(1).join(' '), n]).sort(),
      [
        ['120 0', '1'],
        ['127 10', '1'],
      ],
      'an urgent one, and one who had begun to wait ten minutes before',
    );
  });

  it('from the outcome of what it promised, once for each contact [ES2]', async () => {
    const routing = await open({ ana: '' });
    const heard = centre.listen(routing);
    await routing.setAgentState(ana, ready);
    const first = reserved(await routing.enter(contact('first')));
    await routing.accept(first.id, ana);
    const promised = queued(await routing.enter(contact('second')));
    assert.ok(promised.estimate!.from > Date.now() + 1_000);
    await routing.complete(first.id, { state: 'ready' });
    const { reservation } = await heard.until(
      'reservation.created',
      (it) => it.reservation.contactId === id('second'),
    );
    await routing.accept(reservation.id, ana);
    const moved = await eventually('a lesson', async () => {
      const found = await client.hgetall(key('calibration'));
      return found['p10'] === undefined ? undefined : found;
    });
    // Served before the range began: its lower bound comes down a whole step, its upper one by a part of it.
    assert.deepEqual([Number(moved['p10']), Number(moved['p90'])], [-0.036, -0.004]);
  });

  it('and its promises follow the line at once: each behind waits longer, and who moves up is told so [ES1]', async () => {
    const routing = await open({ ana: 'lang:es', bo: 'lang:es' });
    centre.listen(routing);
    for (const it of [ana, bo]) await routing.setAgentState(it, ready);
    const held = [];
    for (const name of ['one', 'two']) {
      const offer = reserved(await routing.enter(contact(name, 'lang:es')));
      await routing.accept(offer.id, offer.agentId);
      held.push(offer);
    }
    const names = Array.from({ length: 12 }, (_, i) => `waits-${i}`);
    for (const name of names) await routing.enter(contact(name, 'lang:es'));
    const line = async () => {
      const { waiting } = await routing.snapshot();
      return waiting.map((it) => it.standing.estimate!);
    };
    const before = await eventually('a forecast of the whole line', async () => {
      const found = await line();
      const ends = found.map((it) => it.to);
      return new Set(ends).size === ends.length ? found : undefined;
    });
    for (const [i, { from, to }] of before.entries()) {
      assert.ok(Date.now() - 2_000 < from && from < to);
      const last = before[i - 1];
      if (last) assert.ok(from >= last.from && to > last.to);
    }
    for (const name of names.slice(0, 6)) await routing.leave(id(name));
    const after = await eventually('places moved up', async () => {
      const found = await line();
      return found.length === 6 && found.at(-1)!.to < before.at(-1)!.to - 60_000 ? found : undefined;
    });
    assert.ok(
      after.at(-1)!.to - after.at(-1)!.from < before.at(-1)!.to - before.at(-1)!.from,
      'and narrower',
    );
    const asking = await routing.estimate({
      requirement: { must: skills('lang:es'), prefer: [] },
      priority: 0,
    });
    assert.ok(asking.estimate!.to >= after.at(-1)!.to);
    const urgent = await routing.estimate({
      requirement: { must: skills('lang:es'), prefer: [] },
      priority: 9,
    });
    assert.ok(urgent.estimate!.to < asking.estimate!.to - 60_000);
  });

  it('and nobody is promised a time after closing: then the next opening is told [ES3]', async () => {
    // A zone in which it is about noon, so that closing in twenty minutes is today.
    const shift = new Date().getUTCHours() - 12;
    const timezone = `Etc/GMT${shift < 0 ? shift : `+${shift}`}`;
    const closesAt = Math.ceil(Date.now() / 60_000) * 60_000 + 20 * 60_000;
    const local = new Date(closesAt - shift * 3_600_000).toISOString().slice(11, 16);
    const weekly = [1, 2, 3, 4, 5, 6, 7].map((day) => ({ day, from: '09:00', to: local }));
    const routing = await open({ ana: '' }, {}, [
      service('help', { hours: { id: 'office', timezone, weekly, exceptions: [] } }),
    ]);
    await routing.setAgentState(ana, ready);
    const held = reserved(await routing.enter(contact('talks')));
    await routing.accept(held.id, ana);
    for (let i = 0; i < 12; i += 1) await routing.enter(contact(`waits-${i}`));
    const { waiting } = await eventually('a forecast of the whole line', async () => {
      const found = await routing.snapshot();
      return found.waiting.at(-1)?.standing.opensAt === undefined ? undefined : found;
    });
    const [next, last] = [waiting[0]!.standing, waiting.at(-1)!.standing];
    assert.ok(next.estimate && next.estimate.to <= closesAt && next.opensAt === undefined);
    const tomorrow = { estimate: last.estimate, opensAt: last.opensAt };
    const { opensAt } = await routing.openings('help', closesAt, closesAt);
    assert.deepEqual(tomorrow, { estimate: undefined, opensAt });
    const asking = { requirement: { must: [], prefer: [] }, priority: 0 };
    const outlook = await routing.estimate({ ...asking, service: 'help' });
    assert.deepEqual([outlook.estimate, outlook.opensAt], [undefined, opensAt]);
    assert.ok((await routing.estimate(asking)).estimate, 'without a service nothing is known of hours');
  });

  it('and after closing only the next opening is promised, though an agent still talks [ES3]', async () => {
    const day = (new Date(Date.now() + 3 * 86_400_000).getUTCDay() + 6) % 7;
    const weekly = [{ day: day + 1, from: '09:00', to: '17:00' }];
    const hours = { id: 'office', timezone: 'UTC', weekly, exceptions: [] };
    const routing = await open({ ana: '' }, {}, [service('help', { hours })]);
    await routing.setAgentState(ana, ready);
    const held = reserved(await routing.enter(contact('talks')));
    await routing.accept(held.id, ana);
    queued(await routing.enter(contact('waits')));
    const { opensAt } = await routing.opening('help', Date.now());
    const [waits] = (await routing.snapshot()).waiting;
    assert.ok(opensAt);
    assert.deepEqual(
      [waits?.standing.place, waits?.standing.estimate, waits?.standing.opensAt],
      [1, undefined, opensAt],
    );
  });

  it('and shows what one more agent would change for one who waits [MG6]', async () => {
    const routing = await open({ ana: 'lang:es' }, {});
    await routing.setAgentState(ana, ready);
    const held = reserved(await routing.enter(contact('talks', 'lang:es')));
    await routing.accept(held.id, ana);
    for (const name of ['first', 'second', 'third']) await routing.enter(contact(name, 'lang:es'));
    const first = await routing.whatIf(id('first'), skills('lang:es 3'));
    assert.deepEqual([first?.place, first?.then.place], [1, 0], 'the newcomer takes the first');
    assert.equal(first!.then.estimate!.from, first!.then.estimate!.to, 'at once');
    const third = await routing.whatIf(id('third'), skills('lang:es'));
    assert.deepEqual([third?.place, third?.then.place], [3, 2]);
    const [before, after] = [third!.estimate!, third!.then.estimate!];
    const saved = 1 - (after.to - Date.now()) / (before.to - Date.now());
    assert.ok(saved > 0.25, `two work through a line faster than one: ${saved}`);
    const useless = await routing.whatIf(id('third'), skills('lang:en 5'));
    assert.equal(useless?.then.place, 3);
    assert.ok(
      Math.abs(useless.then.estimate!.to - useless.estimate!.to) < 1_000,
      'who cannot help changes nothing',
    );
    assert.equal(await routing.whatIf(id('talks'), skills('lang:es')), undefined, 'who does not wait');
    assert.deepEqual((await routing.agentStatus(ana))?.state, 'busy', 'and nothing was done');
  });

  it('and counts on who is planned to come, and on nobody beyond their shift [ES4]', async () => {
    const minute = 60_000;
    const now = Date.now();
    const clock = (at: number) => new Date(at).toISOString().slice(11, 16);
    /** Every day from one moment to another; a period that ends before it begins reaches over midnight. */
    const shift = (from: number, to: number) => ({
      id: 'shift',
      timezone: 'UTC',
      weekly: [1, 2, 3, 4, 5, 6, 7].map((day) => ({ day, from: clock(from), to: clock(to) })),
      exceptions: [],
    });
    const done: Centre[] = [];
    const last = async (shifts: Record<string, ReturnType<typeof shift>>) => {
      const routing = await open({ ana: '', bo: '' }, {}, [service('help')], shifts);
      await routing.setAgentState(ana, ready);
      const held = reserved(await routing.enter(contact('talks')));
      await routing.accept(held.id, ana);
      for (let i = 0; i < 10; i += 1) queued(await routing.enter(contact(`waits-${i}`)));
      done.push(centre);
      // Asked so, it is played from this very moment.
      return (await routing.whatIf(id('waits-9'), []))!;
    };
    const unplanned = await last({});
    const leaving = await last({ ana: shift(now - 60 * minute, now + 2 * minute) });
    assert.ok(unplanned.estimate, 'with one agent who stays the last of ten is reached');
    const { from = Infinity } = leaving.estimate ?? {};
    assert.ok(from > now + 20 * 60 * minute, 'the only one goes: nothing before tomorrow, if anything');
    const joined = await last({ bo: shift(now + 2 * minute, now + 600 * minute) });
    await Promise.all(done.slice(0, -1).map((it) => it.close()));
    const sooner = (joined.estimate!.to - now) / (unplanned.estimate.to - now);
    assert.ok(sooner < 0.8, `two work through a line faster: ${sooner}`);
  });
});

import assert from 'node:assert/strict';
import type { WaitingView } from '../../contracts/agent.ts';
import type { Problem } from '../../contracts/problem.ts';
import type { Rules } from '../../contracts/rules.schema.ts';
import type { RulesView } from '../../contracts/rules.ts';
import type { AvailabilityView } from '../../contracts/visitor.ts';
import type { AgentClient } from '../support/agent-client.ts';
import { openCentre, type TestCentre } from '../support/centre.ts';
import { eventually } from '../support/eventually.ts';
import { employ, managerOf, serve, tidy } from '../support/staff.ts';

const staff = { ana: 'service:sales 3', bo: 'service:support 2', cy: 'lang:es 2' };

describe('A manager changes the rules while the centre works', function () {
  this.timeout(120_000);
  let it_: TestCentre;
  let mina: AgentClient;
  let ana: AgentClient;
  let bo: AgentClient;
  let cy: AgentClient;

  before(async () => {
    it_ = await openCentre({ change: (company) => employ(company, staff) });
    mina = await managerOf(it_);
    ana = await it_.agent('ana');
    bo = await it_.readyAgent('bo');
    cy = await it_.readyAgent('cy');
  });
  afterEach(() => tidy(mina, [ana, bo, cy]));
  after(() => it_.close());

  const rules = async (): Promise<RulesView> => (await mina.send<RulesView>('GET', '/rules')).body;
  const change = async (what: object, base?: number) =>
    mina.send<RulesView & Problem>('POST', '/rules', { base: base ?? (await rules()).version, ...what });
  const service = ({ rules: { services } }: RulesView, id: string): Rules['services'][number] => {
    const found = services.find((it) => it.id === id);
    assert.ok(found);
    return found;
  };
  const ring = (afterMs: number, needs: string) => {
    const [name = '', level = '1'] = needs.split(' ');
    return { afterMs, must: needs === '' ? [] : [{ name, level: Number(level) }], prefer: [] };
  };
  const atOnce = (calls: number) => ({
    voice: { most: calls, blocks: [] },
    chat: { most: 3, blocks: [] },
  });
  const skills = (...names: string[]) => names.map((name) => ({ name, level: 2 }));

  it('and somebody who waits is offered to whoever can help now, keeping place and start [MG4] [AV10]', async () => {
    await bo.ready();
    const maria = it_.visitor();
    const first = await maria.ask('+442079460110');
    const second = await it_.visitor().ask('+442079460111');
    assert.deepEqual([first.place, second.place], [1, 2]);
    const from = bo.told.items.length;
    const { status } = await change({
      agents: [{ id: 'bo', qualifications: skills('service:sales', 'service:support') }],
    });
    assert.equal(status, 200);
    const offer = await bo.offer(() => true, from);
    assert.equal(offer.callbackId, first.id, 'the first in line, though she asked under the old rules');
    assert.equal((await maria.look()).requestedAt, first.requestedAt);
  });

  it('and each agent is told how many wait whom they could take, by what they may take now [AD9] [MG4]', async () => {
    const { agents } = (await rules()).rules;
    const ofBo = (qualifications: object) => change({ agents: [{ id: 'bo', qualifications }] });
    await ofBo(skills('service:support'));
    const froms = [ana, bo, mina].map((it) => it.told.items.length);
    for (const n of [118, 119]) await it_.visitor().ask(`+442079460${String(n)}`);
    const told = (who: AgentClient, waiting: number, from = 0) =>
      who.event('line.changed', (it) => it.waiting === waiting, from);
    const [ofAna, ofMina] = await Promise.all([told(ana, 2, froms[0]), told(mina, 2, froms[2])]);
    assert.deepEqual(ofAna, ofMina, 'a manager is told of all');
    assert.deepEqual((await bo.desk()).line, { waiting: 0 }, 'Bo could take neither');
    assert.deepEqual((await ana.desk()).line, ofAna);
    const { body } = await ana.send<WaitingView>('GET', '/line');
    assert.deepEqual([body.counts, body.rows.length], [{ waiting: 2, booked: 0 }, 2]);
    await ofBo(agents.find((it) => it.id === 'bo')?.qualifications ?? []);
    await told(bo, 2, froms[1]);
  });

  it('and widens what is asked for: who waits is reached by it in their order, by everybody’s start [MG4] [AV11]', async () => {
    await cy.ready();
    const rules_ = await rules();
    const first = await it_.visitor().ask('+442079460112');
    const second = await it_.visitor().ask('+442079460113');
    assert.deepEqual([first.place, second.place], [1, 2]);
    const from = cy.told.items.length;
    const rings = [ring(1_000, 'lang:es 2')];
    const { status, body } = await change({ services: [{ ...service(rules_, 'sales'), rings }] });
    assert.equal(status, 200);
    assert.match(body.history[0]?.what[0] ?? '', /Sales: steps with waiting none → after 1 s lang:es 2/);
    const offer = await cy.offer(() => true, from);
    assert.equal(offer.callbackId, first.id);
    assert.match(offer.why.because, /asked for less after waiting/);
    const { body: restored } = await mina.send<RulesView>('POST', '/rules/restore', {
      base: body.version,
      version: rules_.version,
    });
    assert.deepEqual(service(restored, 'sales').rings, []);
  });

  it('and who has waited so long stands in the line of whoever may take them by then [AD9] [AV11]', async () => {
    const rules_ = await rules();
    const first = await it_.visitor().ask('+442079460114');
    const line = async (): Promise<WaitingView> => (await cy.send<WaitingView>('GET', '/line')).body;
    assert.deepEqual((await line()).rows, []);
    const rings = [ring(1_000, 'lang:es 2')];
    await change({ services: [{ ...service(rules_, 'sales'), rings }] });
    const [row] = await eventually('the ring', async () => {
      const { rows } = await line();
      return rows.length > 0 ? rows : undefined;
    });
    assert.deepEqual([row?.callbackId, row?.needs], [first.id, ['lang:es 2']]);
    await change({ services: [{ ...service(rules_, 'sales'), rings: [] }] });
  });

  it('and asks for something else: who waits is asked for by it, first come first [MG4] [AV10]', async () => {
    await cy.ready();
    const before = await rules();
    const first = it_.visitor();
    const second = it_.visitor();
    await first.ask('+442079460114');
    await second.ask('+442079460115');
    const from = { cy: cy.told.items.length, mina: mina.told.items.length };
    const must = [{ name: 'lang:es', level: 2 }];
    const { status } = await change({ services: [{ ...service(before, 'sales'), must }] });
    assert.equal(status, 200);
    const offer = await cy.offer(() => true, from.cy);
    assert.equal(offer.callbackId, first.created?.id, 'who came first');
    assert.deepEqual(offer.needs, ['lang:es 2']);
    const { line } = await mina.event(
      'board.changed',
      (it) => it.line.some((row) => row.callbackId === second.created?.id && row.needs.join() === 'lang:es'),
      from.mina,
    );
    assert.ok(line.every((row) => row.since > 0));
    assert.deepEqual((await cy.desk()).line.waiting, 1, 'the second could be taken by Cy now');
    await change({ services: [service(before, 'sales')] });
    await eventually('asked for as at first', async () => {
      const { body } = await ana.send<WaitingView>('GET', '/line');
      return body.counts.waiting === 1 ? true : undefined;
    });
  });

  it('and the next visitor is told by the new hours, holidays included, without a restart [MG4] [AV9]', async () => {
    const availability = async (): Promise<AvailabilityView> =>
      (await it_.visitor().send<AvailabilityView>('GET', '/availability?service=support')).body;
    assert.equal((await availability()).open, true);
    const today = new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/London' }).format(new Date());
    const yesterday = new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/London' }).format(
      Date.now() - 86_400_000,
    );
    const closed = {
      id: 'holiday',
      timezone: 'Europe/London',
      weekly: [1, 2, 3, 4, 5, 6, 7].map((day) => ({ day, from: '00:00', to: '24:00' })),
      exceptions: [yesterday, today].map((date) => ({ date, periods: [] })),
    };
    const support = service(await rules(), 'support');
    const { status } = await change({
      hours: [closed],
      services: [{ ...support, name: 'Help', hours: 'holiday' }],
    });
    assert.equal(status, 200);
    await eventually('closed for the holiday', async () => ((await availability()).open ? undefined : true));
    const { body } = await it_.visitor().send<{ id: string; name: string }[]>('GET', '/services');
    assert.equal(body.find((it) => it.id === 'support')?.name, 'Help');
  });

  it('and what makes no sense is refused beside its field, and nothing changes [MG5]', async () => {
    const before = await rules();
    const sales = service(before, 'sales');
    const hours = {
      id: 'odd',
      timezone: 'Mars/Olympus',
      weekly: [
        { day: 1, from: '09:00', to: '12:00' },
        { day: 1, from: '11:00', to: '13:00' },
      ],
      exceptions: [],
    };
    const night = (day: number) => ({ day, from: '22:00', to: '06:00' });
    const early = (day: number) => ({ day, from: '05:00', to: '09:00' });
    const nights = [night(1), early(2)];
    const sundayNight = [night(7), early(1)];
    const cases = [
      [
        { services: [{ ...sales, must: skills('lang:xx') }] },
        '/services/sales/must/0',
        /not a qualification here/,
      ],
      [
        { services: [{ ...sales, must: [{ name: 'service:sales', level: 5 }] }] },
        '/services/sales/must',
        /nobody has service:sales at level 5/,
      ],
      [
        { services: [{ ...sales, must: [{ name: 'service:sales', level: 6 }] }] },
        '/services/0/must/0/level',
        /at most 5/,
      ],
      [
        { services: [{ ...sales, hours: 'never' }] },
        '/services/sales/hours',
        /no opening hours called never/,
      ],
      [{ agents: [{ id: 'new', qualifications: [] }] }, '/agents/new', /company file adds it/],
      [
        {
          agents: [
            { id: 'ana', qualifications: [] },
            { id: 'bo', qualifications: [] },
          ],
        },
        '/services/sales/must',
        /Nobody could take a call for Sales/,
      ],
      [
        { services: [{ ...sales, rings: [ring(60_000, 'lang:xx 1')] }] },
        '/services/sales/rings/0/must/0',
        /not a qualification here/,
      ],
      [
        { services: [{ ...sales, rings: [ring(60_000, ''), ring(60_000, '')] }] },
        '/services/sales/rings/1/afterMs',
        /begins later than the one before/,
      ],
      [
        { services: [{ ...sales, rings: [ring(60_000, 'service:sales 5')] }] },
        '/services/sales/rings/0/must',
        /Nobody could take a call for Sales from step 1 on/,
      ],
      [
        { services: [{ ...sales, rings: [ring(999, '')] }] },
        '/services/0/rings/0/afterMs',
        /1 second to 24 hours/,
      ],
      [{ services: [{ ...sales, preferredWaitMs: 4e6 }] }, '/services/0/preferredWaitMs', /0 to 60 minutes/],
      [
        { agents: [{ id: 'ana', qualifications: skills('service:sales'), hours: 'never' }] },
        '/agents/ana/hours',
        /no hours called never/,
      ],
      [{ hours: [hours] }, '/hours/odd/timezone', /not a time zone/],
      [{ hours: [hours] }, '/hours/odd/weekly/1', /overlaps 09:00 to 12:00/],
      [
        { hours: [{ ...hours, id: 'night', weekly: nights }] },
        '/hours/night/weekly/1',
        /overlaps Monday 22:00 to 06:00/,
      ],
      [
        { hours: [{ ...hours, id: 'week', weekly: sundayNight }] },
        '/hours/week/weekly/1',
        /overlaps Sunday 22:00 to 06:00/,
      ],
      [{ hours: [hours, hours] }, '/hours/1/id', /odd stands here twice/],
      [
        { removeHours: ['always'] },
        '/removeHours/0',
        /always is in use\. Services that open by it: Concierge, Sales\. Give them other hours first/,
      ],
      [
        { agents: [{ id: 'ana', qualifications: skills('service:sales'), capacity: atOnce(2) }] },
        '/agents/0/capacity/voice/most',
        /a person has one telephone/,
      ],
      [
        {
          agents: [
            { id: 'ana', qualifications: skills('service:sales'), capacity: atOnce(0) },
            { id: 'bo', qualifications: skills('service:support') },
          ],
        },
        '/services/sales/must',
        /Nobody could take a call for Sales: whoever is able to takes no calls/,
      ],
      [
        { entitlements: [{ id: 'x', services: [], tier: 'gold', priority: 1 }] },
        '/entitlements/0/services',
        /./,
      ],
      [
        { entitlements: [{ id: 'x', services: [], tier: 'gold', priority: 1 }] },
        '/entitlements/0/customerId',
        /Name a customer, a number or an address range/,
      ],
      [
        { entitlements: [{ id: 'x', ipRange: '300.1.1.1', services: ['sales'], tier: 'gold', priority: 1 }] },
        '/entitlements/x/ipRange',
        /203\.0\.113\.0/,
      ],
    ] as const;
    for (const [what, path, words] of cases) {
      const { status, body } = await change(what);
      assert.equal(status, 400, path);
      const fault = body.errors?.find((it) => it.path === path);
      assert.match(fault?.message ?? JSON.stringify(body), words);
    }
    assert.deepEqual(await rules(), before);
  });

  it('and of two who change the same version the second is told, and loses nothing of the first [MG5]', async () => {
    const { version, ...before } = await rules();
    const sales = service({ version, ...before }, 'sales');
    const answers = await Promise.all(
      [40_000, 50_000].map((offerMs) => change({ services: [{ ...sales, offerMs }] }, version)),
    );
    assert.deepEqual(answers.map((it) => it.status).sort(), [200, 409]);
    const lost = answers.find((it) => it.status === 409);
    assert.equal(lost?.body.type, 'version-conflict');
    const won = answers.find((it) => it.status === 200)?.body;
    assert.deepEqual(await rules(), won);
    assert.equal(won?.version, version + 1);
  });

  it('and each change says who made it and what it was; an earlier version can hold again [MG5]', async () => {
    const before = await rules();
    const sales = service(before, 'sales');
    const { body: changed } = await change({ services: [{ ...sales, offerMs: 12_000, slotCapacity: 9 }] });
    const [last] = changed.history;
    assert.equal(last?.who, 'Mina Larsen');
    assert.match(last.what.join(), /Service Sales: offer time \d+ s → 12 s; calls in a slot 4 → 9/);
    const { body: restored } = await mina.send<RulesView>('POST', '/rules/restore', {
      base: changed.version,
      version: before.version,
    });
    assert.deepEqual(restored.rules, before.rules);
    assert.match(restored.history[0]?.what[0] ?? '', /restored/);
    assert.equal(restored.history.at(-1)?.who, 'company file');
  });

  it('and plans who works when; what was planned is kept and can be taken back [MG4] [ES4]', async () => {
    const before = await rules();
    const ana_ = before.rules.agents.find((it) => it.id === 'ana');
    assert.ok(ana_ && ana_.hours === undefined);
    const { qualifications } = ana_;
    const planned = (it: RulesView) => it.rules.agents.find(({ id }) => id === 'ana')?.hours;
    const { body } = await change({ agents: [{ id: 'ana', qualifications, hours: 'always' }] });
    assert.equal(planned(body), 'always');
    assert.match(body.history[0]?.what.join() ?? '', /^Agent Ana Story: hours none → always$/);
    const inUse = await change({ removeHours: ['always'] });
    assert.match(inUse.body.errors?.[0]?.message ?? '', /Agents who work at it: Ana Story\. Give/);
    const { body: restored } = await mina.send<RulesView>('POST', '/rules/restore', {
      base: body.version,
      version: before.version,
    });
    assert.equal(planned(restored), undefined);
  });

  it('and says how much somebody has in hand at once: who may have no call is offered none until they may [AV13] [MG4]', async () => {
    await bo.ready();
    const before = await rules();
    const bo_ = before.rules.agents.find((it) => it.id === 'bo');
    assert.deepEqual(bo_?.capacity, { voice: { most: 1, blocks: ['chat'] }, chat: { most: 3, blocks: [] } });
    const { id, qualifications, capacity } = bo_;
    // Somebody else is able to, who is not ready: else this would be refused.
    const hers = before.rules.agents.find((it) => it.id === 'ana')?.qualifications ?? [];
    const both = [...hers, ...skills('service:support')];
    assert.equal((await change({ agents: [{ id: 'ana', qualifications: both }] })).status, 200);
    const ready = async () =>
      (await mina.board()).figures.find((it) => it.id === 'agents-ready')?.value ?? Number.NaN;
    const few = await ready();
    const { body } = await change({ agents: [{ id, qualifications, capacity: atOnce(0) }] });
    await eventually('one less who can take an offer', async () => (await ready()) === few - 1 || undefined);
    assert.match(
      body.history[0]?.what.join() ?? '',
      /: at once calls 1 \(no chats beside\), .* → calls 0, chats 3$/,
    );
    const from = bo.told.items.length;
    const asked = await it_.visitor().ask('+442079460117');
    assert.equal(asked.state, 'queued', `nobody may take it: ${JSON.stringify(asked)}`);
    await change({ agents: [{ id, qualifications, capacity }] });
    assert.equal((await bo.offer(() => true, from)).callbackId, asked.id);
    const wrong = await change({
      agents: [{ id, qualifications, capacity: { ...capacity, chat: { most: 21, blocks: ['chat'] } } }],
    });
    assert.deepEqual(
      wrong.body.errors?.map((it) => it.path),
      ['/agents/0/capacity/chat/most', '/agents/0/capacity/chat/blocks'],
    );
  });

  it('and lets whoever comes again go first to the agent they talked to, though somebody is free for longer [AV11]', async () => {
    const before = await rules();
    const sales = { ...service(before, 'sales'), must: [], prefer: [] };
    const { body } = await change({ services: [{ ...sales, lastAgent: true }] });
    assert.match(body.history[0]?.what.join() ?? '', /prefers the agent of last time no → yes/);
    await bo.ready();
    const first = await it_.visitor().ask('+442079460121');
    const serving = serve(bo, first.id);
    await bo.contactIn('connected', first.id);
    await cy.ready();
    await serving;
    const froms = [bo, cy].map((it) => it.told.items.length);
    const again = await it_.visitor().ask('+442079460121');
    const offer = await bo.offer((it) => it.callbackId === again.id, froms[0]);
    assert.match(offer.why.because, /^preferred agent/);
    const stranger = await it_.visitor().ask('+442079460122');
    await cy.offer((it) => it.callbackId === stranger.id, froms[1]);
    await change({ services: [service(before, 'sales')] });
  });

  it('and agents may neither see nor change them [SC3]', async () => {
    for (const [method, path, body] of [
      ['GET', '/rules'],
      ['POST', '/rules', { base: 1 }],
      ['POST', '/rules/restore', { base: 1, version: 1 }],
    ] as const) {
      assert.equal((await ana.send(method, path, body)).status, 403);
    }
  });

  it('and what was changed and removed outlives a restart that reads the company file again [MG4]', async () => {
    const [removed, owed] = (await rules()).rules.entitlements;
    assert.ok(removed && owed);
    const lasting = { ...owed, validFrom: '2026-01-01T00:00:00Z', validTo: '2099-12-31T00:00:00Z' };
    const { body } = await change({ removeEntitlements: [removed.id], entitlements: [lasting] });
    await it_.centre.kill('contact-server', true);
    await it_.centre.start('contact-server');
    assert.deepEqual(
      await eventually('the rules', rules),
      body,
      'the file brought nothing back, and nothing new',
    );
  });
});

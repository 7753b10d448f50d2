import assert from 'node:assert/strict';
import type { WaitingView } from '../../contracts/agent.ts';
import type { Company } from '../../contracts/company.schema.ts';
import type { Problem } from '../../contracts/problem.ts';
import type { Rules } from '../../contracts/rules.schema.ts';
import type { RulesView } from '../../contracts/rules.ts';
import type { AvailabilityView } from '../../contracts/visitor.ts';
import type { AgentClient } from '../support/agent-client.ts';
import { openCentre, type TestCentre } from '../support/centre.ts';
import { employ, managerOf, tidy } from '../support/staff.ts';
import { newKey, type VisitorClient } from '../support/visitor-client.ts';

const hourMs = 3_600_000;
const minuteMs = 60_000;
const iso = (at: number): string => new Date(at).toISOString();
const everyDay = [1, 2, 3, 4, 5, 6, 7];

/** The zone in which it is this hour of the day now. */
function zoneAt(hour: number): string {
  const ahead = ((hour - new Date().getUTCHours() + 36) % 24) - 12;
  return ahead === 0 ? 'Etc/GMT' : `Etc/GMT${ahead > 0 ? '-' : '+'}${String(Math.abs(ahead))}`;
}
const noon = { timezone: zoneAt(12) };
const night = { timezone: zoneAt(23) };
/** Eight in the morning there. */
const morning = Math.floor(Date.now() / hourMs) * hourMs + 9 * hourMs;

/** Hours of one opening each day, from one moment to another, but for a day or more of none. */
function hoursOf(id: string, from: number, to: number): Rules['hours'][number] {
  const clock = (at: number): string => iso(at).slice(11, 16);
  const weekly = everyDay.map((day) => ({ day, from: clock(from), to: clock(to) }));
  return { id, timezone: 'UTC', weekly, exceptions: [] };
}
const always = { id: 'daily', timezone: 'UTC', weekly: everyDay.map(wholeDay), exceptions: [] };
function wholeDay(day: number): { day: number; from: string; to: string } {
  return { day, from: '00:00', to: '24:00' };
}
const minute = (at: number): number => Math.ceil(at / minuteMs) * minuteMs;
const opensAt = minute(Date.now() + 2 * hourMs);

function change(company: Company): void {
  employ(company, { ana: 'service:sales 3' });
  // Mobiles are where their owners are: the zone of the browser counts alone.
  for (const trunk of company.trunks) trunk.allowedPrefixes.push('+61491570');
  const [sales] = company.services;
  assert.ok(sales);
  company.hours.push(hoursOf('later', opensAt, opensAt + hourMs), always);
  company.services.push(
    { ...sales, id: 'late', name: 'Late', hours: 'later' },
    { ...sales, id: 'booked', name: 'Booked', hours: 'daily' },
  );
}

describe('Nobody is rung at an hour at which it is closed, or night where they are', function () {
  this.timeout(120_000);
  let it_: TestCentre;
  let mina: AgentClient;
  let ana: AgentClient;

  before(async () => {
    it_ = await openCentre({ change, env: { CALLING_HOURS: 'usual' } });
    mina = await managerOf(it_);
    ana = await it_.readyAgent('ana');
  });
  beforeEach(() => ana.ready());
  afterEach(() => tidy(mina, [ana]));
  after(() => it_.close());

  const asks = async (n: number, more: object): Promise<VisitorClient> => {
    const visitor = it_.visitor();
    await visitor.ask(`+61491570${String(n)}`, more);
    visitor.follow();
    return visitor;
  };
  const idOf = (visitor: VisitorClient): string => visitor.created?.id ?? '';
  const offeredTo = (visitor: VisitorClient): boolean =>
    ana.told.items.some((it) => it.type === 'offer.made' && it.data.callbackId === idOf(visitor));

  it('and who asks in their night is told their morning, not an opening in between [ES3]', async () => {
    const visitor = await asks(100, night);
    assert.deepEqual([visitor.created?.state, visitor.created?.at], ['scheduled', iso(morning)]);
    const wish = visitor.request('+61491570101', { ...noon, service: 'late' });
    const key = { 'idempotency-key': newKey() };
    const day = await visitor.send<AvailabilityView>('POST', '/callbacks', wish, key);
    assert.equal(day.status, 201);
    // It opens at one in their night, for an hour: never at an hour at which they may be rung.
    const never = visitor.request('+61491570102', { ...night, service: 'late' });
    const no = await visitor.send<Problem>('POST', '/callbacks', never, { 'idempotency-key': newKey() });
    assert.deepEqual([no.status, no.body.type, no.body.rule], [400, 'invalid-time', 'hours/never-both']);
    const look = async (timezone: string): Promise<AvailabilityView> => {
      const path = `/availability?service=late&timezone=${encodeURIComponent(timezone)}`;
      return (await visitor.send<AvailabilityView>('GET', path)).body;
    };
    assert.equal((await look(noon.timezone)).opensAt, iso(opensAt));
    const { opensAt: atNight, slots } = await look(night.timezone);
    assert.deepEqual([atNight, slots], [undefined, []], 'as the slots say');
  });

  it('nor by an agent who calls them now: it is refused before a phone rings, and says from when on [AD3] [ES3]', async () => {
    const visitor = await asks(103, night);
    await ana.send('PUT', '/me/state', { state: 'not-ready', reason: 'break' });
    const { body } = await ana.send<WaitingView>('GET', '/line');
    const row = body.rows.find((it) => it.callbackId === idOf(visitor));
    assert.deepEqual([row?.allowed, row?.callableFrom], [[], morning]);
    await assert.rejects(
      ana.command(`/callbacks/${idOf(visitor)}/call`),
      /not-now: This number may be called from \w{3} \d+ \w{3} \d\d:\d\d \(Europe\/London\) on\./,
    );
    assert.deepEqual((await ana.desk()).contacts, []);
    assert.equal((await visitor.look()).state, 'scheduled');
  });

  it('nor though a manager moves them there; to a closed hour only when the manager wants it so [MG2]', async () => {
    const visitor = await asks(104, { ...noon, service: 'late' });
    const path = `/callbacks/${idOf(visitor)}/move`;
    const asleep = await asks(105, night);
    await assert.rejects(
      mina.command(`/callbacks/${idOf(asleep)}/move`, { at: Date.now() + hourMs, anyway: true }),
      {
        message: /^invalid-time: This number may not be called then, but from /,
      },
    );
    assert.equal((await asleep.look()).at, iso(morning), 'the time it had stays');
    const soon = Date.now() + 2_500;
    await assert.rejects(mina.command(path, { at: soon }), {
      message:
        /^needs-confirmation: The service is closed at this time, .+: somebody has to be here all the same\.$/,
    });
    assert.equal((await visitor.look()).at, iso(opensAt));
    await mina.command(path, { at: soon, anyway: true });
    assert.equal((await visitor.look()).at, iso(soon));
    const offer = await ana.offer((it) => it.callbackId === idOf(visitor));
    await ana.command(`/reservations/${offer.reservationId}/reject`);
    assert.ok(Date.now() >= soon, 'it is offered then, closed or not');
  });

  const rules = async (): Promise<RulesView> => (await mina.send<RulesView>('GET', '/rules')).body;
  const save = async (hours: Rules['hours'][number], more: object = {}) =>
    mina.send<Problem>('POST', '/rules', { base: (await rules()).version, hours: [hours], ...more });

  it('nor because hours were changed since they booked: the manager is warned, and they are told another time [AV9] [MG4]', async () => {
    const at = Date.now() + 8_000;
    const visitor = await asks(106, { ...noon, service: 'booked', at: iso(at) });
    await asks(107, { ...noon, service: 'booked', at: iso(at + 5 * minuteMs) });
    const reopens = minute(at + 30 * minuteMs);
    const later = hoursOf('daily', reopens, reopens + hourMs);
    const { status, body } = await save(later);
    assert.deepEqual([status, body.type], [409, 'needs-confirmation']);
    assert.match(body.detail ?? '', /^2 callbacks are booked for times that would be closed, the first for /);
    assert.equal((await save({ ...later, exceptions: [{ date: '2020-12-25', periods: [] }] })).status, 409);
    assert.equal((await save(later, { anyway: true })).status, 200);
    assert.equal((await visitor.look()).at, iso(at), 'the hours may be put right until then');
    const told = await visitor.views.until('another time', (it) => it.at === iso(reopens));
    assert.equal(told.state, 'scheduled');
    assert.equal(offeredTo(visitor), false);

    assert.equal((await save({ ...later, weekly: [] }, { anyway: true })).status, 200);
    await save(always);
    const other = await asks(108, { ...noon, service: 'booked', at: iso(Date.now() + 3_000) });
    assert.equal((await save({ ...always, weekly: [] })).status, 409);
    assert.equal((await save({ ...always, weekly: [] }, { anyway: true })).status, 200);
    const { reason } = await other.until('refused');
    assert.equal(reason, 'Nobody will be here to call you in the next two weeks.');
    assert.equal(offeredTo(other), false);
    await save(always);
  });
});

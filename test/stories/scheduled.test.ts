import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { OfferView } from '../../contracts/agent.ts';
import type { Company } from '../../contracts/company.schema.ts';
import type { Problem } from '../../contracts/problem.ts';
import type { AvailabilityView, CallbackCreated, CallbackView } from '../../contracts/visitor.ts';
import type { AgentClient } from '../support/agent-client.ts';
import { openCentre, type TestCentre } from '../support/centre.ts';
import { eventually } from '../support/eventually.ts';
import { employ, managerOf, serve, tidy } from '../support/staff.ts';
import { newKey, type VisitorAnswer, type VisitorClient } from '../support/visitor-client.ts';

const staff = { ana: 'service:sales 3' };
const offerMs = 20_000;
const hourMs = 3_600_000;
const minuteMs = 60_000;
const iso = (at: number): string => new Date(at).toISOString();

/** A service that is closed now and opens in two hours, for an hour, every day. */
const opensAt = Math.ceil((Date.now() + 2 * hourMs) / minuteMs) * minuteMs;
function addClosedService(company: Company): void {
  const clock = (at: number): string => iso(at).slice(11, 16);
  const [sales] = company.services;
  assert.ok(sales);
  company.hours.push({
    id: 'later',
    timezone: 'UTC',
    weekly: [1, 2, 3, 4, 5, 6, 7].map((day) => ({ day, from: clock(opensAt), to: clock(opensAt + hourMs) })),
    exceptions: [],
  });
  company.services.push({
    ...sales,
    id: 'late',
    name: 'Late',
    hours: 'later',
    slotMinutes: 30,
    slotCapacity: 2,
  });
}

describe('A visitor picks a time', function () {
  this.timeout(120_000);
  let it_: TestCentre;
  let mina: AgentClient;
  let ana: AgentClient;

  before(async () => {
    it_ = await openCentre({
      own: ['redis'],
      change(company) {
        employ(company, staff);
        addClosedService(company);
      },
    });
    mina = await managerOf(it_);
    ana = await it_.readyAgent('ana');
  });
  beforeEach(() => ana.ready());
  afterEach(() => tidy(mina, [ana]));
  after(() => it_.close());

  const picking = async (n: number, at: number, more: object = {}): Promise<VisitorClient> => {
    const visitor = it_.visitor();
    await visitor.ask(`+442079460${String(n)}`, { at: iso(at), ...more });
    visitor.follow();
    return visitor;
  };
  const move = (visitor: VisitorClient, at: number): Promise<VisitorAnswer<CallbackView & Problem>> =>
    visitor.send('PATCH', `/callbacks/${idOf(visitor)}`, { at: iso(at) }, visitor.bearer());
  const offerFor = (visitor: VisitorClient): Promise<OfferView> =>
    ana.offer((it) => it.callbackId === idOf(visitor));
  const offeredAt = (offer: OfferView): number => offer.deadline - offerMs;

  it('and is offered to a free agent then, and rung as soon as the agent lifts [CB9]', async () => {
    const at = Date.now() + 3_000;
    const visitor = await picking(100, at);
    assert.equal(visitor.created?.state, 'scheduled');
    assert.equal(visitor.created.at, iso(at));
    assert.deepEqual(visitor.created.allowed, ['cancel', 'move']);
    const offer = await offerFor(visitor);
    assert.ok(offeredAt(offer) >= at, 'not before');
    assert.ok(offeredAt(offer) <= at + 1_000, `${String(offeredAt(offer) - at)} ms late`);
    await serve(ana, idOf(visitor));
    const [call] = it_.network.callsTo('+442079460100');
    assert.ok(call && call.at >= at);
    await visitor.until('completed');
  });

  it('when nobody is there: it is refused plainly, and nothing is kept [AV9] [CB9]', async () => {
    const refused = async (at: number): Promise<Problem> => {
      const visitor = it_.visitor();
      const wish = visitor.request('+442079460101', { service: 'late', at: iso(at) });
      const { status, body } = await visitor.send<Problem>('POST', '/callbacks', wish, {
        'idempotency-key': newKey(),
      });
      assert.equal(status, 400);
      assert.equal(body.type, 'invalid-time');
      return body;
    };
    const early = await refused(opensAt - 30 * minuteMs);
    assert.equal(early.rule, 'hours/closed');
    assert.match(early.detail ?? '', /Nobody is here/);
    assert.equal((await refused(opensAt + hourMs)).rule, 'hours/closed', 'it closes at that very moment');
    assert.match((await refused(Date.now() - hourMs)).detail ?? '', /has passed/);
    assert.match((await refused(Date.now() + 61 * 24 * hourMs)).detail ?? '', /60 days/);
    assert.deepEqual((await mina.board()).line, []);

    const visitor = await picking(101, opensAt + 10 * minuteMs, { service: 'late' });
    assert.equal(visitor.created?.state, 'scheduled');
    const moved = await move(visitor, opensAt - 10 * minuteMs);
    assert.equal(moved.status, 400);
    assert.equal(moved.body.type, 'invalid-time');
    assert.equal((await visitor.look()).at, iso(opensAt + 10 * minuteMs), 'the time it had stays');
  });

  it('or none, of a service that is closed: it is called when that opens, and says when [AV9]', async () => {
    const look = async (): Promise<AvailabilityView> =>
      (await it_.visitor().send<AvailabilityView>('GET', '/availability?service=late')).body;
    const before = await look();
    assert.equal(before.open, false);
    assert.equal(before.opensAt, iso(opensAt));
    assert.equal(before.estimate, undefined);
    const [first, second] = before.slots;
    assert.deepEqual(first, { from: iso(opensAt), to: iso(opensAt + 30 * minuteMs) });
    assert.deepEqual(second, { from: iso(opensAt + 30 * minuteMs), to: iso(opensAt + hourMs) });

    const visitor = it_.visitor();
    const created = await visitor.ask('+442079460102', { service: 'late' });
    assert.equal(created.state, 'scheduled');
    assert.equal(created.at, iso(opensAt));
    assert.equal(created.place, undefined);
    assert.deepEqual((await look()).slots[0], first, 'one of two places is taken');
    await picking(103, opensAt + minuteMs, { service: 'late' });
    assert.deepEqual((await look()).slots[0], second, 'the slot is full');
    assert.deepEqual((await ana.desk()).offers, []);
  });

  it('and of several who want the last place one gets it; the others are told the next free times, and lose nothing [CB11]', async () => {
    const at = opensAt + 24 * hourMs;
    const wants = (n: number, when = at, key = newKey()) => {
      const visitor = it_.visitor();
      const wish = visitor.request(`+442079460${String(n)}`, { service: 'late', at: iso(when) });
      return visitor.send<CallbackCreated & Problem>('POST', '/callbacks', wish, { 'idempotency-key': key });
    };
    const key = newKey();
    const [first] = await Promise.all([wants(120, at, key), wants(121)]);
    const answers = await Promise.all([122, 123, 124, 125].map((n) => wants(n, at + n * 1_000)));
    assert.deepEqual(first.status, 201);
    for (const { status, body } of answers) {
      assert.equal(status, 409);
      assert.equal(body.type, 'slot-full');
      assert.equal(body.errors?.[0]?.path, '/at');
      assert.match(body.detail ?? '', /^This time has just been taken\. Free next: \w{3} \d+ \w+ \d\d:\d\d/);
      assert.equal(body.slots?.[0]?.from, iso(at + 30 * minuteMs));
    }
    assert.equal((await wants(120, at, key)).status, 201, 'the same request again has its place');

    const token = { authorization: `Bearer ${first.body.token}` };
    const visitor = it_.visitor();
    const path = `/callbacks/${first.body.id}`;
    assert.equal((await visitor.send('PATCH', path, { at: iso(at + 60_000) }, token)).status, 200);
    assert.equal((await wants(126)).status, 409, 'moved within its slot it still holds one place');
    assert.equal((await visitor.send('PATCH', path, { at: iso(at + 30 * minuteMs) }, token)).status, 200);
    const next = await wants(126);
    assert.equal(next.status, 201, 'moved away, it left its place');
    const back = await visitor.send<Problem>('PATCH', path, { at: iso(at) }, token);
    assert.deepEqual([back.status, back.body.type], [409, 'slot-full']);
    const { body: stays } = await visitor.send<CallbackView>('GET', path, undefined, token);
    assert.equal(stays.at, iso(at + 30 * minuteMs), 'what was refused left the time it had');
    const gone = { authorization: `Bearer ${next.body.token}` };
    await visitor.send('DELETE', `/callbacks/${next.body.id}`, undefined, gone);
    const race = await Promise.all([127, 128, 129, 130, 131, 132].map((n) => wants(n)));
    assert.deepEqual(race.map((it) => it.status).sort(), [201, 409, 409, 409, 409, 409]);
  });

  it('and the place is kept though Redis is emptied: the next still finds the slot full [CB11] [CB2]', async () => {
    const at = opensAt + 48 * hourMs;
    const wants = (n: number): Promise<VisitorAnswer<Problem>> => {
      const visitor = it_.visitor();
      const wish = visitor.request(`+442079460${String(n)}`, { service: 'late', at: iso(at) });
      return visitor.send<Problem>('POST', '/callbacks', wish, { 'idempotency-key': newKey() });
    };
    assert.deepEqual([(await wants(140)).status, (await wants(141)).status], [201, 201]);
    await it_.centre.kill('redis', true);
    await rm(join(it_.centre.env['DATA_DIR'] ?? '', 'redis'), { recursive: true });
    assert.equal((await wants(142)).status, 409, 'not even while it is away');
    await it_.centre.start('redis');
    assert.equal((await wants(143)).status, 409);
    const offered = await eventually('the bookings are back', async () => {
      const { body } = await it_.visitor().send<AvailabilityView>('GET', '/availability?service=late');
      const isThere = body.slots.some((it) => it.from === iso(at));
      return isThere ? undefined : body.slots;
    });
    assert.ok(offered.some((it) => it.from === iso(at + 30 * minuteMs)));
  });

  it('and another, earlier or later: the last one counts [CB9]', async () => {
    const earlier = await picking(104, Date.now() + hourMs);
    const later = await picking(105, Date.now() + 2_500);
    const soon = Date.now() + 3_500;
    assert.equal((await move(earlier, soon)).body.at, iso(soon));
    assert.equal((await move(later, Date.now() + hourMs)).body.state, 'scheduled');
    const offer = await offerFor(earlier);
    assert.ok(offeredAt(offer) >= soon && offeredAt(offer) <= soon + 1_000);
    assert.equal((await later.look()).state, 'scheduled');
    await serve(ana, idOf(earlier));
    assert.equal(it_.network.callsTo('+442079460105').length, 0);
    const waits = (await mina.board()).line.map((it) => [it.callbackId, it.state]);
    assert.deepEqual(waits, [[idOf(later), 'scheduled']]);
  });

  it('and takes it back: nothing happens at that time [CB9]', async () => {
    const at = Date.now() + 2_000;
    const visitor = await picking(106, at);
    const other = await picking(107, at + 500);
    const gone = await visitor.send<CallbackView>(
      'DELETE',
      `/callbacks/${idOf(visitor)}`,
      undefined,
      visitor.bearer(),
    );
    assert.equal(gone.body.state, 'cancelled');
    await serve(ana, idOf(other));
    assert.equal(it_.network.callsTo('+442079460106').length, 0);
    assert.ok(!ana.told.items.some((it) => it.type === 'offer.made' && it.data.callbackId === idOf(visitor)));
  });

  it('when all are busy: the wait begins at that time, behind those who waited before [AV10]', async () => {
    const busyWith = it_.visitor();
    await busyWith.ask('+442079460108');
    await ana.accept(await offerFor(busyWith));
    const at = Date.now() + 1_500;
    const picked = await picking(109, at);
    const walkIn = it_.visitor();
    await walkIn.ask('+442079460110');
    const queued = await picked.until('queued');
    assert.equal(queued.place, 2);
    const row = (await mina.board()).line.find((it) => it.callbackId === idOf(picked));
    assert.equal(row?.since, at);
    assert.equal((await walkIn.look()).place, 1);
  });

  it('and the contact server dies before it: the call comes all the same, once [CB2] [CB9]', async () => {
    const at = Date.now() + 8_000;
    const visitor = await picking(111, at);
    await it_.centre.kill('contact-server');
    const offer = await offerFor(visitor);
    assert.ok(offeredAt(offer) >= at);
    await serve(ana, idOf(visitor));
    await visitor.until('completed');
    assert.equal(it_.network.callsTo('+442079460111').length, 1);
  });

  it('that passes while the contact server is down: it is called when the server is back [CB2] [CB8]', async () => {
    const at = Date.now() + 1_000;
    const visitor = await picking(112, at);
    await it_.centre.kill('contact-server', true);
    await it_.centre.start('contact-server');
    const offer = await offerFor(visitor);
    assert.ok(offeredAt(offer) >= at);
    await serve(ana, idOf(visitor));
    assert.equal(it_.network.callsTo('+442079460112').length, 1);
  });
});

function idOf(visitor: VisitorClient): string {
  return visitor.created?.id ?? '';
}

import assert from 'node:assert/strict';
import { pino } from 'pino';
import { VisitorStreams } from '../../contact-server/app/visitor-streams.ts';
import { VisitorViews } from '../../contact-server/app/visitor-view.ts';
import type { Callback } from '../../contact-server/domain/callback.ts';
import type { CallbackRecord } from '../../contact-server/ports/stores.ts';
import type { CallbackId, SessionId } from '../../contracts/ids.ts';
import type { TimeRange } from '../../contracts/states.ts';
import type { CallbackView } from '../../contracts/visitor.ts';
import { Mailbox } from '../support/mailbox.ts';
import { PassingClock } from '../support/page-bench.ts';

const minute = 60_000;
const start = Date.parse('2026-06-01T10:00:00Z');
const nightEnds = Date.parse('2026-06-02T03:00:00Z');
const id = 'c1' as CallbackId;

function waiting(): CallbackRecord {
  return {
    callback: {
      id,
      wish: {
        service: 'sales',
        phone: '+442079460101',
        sessionId: 's' as SessionId,
        ip: '198.51.100.7',
        standing: 'claimed',
        anyHour: false,
      },
      phase: { state: 'queued' },
      requestedAt: start,
      startedAt: start,
      entry: 1,
      attempts: [],
      agentFailures: 0,
      history: [{ at: start, state: 'queued', why: '' }],
    },
    version: 1,
    notes: { text: '', version: 0 },
    promiseBroken: false,
    identityChecked: false,
  };
}

/** A visitor's page, open on a callback that stands in line; routing forecasts what the test says. */
async function openPage(forecast: (now: number) => { estimate?: TimeRange; opensAt?: number }) {
  const clock = new PassingClock(start);
  let record = waiting();
  let isLost = false;
  const store = {
    find: () => Promise.resolve(record),
    savePromise(_: CallbackId, promise: NonNullable<CallbackRecord['promise']>, broke: boolean) {
      record = { ...record, promise, promiseBroken: record.promiseBroken || broke };
      return Promise.resolve();
    },
  };
  const parts = {
    store,
    clock,
    routing: {
      place: () =>
        isLost
          ? Promise.reject(new Error('Redis is away'))
          : Promise.resolve({ place: 1, nobodyOnDuty: false, candidates: [], ...forecast(clock.now()) }),
    },
    // Until eight in the morning it is night where they are.
    times: {
      next: (_: unknown, from: number) => Promise.resolve({ ok: true, at: Math.max(from, nightEnds) }),
    },
    calls: { find: () => Promise.resolve(undefined) },
    accounts: { byId: () => Promise.resolve({ name: 'Maya Okafor' }) },
    company: { services: new Map() },
    codeKey: Buffer.alloc(32),
  } as unknown as ConstructorParameters<typeof VisitorViews>[0];
  let tellOfIt = (): void => {};
  const streams = new VisitorStreams({
    ...parts,
    views: new VisitorViews(parts),
    hints: {
      give: () => {},
      onHint(listener) {
        tellOfIt = () => listener({ about: 'callback', id });
        return () => {};
      },
    },
    log: pino({ level: 'silent' }),
  });
  const told = new Mailbox<{ readonly at: number; readonly event: string; readonly view: CallbackView }>();
  streams.start();
  await streams.open(id, {
    ask: { visitor: { ip: '198.51.100.7' }, params: {}, node: 'dmz' },
    send(data, as) {
      told.put({ at: clock.now(), event: as?.event ?? '', view: JSON.parse(data) as CallbackView });
      return true;
    },
    close: () => {},
    onData: () => {},
    onClose: () => {},
  });
  return {
    clock,
    told,
    stop: () => streams.stop(),
    record: () => record,
    /** It goes on to this state, and their page is told. */
    goesOn: (phase: object) => {
      const { callback } = record;
      record = { ...record, callback: { ...callback, phase: phase as Callback['phase'] } };
      tellOfIt();
      return told.next();
    },
    loseRouting: () => (isLost = true),
  };
}

describe('A promise on a visitor’s page', () => {
  it('is withdrawn before its end, though the agent was about to be free all the time [ES1]', async () => {
    let [from, to] = [2 * minute, 5 * minute];
    const { clock, told, stop, record } = await openPage((now) => ({
      estimate: { from: now + from, to: now + to },
    }));
    const first = await told.next();
    const end = Date.parse(first.view.estimate?.to ?? '');
    assert.equal(end, start + 5 * minute + 10_000, 'and both phones ring in it');
    // Any moment now, and now, and now.
    [from, to] = [10_000, 4 * minute];
    await clock.pass(6 * minute);
    const withdrawn = await told.next();
    assert.equal(withdrawn.event, 'callback.promise-broken');
    assert.ok(withdrawn.at < end && withdrawn.at > end - 15_000, 'before it ends, and not long before');
    assert.ok(Date.parse(withdrawn.view.estimate?.to ?? '') > end + minute);
    assert.equal(record().promiseBroken, true);
    stop();
  });

  it('is withdrawn at once where the line says that it cannot be kept [ES1]', async () => {
    let from = minute;
    const { clock, told, stop } = await openPage((now) => ({
      estimate: { from: now + from, to: now + 2 * from },
    }));
    await told.next();
    from = 10 * minute;
    await clock.pass(20_000);
    const withdrawn = await told.next();
    assert.equal(withdrawn.event, 'callback.promise-broken');
    assert.deepEqual(told.unread, [], 'and said once');
    stop();
  });

  for (const phase of [
    { state: 'reserved', claim: { agentId: 'maya' } },
    { state: 'dialing-agent', claim: { agentId: 'maya' }, callId: 'call-1' },
  ]) {
    it(`is withdrawn before its end, though they are ${phase.state} by then: nothing rings for them yet [ES1]`, async () => {
      const { clock, told, stop, record, goesOn } = await openPage((now) => ({
        estimate: { from: now + minute, to: now + 2 * minute },
      }));
      const end = Date.parse((await told.next()).view.estimate?.to ?? '');
      assert.equal(
        (await goesOn(phase)).view.estimate?.to,
        new Date(end).toISOString(),
        'it holds until then',
      );
      await clock.pass(3 * minute);
      const { event, at, view } = await told.next();
      assert.deepEqual([event, view.estimate], ['callback.promise-broken', undefined]);
      assert.ok(at < end && at > end - 15_000);
      assert.equal(record().promiseBroken, true);
      assert.deepEqual(told.unread, [], 'and said once');
      stop();
    });
  }

  it('is withdrawn before its end though routing is lost, and nothing else is promised [ES1]', async () => {
    const { clock, told, stop, loseRouting } = await openPage((now) => ({
      estimate: { from: now + minute, to: now + 2 * minute },
    }));
    const end = Date.parse((await told.next()).view.estimate?.to ?? '');
    loseRouting();
    await clock.pass(3 * minute);
    const last = [await told.next(), ...told.unread].find((it) => it.event === 'callback.promise-broken');
    assert.equal(last?.view.estimate, undefined);
    assert.ok(last && last.at < end);
    stop();
  });

  it('gives way to the next opening for one who will not be reached before closing [ES3]', async () => {
    const opensAt = start + 15 * 60 * minute;
    let late = false;
    const { clock, told, stop, record } = await openPage((now) =>
      late ? { opensAt } : { estimate: { from: now + minute, to: now + 30 * minute } },
    );
    assert.equal((await told.next()).view.at, undefined);
    late = true;
    await clock.pass(20_000);
    const { event, view } = await told.next();
    assert.equal(event, 'callback.promise-broken');
    assert.equal(view.at, new Date(nightEnds).toISOString(), 'and not in their night');
    assert.equal(view.estimate, undefined);
    assert.equal(record().promiseBroken, true);
    await clock.pass(2 * minute);
    assert.deepEqual(told.unread, []);
    stop();
  });
});

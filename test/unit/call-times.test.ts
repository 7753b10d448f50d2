import assert from 'node:assert/strict';
import { Admission } from '../../contact-server/app/admission.ts';
import { CallTimes } from '../../contact-server/app/call-times.ts';
import { DialGate } from '../../contact-server/app/dial-gate.ts';
import { dialPolicy } from '../../contact-server/app/dial-policy.ts';
import type { Callback, Phase } from '../../contact-server/domain/callback.ts';
import { openingAt } from '../../routing/domain/hours.ts';

const at = (text: string): number => Date.parse(text);
const london = '+442079460101';
const everyDay = [1, 2, 3, 4, 5, 6, 7];

/** A centre in London, open at these hours each day; it may ring people from eight to nine at night where they are. */
function centre(open: readonly (readonly [string, string])[], now: string) {
  const weekly = everyDay.flatMap((day) => open.map(([from, to]) => ({ day, from, to })));
  const hours = { id: 'h', timezone: 'Europe/London', weekly, exceptions: [] };
  const policy = dialPolicy('GB', () => ({
    trunks: [{ id: 'line', allowedPrefixes: ['+'], callerIds: ['+442079460999'] }],
    ownNumbers: [],
    callingHours: { from: '08:00', to: '21:00' },
  }));
  const clock = { now: () => at(now) };
  const routing = {
    opening: (_: string, moment: number) => Promise.resolve(openingAt(hours, moment)),
    screen: () =>
      Promise.resolve({ ok: true, tier: 'standard', priority: 0, requirement: { must: [], prefer: [] } }),
  };
  const times = new CallTimes({ routing, policy, clock } as never);
  const written: string[] = [];
  const audit = { add: ({ what }: { what: string }) => Promise.resolve(void written.push(what)) };
  const admission = new Admission({ routing, times, audit, clock } as never);
  const list = { has: () => Promise.resolve(false) };
  const gate = new DialGate({ times, list, hashKey: Buffer.alloc(32), audit, clock } as never);
  return { times, admission, gate, written };
}

function asking(wish: object = {}, phase: Phase = { state: 'requested' }): Callback {
  return {
    id: 'c1',
    wish: { service: 'sales', phone: london, ip: '192.0.2.1', anyHour: false, ...wish },
    phase,
  } as unknown as Callback;
}

const startOf = async (it: ReturnType<typeof centre>, wish?: object): Promise<string | undefined> => {
  const fact = await it.admission.judge(asking(wish));
  if (fact.type === 'refused') return fact.rule;
  return fact.startAt === undefined ? 'now' : new Date(fact.startAt).toISOString().slice(0, 16);
};

describe('The next time at which somebody can be called', () => {
  it('is one at which it is open and they may be rung: not the opening at night, but the next by day [ES3]', async () => {
    const opens = [
      ['22:00', '23:30'],
      ['10:00', '11:00'],
    ] as const;
    assert.equal(await startOf(centre(opens, '2026-06-01T18:00Z')), '2026-06-02T09:00');
    assert.equal(await startOf(centre(opens, '2026-06-01T21:30Z')), '2026-06-02T09:00', 'open, yet too late');
    assert.equal(await startOf(centre(opens, '2026-06-01T09:30Z')), 'now');
    assert.equal(await startOf(centre(opens, '2026-06-01T18:00Z'), { anyHour: true }), '2026-06-01T21:00');
  });

  it('is refused with its reason where both never meet, or it never opens [ES3] [AV2]', async () => {
    const night = centre([['22:00', '23:30']], '2026-06-01T18:00Z');
    const fact = await night.admission.judge(asking());
    assert.ok(fact.type === 'refused');
    assert.equal(fact.rule, 'hours/never-both');
    assert.match(fact.reason, /nobody is here at the hours in which we may call you/);
    assert.equal(await startOf(centre([], '2026-06-01T18:00Z')), 'hours/never-open');
  });

  it('is in the afternoon of London for a visitor on the Pacific coast [ES3]', async () => {
    const pacific = { timezone: 'America/Los_Angeles' };
    const office = [['09:00', '17:00']] as const;
    assert.equal(await startOf(centre(office, '2026-06-01T18:00Z'), pacific), '2026-06-02T15:00');
    const { times } = centre(office, '2026-06-01T18:00Z');
    const hours = { from: '08:00', to: '21:00' };
    const opensAt = at('2026-06-02T08:00Z');
    const next = await times.nextIn('America/Los_Angeles', hours, 'sales', opensAt);
    assert.deepEqual(next, { ok: true, at: at('2026-06-02T15:00Z') });
    const never = await times.nextIn('Pacific/Auckland', { from: '09:00', to: '17:00' }, 'sales', opensAt);
    assert.deepEqual([never.ok, never.ok || never.rule], [false, 'hours/never-both']);
  });

  it('is right on both days the clocks change, also where they change on different days [ES3] [AV9]', async () => {
    const night = [
      ['00:30', '02:30'],
      ['07:30', '08:30'],
    ] as const;
    // 08:00 in London is an hour earlier on the day summer time begins, and an hour later on the day it ends.
    assert.equal(await startOf(centre(night, '2026-03-28T20:00Z')), '2026-03-29T07:00');
    assert.equal(await startOf(centre(night, '2026-10-24T20:00Z')), '2026-10-25T08:00');
    const late = [['14:00', '17:00']] as const;
    const pacific = { timezone: 'America/Los_Angeles' };
    // For two weeks in March the coast has summer time, and London has not.
    assert.equal(await startOf(centre(late, '2026-03-07T18:00Z'), pacific), '2026-03-08T15:00');
    assert.equal(await startOf(centre(late, '2026-03-28T18:00Z'), pacific), '2026-03-29T15:00');
    assert.equal(await startOf(centre(late, '2026-10-31T18:00Z'), pacific), '2026-11-01T16:00');
  });

  it('is asked for again when the gate refuses: nobody is rung in vain each day [ES3]', async () => {
    const { gate, written } = centre(
      [
        ['20:00', '22:00'],
        ['12:00', '13:00'],
      ],
      '2026-06-01T20:30Z',
    );
    const refused = await gate.foresees(asking());
    assert.equal(refused?.notBefore, at('2026-06-02T11:00Z'), 'not at eight, when nobody is here');
    assert.deepEqual(written, ['dial-refused']);
    const night = centre([['21:00', '22:00']], '2026-06-01T20:30Z');
    const { notBefore, rule } = (await night.gate.foresees(asking())) ?? {};
    assert.deepEqual([notBefore, rule], [undefined, 'hours/never-both']);
    assert.equal(await centre([], '2026-06-01T12:00Z').gate.foresees(asking()), undefined);
  });

  it('is told to a booked one whose time is none any more, and to no other [ES3]', async () => {
    const it = centre([['09:00', '17:00']], '2026-06-01T18:00Z');
    const booked = (time: string, more: object = {}) =>
      it.times.postponed(asking({}, { state: 'scheduled', at: at(time), why: 'retry', ...more }));
    assert.equal(await booked('2026-06-02T08:00Z'), undefined);
    const told = await booked('2026-06-01T18:05Z');
    assert.deepEqual(told?.next, { ok: true, at: at('2026-06-02T08:00Z') });
    assert.equal(told.from, at('2026-06-01T18:05Z'));
    assert.equal(await booked('2026-06-01T18:05Z', { anyway: true }), undefined, 'a manager wants it so');
    const night = await booked('2026-06-01T22:00Z', { anyway: true });
    assert.deepEqual(night?.next, { ok: true, at: at('2026-06-02T08:00Z') }, 'but the law stands');
    assert.equal(await it.times.postponed(asking({}, { state: 'queued' })), undefined);
  });
});

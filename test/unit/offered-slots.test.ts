import assert from 'node:assert/strict';
import { pino } from 'pino';
import { Visitors } from '../../contact-server/app/visitors.ts';
import type { TimeRange } from '../../contracts/states.ts';
import type { AvailabilityView } from '../../contracts/visitor.ts';

const at = (text: string) => Date.parse(text);
const now = at('2026-06-01T00:00Z');
const hour = 3_600_000;

/** A service that is open round the clock, with a slot each hour of the next day. */
function company(outlook: { estimate?: TimeRange; opensAt?: number } = {}, count = 24, length = hour) {
  const slots = Array.from({ length: count }, (_, i) => ({
    from: now + i * length,
    to: now + (i + 1) * length,
  }));
  const visitors = new Visitors({
    routing: {
      screen: () => Promise.resolve({ ok: true, requirement: { must: [], prefer: [] }, priority: 0 }),
      openings: () => Promise.resolve({ openNow: true, closesAt: now + hour, slots }),
      estimate: () => Promise.resolve({ nobodyOnDuty: false, ...outlook }),
    },
    company: {
      services: new Map([['sales', { id: 'sales', name: 'Sales' }]]),
      callingHours: { from: '08:00', to: '21:00' },
      consent: { call: { text: '', version: '1' } },
      country: 'GB',
    },
    keepDays: 90,
    proof: { issue: () => ({ token: '', difficulty: 0 }) },
    clock: { now: () => now },
    log: pino({ level: 'silent' }),
  } as unknown as ConstructorParameters<typeof Visitors>[0]);
  return async (params: Record<string, string> = {}) => {
    const visitor = { ip: '198.51.100.7', origin: 'https://shop.example' };
    const answer = await visitors.answer('availability.read', { visitor, params, node: 'dmz' });
    return answer.body as AvailabilityView;
  };
}

describe('The times offered to a visitor', () => {
  const local = (view: AvailabilityView, timeZone: string) =>
    view.slots.map((it) =>
      new Date(it.from).toLocaleTimeString('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' }),
    );

  it('lie within the calling hours where the visitor is, the whole slot [ES3]', async () => {
    const offered = company();
    const kathmandu = local(await offered({ timezone: 'Asia/Kathmandu' }), 'Asia/Kathmandu');
    assert.deepEqual([...kathmandu].sort().slice(0, 1), ['08:45']);
    assert.equal([...kathmandu].sort().at(-1), '19:45', 'one from 20:45 would go on after nine');
    const tokyo = local(await offered({ timezone: 'Asia/Tokyo' }), 'Asia/Tokyo');
    assert.deepEqual([tokyo.length, [...tokyo].sort()[0], [...tokyo].sort().at(-1)], [13, '08:00', '20:00']);
  });

  it('are on every day of the week, however short the slots: all of the first day, half an hour apart after it', async () => {
    const fiveMinutes = hour / 12;
    const look = company({}, 7 * 24 * 12, fiveMinutes);
    const perDay = (view: AvailabilityView): number[] => {
      const days = view.slots.map(({ from }) => Math.floor((at(from) - now) / (24 * hour)));
      return [0, 1, 2, 3, 4, 5, 6].map((day) => days.filter((it) => it === day).length);
    };
    const always = await look();
    assert.deepEqual(perDay(always), [288, 48, 48, 48, 48, 48, 48]);
    const london = await look({ timezone: 'Europe/London' });
    // It is one in the morning in London: its first day of calls ends with the hours of this one.
    assert.deepEqual(perDay(london), [156, 26, 26, 26, 26, 26, 26]);
    const bytes = (view: AvailabilityView): number => JSON.stringify(view.slots).length;
    assert.ok(bytes(always) < 40_000 && bytes(london) < 22_000, 'which a page can carry');
    const { from = '', to = '' } = london.slots[200] ?? {};
    assert.equal(at(to) - at(from), fiveMinutes, 'each is a slot as it is booked');
    const usual = await company({}, 7 * 24, hour)();
    assert.equal(usual.slots.length, 7 * 24, 'fewer are shown as they are');
  });

  it('are all there are where no zone, or none that exists, was told', async () => {
    const offered = company();
    assert.equal((await offered()).slots.length, 24);
    assert.equal((await offered({ timezone: 'Mars/Olympus' })).slots.length, 24);
  });

  it('come with the next opening where one who asks now would not be reached before closing [ES3]', async () => {
    const opensAt = now + 9 * hour;
    const view = await company({ opensAt })();
    assert.deepEqual(
      [view.open, view.estimate, view.opensAt],
      [true, undefined, new Date(opensAt).toISOString()],
    );
    const estimate = { from: now + 60_000, to: now + 120_000 };
    assert.equal((await company({ estimate })()).opensAt, undefined);
  });
});

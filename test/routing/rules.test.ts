import assert from 'node:assert/strict';
import type { Entitlement, Hours } from '../../routing/testing.ts';
import {
  addressKey,
  addressRange,
  canServe,
  classId,
  lineScore,
  nextChanges,
  openingAt,
  openSpans,
  profileId,
  screenEntitlement,
  slotAt,
  slotsBetween,
  tiersFor,
  withLanguage,
  withRoom,
} from '../../routing/testing.ts';
import { skills } from './centre.ts';

const needs = (must: string, prefer = '') => ({ must: skills(must), prefer: skills(prefer) });

describe('Matching', () => {
  it('asks for every qualification, at its level', () => {
    assert.equal(canServe(skills('lang:es 3, product:loans 2'), needs('lang:es 3, product:loans')), true);
    assert.equal(canServe(skills('lang:es 2, product:loans 5'), needs('lang:es 3, product:loans')), false);
    assert.equal(canServe(skills('lang:es 5'), needs('lang:es, product:loans')), false);
    assert.equal(canServe([], needs('')), true);
  });

  it('ranks wishes met first, then proficiency in what was asked for, and nothing else', () => {
    const profiles = new Map(
      ['lang:es 2', 'lang:es 5', 'lang:es 5, lang:fr 5', 'lang:es 1, product:loans', 'lang:en 5'].map(
        (it) => [it, skills(it)],
      ),
    );
    assert.deepEqual(tiersFor(needs('lang:es', 'product:loans'), profiles), [
      ['lang:es 1, product:loans'],
      ['lang:es 5', 'lang:es 5, lang:fr 5'],
      ['lang:es 2'],
    ]);
  });

  it('names the same skills the same, in whatever order they come', () => {
    assert.equal(
      profileId(skills('lang:es 2, lang:en 1')),
      profileId(skills('lang:en 1, lang:es 2, lang:es 1')),
    );
    assert.notEqual(profileId(skills('lang:es 2')), profileId(skills('lang:es 3')));
    assert.equal(classId(needs('lang:es 2', 'lang:es 1')), classId(needs('lang:es 2')));
    assert.notEqual(classId(needs('lang:es')), classId(needs('', 'lang:es')));
  });

  it('orders by priority, then by start, exactly', () => {
    const now = 1_800_000_000_000;
    assert.ok(lineScore(1, now) < lineScore(0, now - 1e9));
    assert.ok(lineScore(0, now) < lineScore(0, now + 1));
    assert.ok(Number.isSafeInteger(lineScore(0, now)));
  });
});

describe('Opening hours', () => {
  const at = (text: string) => Date.parse(text);
  const week = (timezone: string, from: string, to: string): Hours => ({
    id: 'office',
    timezone,
    weekly: [1, 2, 3, 4, 5, 6, 7].map((day) => ({ day, from, to })),
    exceptions: [],
  });
  const london = week('Europe/London', '09:00', '17:00');

  it('follow the clock on the wall through both changes in London', () => {
    const spring = openSpans(london, at('2026-03-28T00:00Z'), at('2026-03-30T00:00Z'));
    assert.deepEqual(spring, [
      { from: at('2026-03-28T09:00Z'), to: at('2026-03-28T17:00Z') },
      { from: at('2026-03-29T08:00Z'), to: at('2026-03-29T16:00Z') },
    ]);
    const autumn = openSpans(london, at('2026-10-24T00:00Z'), at('2026-10-26T00:00Z'));
    assert.deepEqual(autumn, [
      { from: at('2026-10-24T08:00Z'), to: at('2026-10-24T16:00Z') },
      { from: at('2026-10-25T09:00Z'), to: at('2026-10-25T17:00Z') },
    ]);
  });

  it('follow New York, where the clocks change on other days', () => {
    const hours = week('America/New_York', '09:00', '17:00');
    assert.deepEqual(openSpans(hours, at('2026-03-08T04:00Z'), at('2026-03-09T04:00Z')), [
      { from: at('2026-03-08T13:00Z'), to: at('2026-03-08T21:00Z') },
    ]);
    assert.deepEqual(openSpans(hours, at('2026-11-01T04:00Z'), at('2026-11-02T05:00Z')), [
      { from: at('2026-11-01T14:00Z'), to: at('2026-11-01T22:00Z') },
    ]);
  });

  it('are an hour shorter or longer in the night of the change', () => {
    const nights = week('Europe/London', '00:00', '06:00');
    const hoursOpen = (day: string) => {
      const [span] = openSpans(nights, at(`${day}T02:30Z`), at(`${day}T03:00Z`));
      return ((span?.to ?? 0) - (span?.from ?? 0)) / 3_600_000;
    };
    assert.deepEqual([hoursOpen('2026-03-28'), hoursOpen('2026-03-29'), hoursOpen('2026-10-25')], [6, 5, 7]);
  });

  it('move a time that does not exist on, and take the first of one that comes twice', () => {
    const odd = week('Europe/London', '01:30', '03:00');
    const [gap] = openSpans(odd, at('2026-03-29T00:00Z'), at('2026-03-29T12:00Z'));
    assert.deepEqual(gap, { from: at('2026-03-29T01:30Z'), to: at('2026-03-29T02:00Z') });
    const [twice] = openSpans(odd, at('2026-10-25T00:00Z'), at('2026-10-25T12:00Z'));
    assert.deepEqual(twice, { from: at('2026-10-25T00:30Z'), to: at('2026-10-25T03:00Z') });
  });

  it('close a holiday from midnight to midnight, though a night began the day before [AV9]', () => {
    const nights = week('Europe/London', '22:00', '06:00');
    const openOn = (date: string, exceptions: Hours['exceptions']) =>
      openSpans({ ...nights, exceptions }, at(`${date}T00:00Z`), at(`${date}T24:00Z`)).map(({ from, to }) =>
        [from, to].map((it) => new Date(it).toISOString().slice(5, 16)),
      );
    const closed = { date: '2026-12-25', periods: [] };
    assert.deepEqual(openOn('2026-12-25', [closed]), []);
    assert.deepEqual(openOn('2026-12-24', [closed]), [
      ['12-23T22:00', '12-24T06:00'],
      ['12-24T22:00', '12-25T00:00'],
    ]);
    assert.deepEqual(openOn('2026-12-26', [closed]), [['12-26T22:00', '12-27T06:00']], 'nor into the next');
    // Open otherwise: only as it stands there; what is to go on after midnight is written with its own date.
    const short = { date: '2026-12-25', periods: [{ from: '00:00', to: '02:00' }] };
    assert.deepEqual(openOn('2026-12-25', [short]), [['12-24T22:00', '12-25T02:00']]);
    // The clocks are put forward in the night before the holiday, back in the night before the next.
    const spring = { date: '2026-03-29', periods: [] };
    assert.deepEqual(openOn('2026-03-28', [spring])[1], ['03-28T22:00', '03-29T00:00']);
    const autumn = { date: '2026-10-25', periods: [] };
    assert.deepEqual(openOn('2026-10-24', [autumn])[1], ['10-24T21:00', '10-24T23:00']);
  });

  it('know lunch, holidays, days open otherwise, and when the next change is', () => {
    const hours: Hours = {
      id: 'shop',
      timezone: 'Europe/London',
      weekly: [
        { day: 1, from: '09:00', to: '12:00' },
        { day: 1, from: '13:00', to: '17:00' },
        { day: 2, from: '09:00', to: '17:00' },
      ],
      exceptions: [
        { date: '2026-12-29', periods: [] },
        { date: '2026-12-30', periods: [{ from: '10:00', to: '11:00' }] },
      ],
    };
    // 2026-12-28 is a Monday.
    assert.deepEqual(openingAt(hours, at('2026-12-28T11:00Z')), {
      openNow: true,
      closesAt: at('2026-12-28T12:00Z'),
    });
    assert.deepEqual(openingAt(hours, at('2026-12-28T12:00Z')), {
      openNow: false,
      opensAt: at('2026-12-28T13:00Z'),
    });
    assert.deepEqual(openingAt(hours, at('2026-12-28T17:00Z')), {
      openNow: false,
      opensAt: at('2026-12-30T10:00Z'),
    });
    assert.deepEqual(openingAt({ ...hours, weekly: [], exceptions: [] }, at('2026-12-28T17:00Z')), {
      openNow: false,
    });
  });

  it('join over midnight, and never close when they are round the clock', () => {
    const always = week('Europe/London', '00:00', '24:00');
    assert.deepEqual(openingAt(always, at('2026-06-01T12:00Z')), { openNow: true });
    const late = week('Europe/London', '22:00', '02:00');
    assert.deepEqual(openingAt(late, at('2026-12-01T23:30Z')), {
      openNow: true,
      closesAt: at('2026-12-02T02:00Z'),
    });
    assert.deepEqual(openingAt(late, at('2026-12-02T01:30Z')).openNow, true);
  });

  it('are cut into slots that do not move with the question', () => {
    const slots = slotsBetween(london, at('2026-03-29T08:10Z'), at('2026-03-29T09:40Z'), 30);
    assert.deepEqual(slots, [
      { from: at('2026-03-29T08:30Z'), to: at('2026-03-29T09:00Z') },
      { from: at('2026-03-29T09:00Z'), to: at('2026-03-29T09:30Z') },
    ]);
    const always = week('Europe/London', '00:00', '24:00');
    const first = slotsBetween(always, at('2026-06-01T12:10Z'), at('2026-06-01T14:00Z'), 30)[0];
    assert.equal(first?.from, at('2026-06-01T12:30Z'));
  });
});

describe('Opening hours on the odd days of odd zones', () => {
  const at = (text: string) => Date.parse(text);
  const daily = (timezone: string, from: string, to: string): Hours => ({
    id: 'office',
    timezone,
    weekly: [1, 2, 3, 4, 5, 6, 7].map((day) => ({ day, from, to })),
    exceptions: [],
  });
  const span = (from: string, to: string) => ({ from: at(from), to: at(to) });
  /** The one opening that begins between these. */
  const only = (hours: Hours, from: string, to: string) => {
    const found = openSpans(hours, at(from), at(to)).filter((it) => it.from >= at(from) && it.from < at(to));
    assert.equal(found.length, 1, JSON.stringify(found));
    return found[0];
  };

  it('lie a quarter of an hour off in Kathmandu, all year [AV9]', () => {
    const hours = daily('Asia/Kathmandu', '09:00', '17:00');
    for (const day of ['2026-01-15', '2026-07-15']) {
      assert.deepEqual(only(hours, `${day}T00:00Z`, `${day}T23:59Z`), span(`${day}T03:15Z`, `${day}T11:15Z`));
    }
  });

  it('follow half an hour of summer on Lord Howe Island [AV9]', () => {
    const night = daily('Australia/Lord_Howe', '01:00', '05:00');
    assert.deepEqual(
      only(night, '2026-04-04T12:00Z', '2026-04-05T12:00Z'),
      span('2026-04-04T14:00Z', '2026-04-04T18:30Z'),
    );
    assert.deepEqual(
      only(night, '2026-10-03T12:00Z', '2026-10-04T12:00Z'),
      span('2026-10-03T14:30Z', '2026-10-03T18:00Z'),
    );
    // 02:15 does not exist in October, and 01:45 comes twice in April.
    const odd = daily('Australia/Lord_Howe', '02:15', '06:00');
    assert.equal(only(odd, '2026-10-03T12:00Z', '2026-10-04T12:00Z')?.from, at('2026-10-03T15:45Z'));
    const twice = daily('Australia/Lord_Howe', '01:45', '06:00');
    assert.equal(only(twice, '2026-04-04T12:00Z', '2026-04-05T12:00Z')?.from, at('2026-04-04T14:45Z'));
  });

  it('begin and end at a midnight that does not exist, or comes twice, in Brazil until 2019 [AV9]', () => {
    const early = daily('America/Sao_Paulo', '00:00', '06:00');
    assert.deepEqual(
      only(early, '2018-11-04T01:00Z', '2018-11-05T01:00Z'),
      span('2018-11-04T03:00Z', '2018-11-04T08:00Z'),
    );
    const late = daily('America/Sao_Paulo', '22:00', '24:00');
    assert.deepEqual(
      only(late, '2018-02-17T12:00Z', '2018-02-18T12:00Z'),
      span('2018-02-18T00:00Z', '2018-02-18T03:00Z'),
    );
    assert.deepEqual(
      only(early, '2026-11-04T01:00Z', '2026-11-05T01:00Z'),
      span('2026-11-04T03:00Z', '2026-11-04T09:00Z'),
    );
  });

  it('are as long as the day is: 23, 25, 23½ or 24½ hours [AV9]', () => {
    const length = (zone: string, day: string) => {
      // One day in a week that is otherwise closed, so that it is not joined with the next.
      const hours: Hours = {
        ...daily(zone, '00:00', '24:00'),
        weekly: [],
        exceptions: [{ date: day, periods: [{ from: '00:00', to: '24:00' }] }],
      };
      const [found] = openSpans(
        hours,
        at(`${day}T00:00Z`) - 86_400_000,
        at(`${day}T00:00Z`) + 2 * 86_400_000,
      );
      return ((found?.to ?? NaN) - (found?.from ?? NaN)) / 3_600_000;
    };
    assert.equal(length('Europe/London', '2026-03-29'), 23);
    assert.equal(length('Europe/London', '2026-10-25'), 25);
    assert.equal(length('Australia/Lord_Howe', '2026-10-04'), 23.5);
    assert.equal(length('Australia/Lord_Howe', '2026-04-05'), 24.5);
    assert.equal(length('America/Sao_Paulo', '2018-11-04'), 23);
    assert.equal(length('Asia/Kathmandu', '2026-03-29'), 24);
  });

  it('reach over midnight and over the change, but not into a holiday [AV9]', () => {
    const night = daily('Europe/London', '22:00', '04:00');
    assert.deepEqual(
      only(night, '2026-03-28T12:00Z', '2026-03-29T12:00Z'),
      span('2026-03-28T22:00Z', '2026-03-29T03:00Z'),
    );
    assert.deepEqual(
      only(night, '2026-10-24T12:00Z', '2026-10-25T12:00Z'),
      span('2026-10-24T21:00Z', '2026-10-25T04:00Z'),
    );
    const holiday: Hours = { ...night, exceptions: [{ date: '2026-12-25', periods: [] }] };
    assert.deepEqual(openSpans(holiday, at('2026-12-24T12:00Z'), at('2026-12-26T12:00Z')), [
      span('2026-12-24T22:00Z', '2026-12-25T00:00Z'),
    ]);
  });

  it('say in one answer when they end and when they begin again, over lunch and over a long weekend', () => {
    const hours: Hours = {
      ...daily('Europe/London', '09:00', '12:00'),
      weekly: [
        ...[1, 2, 3, 4, 5].map((day) => ({ day, from: '09:00', to: '12:00' })),
        ...[1, 2, 3, 4, 5].map((day) => ({ day, from: '13:00', to: '17:00' })),
      ],
      exceptions: [{ date: '2026-08-31', periods: [] }],
    };
    // 2026-08-28 is a Friday before a bank holiday.
    assert.deepEqual(nextChanges(hours, at('2026-08-28T10:00Z')), {
      openNow: true,
      closesAt: at('2026-08-28T11:00Z'),
      opensAt: at('2026-08-28T12:00Z'),
    });
    assert.deepEqual(nextChanges(hours, at('2026-08-28T13:00Z')), {
      openNow: true,
      closesAt: at('2026-08-28T16:00Z'),
      opensAt: at('2026-09-01T08:00Z'),
    });
    assert.deepEqual(nextChanges(hours, at('2026-08-28T18:00Z')), {
      openNow: false,
      opensAt: at('2026-09-01T08:00Z'),
    });
  });

  it('are cut into slots without gap or overlap on the long and the short night', () => {
    const night = daily('Europe/London', '00:00', '04:00');
    for (const [day, count] of [
      ['2026-03-29', 6],
      ['2026-10-25', 10],
    ] as const) {
      const from = at(`${day}T00:00Z`) - 3_600_000;
      const slots = slotsBetween(night, from, from + 6 * 3_600_000, 30);
      assert.equal(slots.length, count);
      for (const [i, slot] of slots.entries()) {
        assert.equal(slot.to - slot.from, 30 * 60_000);
        if (i > 0) assert.equal(slot.from, slots[i - 1]?.to);
      }
    }
  });
});

describe('A picked time', () => {
  const at = (text: string) => Date.parse(text);
  const daily = (from: string, to: string): Hours => ({
    id: 'office',
    timezone: 'Europe/London',
    weekly: [1, 2, 3, 4, 5, 6, 7].map((day) => ({ day, from, to })),
    exceptions: [{ date: '2026-12-25', periods: [] }],
  });

  it('falls into one of the slots that are offered, whenever and from wherever it is asked [CB11] [AV9]', () => {
    for (const hours of [daily('00:00', '24:00'), daily('09:00', '17:00'), daily('22:00', '03:00')]) {
      for (const minutes of [30, 50, 240]) {
        for (const day of ['2026-03-28', '2026-10-24', '2026-07-01']) {
          const from = at(`${day}T11:17Z`);
          const week = slotsBetween(hours, from, from + 9 * 86_400_000, minutes);
          assert.deepEqual(
            slotsBetween(hours, from + 7_200_000, from + 9 * 86_400_000, minutes),
            week.filter((it) => it.from >= from + 7_200_000),
            'they do not move with the question',
          );
          for (const slot of week.slice(0, 80)) {
            assert.deepEqual(slotAt(hours, slot.from, minutes), slot);
            assert.deepEqual(slotAt(hours, slot.to - 1, minutes), slot);
          }
        }
      }
    }
  });

  it('falls into the short rest of a period, and into nothing where it is closed', () => {
    const hours = daily('09:00', '10:15');
    const rest = { from: at('2026-12-01T10:00Z'), to: at('2026-12-01T10:15Z') };
    assert.deepEqual(slotAt(hours, at('2026-12-01T10:14Z'), 30), rest);
    assert.equal(slotAt(hours, at('2026-12-01T10:15Z'), 30), undefined);
    assert.equal(slotAt(hours, at('2026-12-25T09:30Z'), 30), undefined, 'a holiday');
  });
});

describe('A slot', () => {
  const minute = 60_000;
  const slots = [0, 30, 60].map((from) => ({ from: from * minute, to: (from + 30) * minute }));
  const room = (booked: readonly number[], capacity: number) =>
    withRoom(
      slots,
      booked.map((it) => it * minute),
      capacity,
    ).map((it) => it.from / minute);

  it('has room while fewer than its capacity are booked from its beginning up to the next [AV9]', () => {
    assert.deepEqual(room([], 1), [0, 30, 60]);
    assert.deepEqual(room([0, 29.9, 30, 60], 2), [30, 60]);
    assert.deepEqual(room([0, 29.9, 30, 60], 1), []);
    assert.deepEqual(room([-5, -1, 90, 95], 1), [0, 30, 60]);
    assert.deepEqual(room([30, 30, 30], 3), [0, 60]);
    assert.deepEqual(room([], 0), []);
  });
});

describe('What a customer is owed', () => {
  const now = Date.parse('2026-06-01T12:00Z');
  const loans = { id: 'loans', entitled: true };
  const gold: Entitlement = { id: 'e1', customerId: 'c1', services: ['loans'], tier: 'gold', priority: 10 };

  it('is the best of all that is valid', () => {
    const silver: Entitlement = {
      id: 'e2',
      phone: '+442079460001',
      services: ['loans'],
      tier: 'silver',
      priority: 5,
    };
    const asker = { customerId: 'c1', phone: '+442079460001' };
    assert.deepEqual(screenEntitlement(loans, asker, [silver, gold], now), {
      ok: true,
      tier: 'gold',
      priority: 10,
    });
    const claimed = screenEntitlement(loans, { phone: '+442079460001' }, [silver, gold], now);
    assert.deepEqual(claimed, { ok: true, tier: 'silver', priority: 5 });
  });

  it('is refused with the rule that failed', () => {
    const rule = (entitlements: Entitlement[], asker = { customerId: 'c1', phone: '+1' }) => {
      const owed = screenEntitlement(loans, asker, entitlements, now);
      return owed.ok ? 'ok' : owed.rule;
    };
    assert.equal(rule([]), 'entitlement/none');
    assert.equal(rule([{ ...gold, services: ['cards'] }]), 'entitlement/service-not-included');
    assert.equal(rule([{ ...gold, validTo: now }]), 'entitlement/expired');
    assert.equal(rule([{ ...gold, validFrom: now + 1 }]), 'entitlement/not-yet-valid');
    assert.equal(rule([gold]), 'ok');
    assert.equal(rule([gold], { customerId: 'c2', phone: '+1' }), 'entitlement/none');
  });

  it('is the usual where the service is for everybody', () => {
    assert.deepEqual(screenEntitlement({ id: 'help', entitled: false }, { phone: '+1' }, [gold], now), {
      ok: true,
      tier: 'standard',
      priority: 0,
    });
  });

  it('may hang on an address range, however the address is written', () => {
    const inside = (range: string, address: string) => {
      const { first, last } = addressRange(range)!;
      const key = addressKey(address)!;
      return first <= key && key <= last;
    };
    assert.equal(inside('203.0.113.0/24', '203.0.113.7'), true);
    assert.equal(inside('203.0.113.0/24', '::ffff:203.0.113.7'), true);
    assert.equal(inside('203.0.113.0/24', '203.0.114.7'), false);
    assert.equal(inside('203.0.113.7', '203.0.113.7'), true);
    assert.equal(inside('203.0.113.7', '203.0.113.8'), false);
    assert.equal(inside('10.64.0.0/10', '10.127.255.255'), true);
    assert.equal(inside('10.64.0.0/10', '10.128.0.0'), false);
    assert.equal(inside('2001:db8::/33', '2001:DB8:7fff::1'), true);
    assert.equal(inside('2001:db8::/33', '2001:db8:8000::1'), false);
    assert.equal(inside('::/0', '198.51.100.1'), true);
    assert.equal(addressRange('203.0.113.0/33'), undefined);
    assert.equal(addressRange('nowhere'), undefined);
    assert.equal(addressKey('somewhere'), undefined);
  });

  it('comes with the language wished for, once', () => {
    assert.deepEqual(withLanguage(needs(''), 'pt-BR').prefer, skills('lang:pt'));
    assert.deepEqual(withLanguage(needs('lang:es 3'), 'es').prefer, []);
    assert.deepEqual(withLanguage(needs(''), 'x!').prefer, []);
  });
});

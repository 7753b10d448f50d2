import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  dialPolicy,
  maskForLog,
  maskForVisitor,
  mayDial,
  parseVisitorNumber,
} from '../../contact-server/app/dial-policy.ts';
import type { DialRules } from '../../contact-server/app/dial-policy.ts';
import { ProblemError } from '../../server-kit/problem.ts';

const rules: DialRules = {
  trunks: [
    { id: 'wide', allowedPrefixes: ['+44', '+49', '+1', '+87'], callerIds: ['+442079460000'] },
    { id: 'london', allowedPrefixes: ['+4420'], callerIds: ['+442079460001'] },
  ],
  ownNumbers: ['+442079460000', '+442079460001'],
  callingHours: { from: '08:00', to: '21:00' },
};
const noon = Date.parse('2026-06-10T11:00:00Z');
const at = (iso: string): number => Date.parse(iso);
const ruleFor = (e164: string): string => {
  const answer = mayDial(e164, { ...rules, now: noon });
  return answer.ok ? 'dialled' : answer.rule;
};

describe('A visitor types a number', () => {
  const typed = (input: string, country = 'GB'): string => parseVisitorNumber(input, country).e164;
  const complaint = (input: string, country = 'GB'): string => {
    try {
      return typed(input, country);
    } catch (error) {
      assert(error instanceof ProblemError);
      assert.equal(error.problem.type, 'invalid-phone');
      return error.problem.detail ?? '';
    }
  };

  it('is understood however they write it', () => {
    for (const way of [
      '020 7946 0199',
      '(020) 7946-0199',
      '+44 20 7946 0199',
      '+44 (0)20 7946 0199',
      '0044 20 7946 0199',
    ]) {
      assert.equal(typed(way), '+442079460199', way);
    }
    for (const way of [
      '\u202a+44 20 7946 0199\u202c',
      '٠٢٠ ٧٩٤٦ ٠١٩٩',
      '۰۲۰ ۷۹۴۶ ۰۱۹۹',
      '＋４４ ２０ ７９４６ ０１９９',
    ]) {
      assert.equal(typed(way), '+442079460199', `${way}, in other digits or copied with invisible marks`);
    }
    assert.equal(typed('030 901820', 'DE'), '+4930901820');
    assert.equal(typed('+1 212 555 0123'), '+12125550123');
  });

  it('keeps every number reserved for fiction possible', () => {
    for (let last = 0; last < 1000; last += 1) {
      const number = `+4420794${String(60_000 + last).padStart(5, '0')}`;
      assert.equal(typed(number), number);
      const answer = mayDial(number, { ...rules, ownNumbers: [], now: noon });
      assert(answer.ok, number);
    }
  });

  it('says in a plain sentence what is wrong', () => {
    assert.equal(complaint(''), 'Enter your phone number.');
    assert.equal(complaint('999'), 'This number is too short.');
    assert.equal(complaint('020 7946 0199 ext 5'), 'Use digits only, without an extension.');
    assert.equal(complaint('sip:1001@evil.example'), 'Use digits only, without an extension.');
    assert.equal(complaint('+44 20 7946 0199 0199 0199'), 'This number is too long.');
    assert.equal(
      complaint('+999 12345678'),
      'We do not understand this number. Start it with + and the country code.',
    );
  });

  it('gives back only digits after the plus, whatever was typed', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...Array.from('+0123456789 ()-.\r\n;@<>"')), maxLength: 24 }),
        (input) => {
          let e164: string | undefined;
          try {
            e164 = parseVisitorNumber(input, 'GB').e164;
          } catch (error) {
            assert(error instanceof ProblemError);
          }
          if (e164 !== undefined) assert.match(e164, /^\+[1-9]\d{6,14}$/);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('is shown masked, to the visitor and in logs', () => {
    assert.equal(parseVisitorNumber('020 7946 0199', 'GB').masked, '+44 •••• 0199');
    assert.equal(maskForVisitor('+12125550123'), '+1 •••• 0123');
    assert.equal(maskForLog('+442079460199'), '+4420••••0199');
    assert.equal(maskForLog('+4512345'), '+45••••');
  });
});

describe('A number that nobody may make us call', () => {
  const refused: Readonly<Record<string, readonly string[]>> = {
    'dial/premium-number': ['+449011234567', '+448712345678', '+19005551234', '+4990012345678'],
    'dial/shared-cost': ['+448431234567', '+491371234567'],
    'dial/personal-number': ['+447012345678'],
    'dial/satellite': [
      '+870773111222',
      '+881612345678',
      '+88216123456',
      '+883510012345',
      '+979123456789',
      '+878101234567',
    ],
    'dial/own-number': ['+442079460000'],
    'dial/emergency': ['+44999', '+49112', '+1911', '+44112'],
    'dial/short-code': ['+441234', '+44118500'],
    'dial/prefix-not-allowed': ['+33142685300', '+34911234567'],
    'dial/not-a-number': ['+4420794601990199', 'sip:x', '+4420794601991'],
  };
  for (const [rule, numbers] of Object.entries(refused)) {
    it(`is refused by ${rule}`, () => {
      for (const number of numbers) assert.equal(ruleFor(number), rule, number);
    });
  }

  it('is refused when it lies under a blocked prefix of an allowed country', () => {
    const answer = mayDial('+18765551234', { ...rules, blockPrefixes: ['+1876'], now: noon });
    assert.equal(answer.ok ? 'dialled' : answer.rule, 'dial/prefix-not-allowed');
  });

  it('is refused unless its prefix is on the list', () => {
    const answer = mayDial('+4930901820', { ...rules, allowPrefixes: ['+44'], now: noon });
    assert.equal(answer.ok ? 'dialled' : answer.rule, 'dial/prefix-not-allowed');
    assert.equal(ruleFor('+4930901820'), 'dialled');
  });
});

describe('A number that may be called', () => {
  it('goes over the trunk that names it most closely, which shows its own caller id', () => {
    assert.deepEqual(mayDial('+442079460199', { ...rules, now: noon }), {
      ok: true,
      trunkId: 'london',
      callerId: '+442079460001',
    });
  });

  it('shows the number its service prefers, on a trunk that may show it', () => {
    const answer = mayDial('+442079460199', {
      ...rules,
      service: 'sales',
      callerIdsOf: () => ['+442079460000'],
      now: noon,
    });
    assert.deepEqual(answer, { ok: true, trunkId: 'wide', callerId: '+442079460000' });
  });

  it('is not called at all when no trunk may show a number of the service', () => {
    const answer = mayDial('+442079460199', {
      ...rules,
      service: 's',
      callerIdsOf: () => ['+441'],
      now: noon,
    });
    assert.equal(answer.ok ? 'dialled' : answer.rule, 'dial/no-caller-id');
  });

  it('is judged by the rules of the moment', () => {
    let trunks = rules.trunks;
    const policy = dialPolicy('GB', () => ({ ...rules, trunks }));
    assert(policy.mayDial('+442079460199', { now: noon }).ok);
    trunks = [];
    assert(!policy.mayDial('+442079460199', { now: noon }).ok);
  });
});

describe('Calling hours', () => {
  const london = '+442079460199';
  const mobile = '+447400123456';
  const ask = (number: string, now: string, more: object = {}) =>
    mayDial(number, { ...rules, now: at(now), ...more });
  const notBefore = (number: string, now: string, more: object = {}): string => {
    const answer = ask(number, now, more);
    if (answer.ok) return 'now';
    assert.equal(answer.rule, 'dial/outside-hours');
    return answer.notBefore === undefined ? 'never' : new Date(answer.notBefore).toISOString();
  };

  it('are those where the number is', () => {
    assert.equal(notBefore(london, '2026-06-10T06:59:00Z'), '2026-06-10T07:00:00.000Z');
    assert.equal(notBefore(london, '2026-06-10T07:00:00Z'), 'now');
    assert.equal(notBefore(london, '2026-06-10T19:59:59Z'), 'now');
    assert.equal(notBefore(london, '2026-06-10T20:00:00Z'), '2026-06-11T07:00:00.000Z');
  });

  it('must hold in the browser’s zone too', () => {
    const away = { visitorZone: 'America/New_York' };
    assert.equal(notBefore(london, '2026-06-10T10:00:00Z', away), '2026-06-10T12:00:00.000Z');
    assert.equal(notBefore(london, '2026-06-10T12:00:00Z', away), 'now');
    assert.equal(notBefore(london, '2026-06-10T20:30:00Z', away), '2026-06-11T12:00:00.000Z');
  });

  it('follow a mobile’s browser, because its prefix does not say where it is', () => {
    assert.equal(notBefore(mobile, '2026-06-10T20:30:00Z', { visitorZone: 'America/New_York' }), 'now');
    assert.equal(notBefore(mobile, '2026-06-10T20:30:00Z'), '2026-06-11T07:00:00.000Z');
  });

  it('of North America are those of the area code', () => {
    assert.equal(notBefore('+12125550123', '2026-06-10T12:30:00Z'), 'now');
    assert.equal(notBefore('+13105550123', '2026-06-10T12:30:00Z'), '2026-06-10T15:00:00.000Z');
  });

  it('fit a whole country when the number does not say where in it', () => {
    assert.equal(notBefore('+18005550123', '2026-06-10T12:30:00Z'), '2026-06-10T18:00:00.000Z');
  });

  it('are the visitor’s own when they picked the time, and none when they said any hour', () => {
    const picked = { pickedTime: true, visitorZone: 'America/New_York' };
    assert.equal(notBefore(london, '2026-06-10T22:00:00Z', picked), 'now');
    assert.equal(notBefore(london, '2026-06-10T04:00:00Z', { anyHour: true }), 'now');
  });

  it('ignore a zone nobody knows', () => {
    assert.equal(notBefore(london, '2026-06-10T10:00:00Z', { visitorZone: 'Mars/Olympus' }), 'now');
  });

  it('are wall-clock hours on the days the clocks change', () => {
    assert.equal(notBefore(london, '2026-03-29T05:00:00Z'), '2026-03-29T07:00:00.000Z'); // clocks forward at 01:00
    assert.equal(notBefore(london, '2026-10-25T05:00:00Z'), '2026-10-25T08:00:00.000Z'); // clocks back at 02:00
    assert.equal(notBefore(london, '2026-10-24T21:00:00Z'), '2026-10-25T08:00:00.000Z');
  });

  it('that never meet give no time at all', () => {
    const narrow = { callingHours: { from: '10:00', to: '11:00' }, visitorZone: 'America/New_York' };
    assert.equal(notBefore(london, '2026-06-10T09:30:00Z', narrow), 'never');
  });

  it('may last until midnight', () => {
    const late = { callingHours: { from: '08:00', to: '24:00' } };
    assert.equal(notBefore(london, '2026-06-10T22:59:00Z', late), 'now');
    assert.equal(notBefore(london, '2026-06-10T23:00:00Z', late), '2026-06-11T07:00:00.000Z');
  });
});

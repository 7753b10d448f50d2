import assert from 'node:assert/strict';
import { dateInWords, timeAhead } from '../../agent-portal/model/format.ts';

describe('Times and dates in the portal', () => {
  const now = new Date(2026, 10, 30, 9, 30).getTime(); // a Monday
  const at = (day: number): number => new Date(2026, 10, day, 14, 2).getTime();

  it('name the weekday of another day, and the date where a weekday alone could be two days', () => {
    assert.equal(timeAhead(at(30), now), '14:02');
    assert.match(timeAhead(at(31), now), /^Tue,? 14:02$/);
    assert.match(timeAhead(at(36), now), /^Sun,? 14:02$/);
    assert.match(timeAhead(at(37), now), /^Mon,? 7 Dec,? (at )?14:02$/);
    assert.match(timeAhead(at(24), now), /^Tue,? 14:02$/);
    assert.match(timeAhead(at(23), now), /^Mon,? 23 Nov,? (at )?14:02$/);
  });

  it('say a date in words, whatever the zone of the reader, and leave alone what is none', () => {
    assert.equal(dateInWords('2024-09-18'), '18 September 2024');
    assert.equal(dateInWords('2021'), '2021');
    assert.equal(dateInWords('2024-13-40'), '2024-13-40');
  });
});

import assert from 'node:assert/strict';
import { firstWithin, isWithin } from '../../contact-server/app/dial-hours.ts';

const at = (text: string) => Date.parse(text);
const usual = { from: '08:00', to: '21:00' };

describe('The hours in which somebody may be rung', () => {
  it('begin with their first minute and end before their last, where the party is [ES3]', () => {
    const kathmandu = (time: string) => isWithin(at(time), usual, ['Asia/Kathmandu']);
    assert.deepEqual(
      ['02:14:59', '02:15:00', '15:14:59', '15:15:00'].map((it) => kathmandu(`2026-06-01T${it}Z`)),
      [false, true, true, false],
    );
  });

  it('must hold in every zone the party may be in, and the first moment at which they do is found [ES3]', () => {
    const both = ['America/New_York', 'America/Los_Angeles'];
    assert.equal(isWithin(at('2026-06-01T13:00Z'), usual, both), false, '06:00 in the west');
    assert.equal(firstWithin(at('2026-06-01T13:00Z'), usual, both), at('2026-06-01T15:00Z'));
    // At 21:00 in the east the day is over for both.
    assert.equal(firstWithin(at('2026-06-02T01:00Z'), usual, both), at('2026-06-02T15:00Z'));
    const apart = ['Pacific/Honolulu', 'Asia/Kolkata'];
    assert.equal(firstWithin(at('2026-06-01T00:00Z'), { from: '09:00', to: '12:00' }, apart), undefined);
  });

  it('follow both clock changes, the half hour of Lord Howe Island too [ES3]', () => {
    const first = (from: string, zone: string) => {
      const found = firstWithin(at(from), usual, [zone]);
      return found === undefined ? undefined : new Date(found).toISOString();
    };
    assert.equal(first('2026-03-28T22:00Z', 'Europe/London'), '2026-03-29T07:00:00.000Z');
    assert.equal(first('2026-10-24T22:00Z', 'Europe/London'), '2026-10-25T08:00:00.000Z');
    assert.equal(first('2026-04-04T12:00Z', 'Australia/Lord_Howe'), '2026-04-04T21:30:00.000Z');
    assert.equal(first('2026-10-03T12:00Z', 'Australia/Lord_Howe'), '2026-10-03T21:00:00.000Z');
    assert.equal(first('2018-11-04T00:30Z', 'America/Sao_Paulo'), '2018-11-04T10:00:00.000Z');
  });

  it('may be the whole day, which has no hole at midnight [ES3]', () => {
    const always = { from: '00:00', to: '24:00' };
    for (const time of ['2018-11-04T02:59Z', '2018-11-04T03:00Z', '2018-02-18T01:30Z', '2018-02-18T02:30Z']) {
      assert.equal(isWithin(at(time), always, ['America/Sao_Paulo']), true, time);
    }
  });
});

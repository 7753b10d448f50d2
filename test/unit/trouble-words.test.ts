import assert from 'node:assert/strict';
import { troubleInWords } from '../../contact-server/app/trouble-words.ts';

describe('Trouble, told to managers [CB8]', () => {
  const names = {
    agent: (id: string) => (id === 'bo' ? 'Bo Lind' : undefined),
    visitor: (id: string) => (id === 'c1' ? 'Maria Silva' : undefined),
  };
  const told = (what: string, detail?: string, about?: string) =>
    troubleInWords(
      { what, ...(detail !== undefined && { detail }), ...(about !== undefined && { about }) },
      names,
    );

  it('names people and says what was done, without ids, states and rules', () => {
    assert.deepEqual(
      [
        told('repaired', 'agent bo: was reserved with a reservation that is over'),
        told('repaired', 'bo was held for a contact that is over, and is free again', 'c1'),
        told('repaired', 'contact c1: waited though an agent was idle'),
        told('repaired', 'contact c9: stood in line and did not wait'),
        told('repaired', 'reservation r1-7: was accepted for too long'),
        told('repaired', 'redis: its data were lost; those who wait must be entered again'),
        told('repaired', 'dialing-agent without a call after a restart', 'c1'),
        told('repaired', 'call goes on after a restart', 'c1'),
        told('deadline', 'queued was overdue, now expired', 'c1'),
        told('deadline', 'scheduled was overdue, now queued', 'c1'),
        told('deadline', 'reserved was overdue, now queued', 'c9'),
        told('dial-refused', 'dial/outside-hours', 'c1'),
        told('dial-refused', 'dial/premium-number', 'c1'),
        told('duplicate-dial-prevented', undefined, 'c1'),
        told('alarm', 'many codes were tried'),
        told('outage', 'redis 12'),
        told('outage', 'sip 3'),
      ],
      [
        'Bo Lind was held for a contact that is over, and is free again',
        'Maria Silva: Bo Lind was held for a contact that is over, and is free again',
        'Maria Silva waited though somebody was free, and is offered now',
        'A visitor stood in line and no longer waited; taken out',
        'An agent was held by one contact for too long, and was let go',
        'The line was lost with Redis; everybody who waits gets their place back',
        'Maria Silva: the call was lost in a restart; they are rung again',
        'Maria Silva: call goes on after a restart',
        'Maria Silva: waiting in line took longer than it may; now given up',
        'Maria Silva was due and had not been woken; they are in line now',
        'A visitor: an offer to an agent took longer than it may; now waiting in line',
        'Maria Silva was not rung: it is outside the calling hours where they are',
        'Maria Silva was not rung: the number may not be called',
        'Maria Silva was about to be rung twice at once; the second was stopped',
        'Many codes were tried',
        'Redis did not answer for 12 s; it is back, and whoever waits has kept their place',
        'The telephone system was away for 3 s; it is back. No call was begun meanwhile; phones that were in one then have to be put down by hand',
      ],
    );
  });
});

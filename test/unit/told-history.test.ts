import assert from 'node:assert/strict';
import { toldHistory } from '../../contact-server/app/told-history.ts';
import type { Attempt, Moment } from '../../contact-server/domain/callback.ts';
import type { CallId } from '../../contracts/ids.ts';

const moment = (at: number, state: Moment['state'], why: string): Moment => ({ at, state, why });
const attempt = (n: number, at: number, outcome: Attempt['outcome']): Attempt => ({
  n,
  at,
  callId: `call-${String(n)}` as CallId,
  fence: n,
  outcome,
});
const told = (history: readonly Moment[], attempts: readonly Attempt[] = []): readonly string[] =>
  toldHistory({ history, attempts }, (id) => ({ maya: 'Maya Okafor' })[id] ?? id).map((it) => it.what);

describe('What happened to a callback, told to people [MG3]', () => {
  it('reads as one story, from the request to the end, with each time the visitor was rung', () => {
    const history = [
      moment(1, 'requested', 'asked on the web page'),
      moment(2, 'screened', 'gold'),
      moment(3, 'queued', 'screened'),
      moment(4, 'matched', 'maya'),
      moment(4, 'reserved', 'offered'),
      moment(5, 'dialing-agent', 'accepted'),
      moment(6, 'dialing-customer', 'agent answered'),
      moment(9, 'connected', 'both talk'),
      moment(20, 'wrap-up', 'customer hung up: normal clearing'),
      moment(30, 'completed', 'resolved'),
    ];
    assert.deepEqual(told(history, [attempt(1, 7, 'answered')]), [
      'Asked on the web page',
      'Checked: gold',
      'In line',
      'Offered to Maya Okafor',
      'Accepted; the agent’s phone rings',
      'Rang the visitor: answered',
      'Both talk',
      'Call over: customer hung up (normal clearing)',
      'Done: resolved',
    ]);
  });

  it('says why somebody waits again', () => {
    const whys = ['timeout', 'rejected', 'due', 'moved', 'agent held by another callback'];
    assert.deepEqual(told(whys.map((why, at) => moment(at, 'queued', why))), [
      'In line again: the offer was not answered',
      'In line again: the offer was declined',
      'In line: the time has come',
      'In line: moved to as soon as possible',
      'In line again: agent held by another callback',
    ]);
    const times = ['asked', 'moved', 'moved by the manager', 'hours'];
    assert.deepEqual(told(times.map((why, at) => moment(at, 'scheduled', why))), [
      'Waits for the time that was picked',
      'Moved to another time by the visitor',
      'Moved to another time by the manager',
      'Waits for an hour at which somebody is here and may call',
    ]);
    assert.deepEqual(told([moment(1, 'scheduled', 'retry')], [attempt(1, 0, 'no-answer')]), [
      'Rang the visitor: no answer',
      'Waits to be tried again',
    ]);
  });

  it('tells what followed after what it followed, though the clocks of Redis and of the process differ', () => {
    const history = [
      moment(10, 'queued', 'screened'),
      moment(10, 'matched', 'maya'),
      moment(10, 'reserved', 'offered'),
      moment(25, 'queued', 'rejected'),
      moment(22, 'matched', 'bo'),
      moment(22, 'reserved', 'offered'),
      moment(40, 'dialing-agent', 'accepted'),
      moment(30, 'dialing-customer', 'agent answered'),
      moment(33, 'scheduled', 'retry'),
    ];
    const story = toldHistory({ history, attempts: [attempt(1, 31, 'no-answer')] }, (id) => id);
    assert.deepEqual(
      story.map((it) => [it.at, it.what]),
      [
        [10, 'In line'],
        [10, 'Offered to maya'],
        [25, 'In line again: the offer was declined'],
        [25, 'Offered to bo'],
        [40, 'Accepted; the agent’s phone rings'],
        [40, 'Rang the visitor: no answer'],
        [40, 'Waits to be tried again'],
      ],
    );
  });

  it('says how it ended when nobody talked', () => {
    assert.deepEqual(
      told([
        moment(1, 'cancelled', 'visitor'),
        moment(2, 'unreached', 'no-answer'),
        moment(3, 'expired', 'waited too long'),
        moment(4, 'refused', 'dial/premium-number'),
      ]),
      [
        'Cancelled by the visitor',
        'Given up: no answer',
        'Ran out: waited too long',
        'Refused: dial/premium-number',
      ],
    );
  });
});

import assert from 'node:assert/strict';
import { figures, midnight } from '../../contact-server/app/figures.ts';
import { keptPromise } from '../../contact-server/app/kept-promise.ts';
import type { Callback, Moment, Phase } from '../../contact-server/domain/callback.ts';
import type { CallbackRecord } from '../../contact-server/ports/stores.ts';
import type { CallbackId, CallId, SessionId } from '../../contracts/ids.ts';

const minute = 60_000;
const start = Date.parse('2026-06-01T10:00:00Z');
const timezone = 'Europe/London';

interface Story {
  readonly end: Phase;
  /** Both talk so long after the start of waiting. */
  readonly talkAfter?: number;
  readonly promise?: { readonly from: number; readonly to: number };
  readonly broken?: boolean;
  readonly wantedAt?: number;
}

let count = 0;
function record({ end, talkAfter, promise, broken = false, wantedAt }: Story): CallbackRecord {
  const history: Moment[] = [];
  const startedAt = wantedAt ?? start;
  if (talkAfter !== undefined) history.push({ at: startedAt + talkAfter, state: 'connected', why: '' });
  history.push({ at: startedAt + (talkAfter ?? 0) + 4 * minute, state: end.state, why: '' });
  const callback: Callback = {
    id: `c${String((count += 1))}` as CallbackId,
    wish: {
      service: 'sales',
      phone: '+442079460101',
      sessionId: 's' as SessionId,
      ip: '198.51.100.7',
      standing: 'claimed',
      anyHour: false,
      ...(wantedAt !== undefined && { wantedAt }),
    },
    phase: end,
    requestedAt: start,
    startedAt,
    entry: 1,
    attempts: [],
    agentFailures: 0,
    history,
  };
  return {
    callback,
    version: 1,
    notes: { text: '', version: 0 },
    ...(promise && { promise: { ...promise, madeAt: start } }),
    promiseBroken: broken,
    identityChecked: false,
  };
}

const overtaken = {
  priority: 2,
  qualification: 3,
  capacity: 0,
  preferred: 0,
  snooze: 1,
  claimed: 0,
  unexplained: 0,
};
const completed: Phase = { state: 'completed', disposition: 'resolved' };
const value = (id: string, ended: readonly CallbackRecord[], open: readonly CallbackRecord[] = []) =>
  figures({ now: start + 60 * minute, open, ended, agents: [], timezone, overtaken }).find(
    (it) => it.id === id,
  )?.value;

describe('The figures of a day', () => {
  it('count as ready whoever can take an offer, and nobody who takes no calls [MG1]', () => {
    const agents = [true, false].map((takesCalls) => ({ state: 'ready' as const, takesCalls }));
    const shown = figures({ now: start, open: [], ended: [], agents, timezone, overtaken });
    assert.equal(shown.find((it) => it.id === 'agents-ready')?.value, 1);
  });

  it('count as good service whom both sides of a call were up for within two minutes [MG1]', () => {
    const day = [30_000, 2 * minute, 2 * minute + 1, 10 * minute].map((talkAfter) =>
      record({ end: completed, talkAfter }),
    );
    assert.equal(value('service-level', [...day, record({ end: { state: 'expired' } })]), 0.5);
  });

  it('count waiting for a picked time from that time [MG1]', () => {
    const picked = record({ end: completed, talkAfter: minute, wantedAt: start + 3 * 60 * minute });
    assert.equal(value('service-level', [picked]), 1);
  });

  it('let nobody hide who gave up: cancelled, expired and unreached of all that were accepted [MG1]', () => {
    const ended = [
      record({ end: completed, talkAfter: minute }),
      record({ end: { state: 'cancelled', by: 'visitor' } }),
      record({ end: { state: 'expired' } }),
      record({ end: { state: 'unreached' } }),
    ];
    assert.equal(value('abandoned', ended, [record({ end: { state: 'queued' } })]), 3 / 5);
  });

  describe('call a promise kept', () => {
    const promise = { from: start + minute, to: start + 5 * minute };

    it('when both talk before the range is over, not after, and not when it was withdrawn [MG1]', () => {
      const kept = record({ end: completed, talkAfter: 5 * minute, promise });
      const late = record({ end: completed, talkAfter: 6 * minute, promise });
      const withdrawn = record({ end: completed, talkAfter: 2 * minute, promise, broken: true });
      const none = record({ end: completed, talkAfter: 2 * minute });
      assert.equal(value('promises-kept', [kept, none]), 1);
      assert.equal(value('promises-kept', [kept, late, withdrawn, none]), 1 / 3);
    });

    it('not when the phone rang before the range began, but within the minute that is shown it is [MG1]', () => {
      const later = { from: start + 3 * minute, to: start + 5 * minute };
      const early = record({ end: completed, talkAfter: minute, promise: later });
      const nearly = record({ end: completed, talkAfter: 2.5 * minute, promise: later });
      assert.equal(value('promises-kept', [early]), 0);
      assert.equal(value('promises-kept', [nearly]), 1);
    });

    it('and of a broken one say why, as far as it is known [MG1]', () => {
      const late = record({ end: completed, talkAfter: 6 * minute, promise });
      const because = (more: Partial<Callback>) =>
        keptPromise({ ...late, callback: { ...late.callback, ...more } })?.cause;
      assert.equal(because({}), 'no agent was free in time');
      assert.equal(because({ agentFailures: 1 }), 'an agent’s phone did not answer');
      const attempt = (outcome: 'busy' | 'trunk-error') => ({
        n: 1,
        at: start,
        callId: 'x' as CallId,
        fence: 1,
        outcome,
      });
      assert.equal(because({ attempts: [attempt('busy')] }), 'the visitor was not reached at once');
      assert.equal(
        because({ attempts: [attempt('trunk-error')] }),
        'the line to the telephone network failed',
      );
      assert.equal(keptPromise(record({ end: completed, talkAfter: 4 * minute, promise }))?.cause, undefined);
    });

    it('when a picked time is met within two minutes, whatever was told before [MG1]', () => {
      const wantedAt = start + 60 * minute;
      const kept = record({ end: completed, talkAfter: minute, wantedAt, promise, broken: true });
      const late = record({ end: completed, talkAfter: 3 * minute, wantedAt });
      assert.equal(value('promises-kept', [kept]), 1);
      assert.equal(value('promises-kept', [kept, late]), 1 / 2);
    });

    it('only by what was told for the present wait: not by a range from before a try that was busy [MG1]', () => {
      const busyBefore = record({ end: completed, talkAfter: 20 * minute, promise });
      const retried: Moment = { at: start + 2 * minute, state: 'scheduled', why: 'retry' };
      const { callback } = busyBefore;
      const history = [retried, ...callback.history];
      assert.equal(
        value('promises-kept', [{ ...busyBefore, callback: { ...callback, history } }]),
        undefined,
      );
    });

    it('never when it waited in vain; who cancelled or did not answer is left out [MG1]', () => {
      const vain = record({ end: { state: 'expired' }, promise });
      const others: Phase[] = [{ state: 'cancelled', by: 'visitor' }, { state: 'unreached' }];
      assert.equal(value('promises-kept', [vain, ...others.map((end) => record({ end, promise }))]), 0);
    });
  });

  it('are absent rather than nought while nothing has happened, and each says what it is [MG1]', () => {
    const fresh = figures({ now: start, open: [], ended: [], agents: [], timezone, overtaken });
    for (const id of ['service-level', 'abandoned', 'promises-kept', 'handle-time']) {
      const figure = fresh.find((it) => it.id === id);
      assert.equal(figure?.value, undefined);
      assert.match(figure?.definition ?? '', /since midnight \(Europe\/London\)/);
    }
    assert.ok(fresh.every((it) => it.definition.length > 20));
  });

  it('begin at midnight of the centre, also on the days the clocks change [MG1]', () => {
    const at = (now: string): string => new Date(midnight(Date.parse(now), timezone)).toISOString();
    assert.equal(at('2026-06-01T00:30:00Z'), '2026-05-31T23:00:00.000Z');
    assert.equal(at('2026-03-29T12:00:00Z'), '2026-03-29T00:00:00.000Z');
    assert.equal(at('2026-10-25T12:00:00Z'), '2026-10-24T23:00:00.000Z');
  });

  it('count who was overtaken, by reason, and whom nothing explains apart [AV10]', () => {
    const all = figures({ now: start, open: [], ended: [], agents: [], timezone, overtaken });
    const figure = all.find((it) => it.id === 'overtaken');
    assert.equal(figure?.value, 6);
    assert.match(
      figure.definition,
      /priority 2, qualification 3, capacity 0, preferred 0, snooze 1, claimed 0\.$/,
    );
    assert.equal(all.find((it) => it.id === 'overtaken-unexplained')?.value, 0);
  });
});

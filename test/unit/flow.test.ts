import assert from 'node:assert/strict';
import { flow, FLOW_MS } from '../../contact-server/app/flow.ts';
import type { Moment } from '../../contact-server/domain/callback.ts';
import type { CallbackRecord } from '../../contact-server/ports/stores.ts';

const minute = 60_000;
const now = Date.parse('2026-06-01T12:02:00Z');
const at = (clock: string): number => Date.parse(`2026-06-01T${clock}Z`);

/** A callback with this history: `10:00 queued`, and so on. */
function went(...moments: readonly (readonly [string, Moment['state']])[]): CallbackRecord {
  const history = moments.map(([clock, state]) => ({ at: at(clock), state, why: '' }));
  return { callback: { history } } as unknown as CallbackRecord;
}

describe('The line and the answers of the last four hours [MG3]', () => {
  const step = (clock: string): number => (at(clock) - flow(now, []).from) / (5 * minute);

  it('are told in steps of five minutes, of which the last is not over', () => {
    const { from, stepMs, waiting, answered } = flow(now, []);
    assert.equal(stepMs, 5 * minute);
    assert.equal(from, at('08:05:00'));
    assert.ok(from > now - FLOW_MS);
    assert.equal(from + waiting.length * stepMs, at('12:05:00'));
    assert.deepEqual(waiting, new Array(48).fill(0));
    assert.deepEqual(answered, waiting);
  });

  it('count the most that waited at once, in each step they waited in', () => {
    const { waiting } = flow(now, [
      went(['09:01:00', 'queued'], ['09:12:00', 'matched']),
      went(['09:06:00', 'queued'], ['09:07:00', 'matched']),
      went(['09:07:30', 'queued'], ['09:08:00', 'cancelled']),
    ]);
    const first = step('09:00:00');
    assert.deepEqual(waiting.slice(first - 1, first + 4), [0, 1, 2, 1, 0]);
  });

  it('count whom both sides of a call were up for, when they were', () => {
    const { answered } = flow(now, [
      went(['11:58:00', 'queued'], ['12:00:30', 'matched'], ['12:00:40', 'connected']),
      went(['07:59:00', 'queued'], ['08:00:00', 'connected']),
    ]);
    assert.equal(answered[step('12:00:00')], 1);
    assert.equal(
      answered.reduce((sum, it) => sum + it, 0),
      1,
      'what came before is not drawn',
    );
  });

  it('show who has waited since before, and who waits still', () => {
    const { waiting } = flow(now, [went(['07:00:00', 'queued'])]);
    assert.deepEqual(waiting, new Array(48).fill(1));
  });

  it('leave out who was matched at once', () => {
    const { waiting } = flow(now, [went(['10:00:00', 'queued'], ['10:00:00.400', 'matched'])]);
    assert.deepEqual(waiting, new Array(48).fill(0));
  });
});

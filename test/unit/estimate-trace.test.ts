import assert from 'node:assert/strict';
import { readTrace, traceWorld } from '../../bench/simulator/trace.ts';
import { score } from '../../bench/simulator/score.ts';

describe('A trace to score estimates on', () => {
  it('is read with heading and empty lines, in the order of arrival, in seconds', () => {
    const { records, bad } = readTrace('arrival,service,abandonment\n20,180.5,\n\n10,,42,loans\r\n');
    assert.deepEqual(bad, []);
    assert.deepEqual(records, [
      { at: 10_000, kind: 'loans', abandonedMs: 42_000 },
      { at: 20_000, kind: '', serviceMs: 180_500 },
    ]);
  });

  it('has its bad lines named by number and reason, and the others kept', () => {
    const { records, bad } = readTrace('0,100,\nsoon,100,\n5,,\n6,-3,\n,12,\n7,100,');
    assert.equal(records.length, 2);
    assert.deepEqual(bad, [
      'line 2: arrival "soon" is not a number of seconds',
      'line 3: neither service nor abandonment',
      'line 4: service "-3" is not a number of seconds',
      'line 5: no arrival',
    ]);
  });

  it('is served by the agents named, or by as many as its calls ask for each hour', () => {
    // An hour of two calls at once, then one of four.
    const lines = Array.from({ length: 72 }, (_, i) => `${i * 100},${i < 36 ? 200 : 400},`);
    const trace = readTrace(lines.join('\n'));
    assert.equal(traceWorld(trace, 3).agents.length, 3);
    const { agents } = traceWorld(trace, undefined);
    assert.deepEqual(
      agents.map((it) => it.shifts.length),
      [2, 2, 2, 1, 1],
    );
    const { waits, errors } = score(traceWorld(trace, 3), 0, 1);
    assert.ok(waits > 10 && errors.has('forward') && errors.has('ema'));
  });
});

import assert from 'node:assert/strict';
import { publishedWorld } from '../../bench/simulator/published.ts';
import { score } from '../../bench/simulator/score.ts';

const hour = 3_600_000;

describe('A simulated centre', () => {
  it('is told waits with half the error of the usual average, in ranges of which about eight in ten hold [ES2]', () => {
    const whole = publishedWorld(1, 3);
    const first = whole.arrivals[0]!.at;
    const world = { ...whole, arrivals: whole.arrivals.filter((it) => it.at < first + 5 * hour) };
    // The first two hours teach.
    const scored = score(world, first + 2 * hour, 40);
    const error = (name: string) => scored.errors.get(name) ?? NaN;
    assert.ok(scored.waits > 60, `${scored.waits} waits`);
    assert.ok(error('forward') < 0.6 * error('ema'), `${error('forward')} against ${error('ema')}`);
    assert.ok(error('forward') < error('place_quantiles'));
    const kept = scored.kept.get('forward') ?? NaN;
    assert.ok(kept > 0.7 && kept < 0.9, `${kept} kept`);
  }).timeout(120_000);
});

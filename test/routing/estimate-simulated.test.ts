import assert from 'node:assert/strict';
import { publishedWorld } from '../../bench/simulator/published.ts';
import { score } from '../../bench/simulator/score.ts';

describe('A simulated centre', () => {
  it('is told waits with half the error of the usual average, in ranges of which about eight in ten hold [AV8]', () => {
    const world = publishedWorld(1, 3);
    const first = world.arrivals[0]!.at;
    // The morning teaches.
    const scored = score(world, first + 2 * 3_600_000, 100);
    const error = (name: string) => scored.errors.get(name) ?? NaN;
    assert.ok(scored.waits > 80, `${scored.waits} waits`);
    assert.ok(error('forward') < 0.6 * error('ema'), `${error('forward')} against ${error('ema')}`);
    assert.ok(error('forward') < error('place_quantiles'));
    const kept = scored.kept.get('forward') ?? NaN;
    assert.ok(kept > 0.7 && kept < 0.9, `${kept} kept`);
  }).timeout(30_000);
});

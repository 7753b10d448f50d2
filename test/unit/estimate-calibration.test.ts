import assert from 'node:assert/strict';
import type { Calibration } from '../../routing/testing.ts';
import { calibrated, lesson, normal, seeded, taught, uncalibrated } from '../../routing/testing.ts';

describe('Promised ranges', () => {
  const told = { p10: 60, p50: 100, p90: 150 };

  it('are moved so that eight of ten hold, although the forecast is too sure of itself and wrong [AV8]', () => {
    const random = seeded(7);
    let calibration: Calibration = uncalibrated;
    let held = 0;
    const rounds = 4_000;
    for (let i = 0; i < rounds; i += 1) {
      // In truth a third longer, and four times as uncertain.
      const waited = 130 * Math.exp(0.8 * normal(random));
      const range = calibrated(told, calibration);
      if (i >= rounds / 4 && range.p10 <= waited && waited <= range.p90) held += 1;
      calibration = taught(calibration, lesson(range, waited));
    }
    const share = held / (rounds * 0.75);
    assert.ok(share > 0.77 && share < 0.83, `${share}`);
  });

  it('keep their order and the order of places, however they were moved', () => {
    for (const by of [-5, -1, 0, 1, 5]) {
      const [near, far] = [told, { p10: 70, p50: 120, p90: 170 }].map((it) =>
        calibrated(it, { p10: by, p90: -by }),
      );
      assert.ok(near && far);
      assert.ok(0 <= near.p10 && near.p10 <= near.p50 && near.p50 <= near.p90);
      assert.ok(near.p10 <= far.p10 && near.p90 <= far.p90);
    }
  });

  it('are moved only so far by outcomes that nobody could foresee', () => {
    let calibration: Calibration = uncalibrated;
    for (let i = 0; i < 10_000; i += 1) calibration = taught(calibration, lesson(told, 1e9));
    assert.ok(calibrated(told, calibration).p90 < 9 * told.p90);
  });
});

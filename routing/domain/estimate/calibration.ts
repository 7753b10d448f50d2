/** A wait in ms from a stated moment on: its middle, and the bounds that 8 of 10 stay within. */
export interface Spread {
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
}

/** By how much the bounds of forecasts are moved, as logarithms of factors. */
export interface Calibration {
  readonly p10: number;
  readonly p90: number;
}

export const uncalibrated: Calibration = { p10: 0, p90: 0 };

/** How far one outcome moves a bound. */
const STEP = 0.04;
/** No bound is moved further than this, either way. */
export const MOST_MOVED = Math.log(8);

/** The forecast as the outcomes of earlier ones say it should have been; of two waits the longer stays the longer. */
export function calibrated({ p10, p50, p90 }: Spread, by: Calibration): Spread {
  return { p10: Math.min(p10 * Math.exp(by.p10), p50), p50, p90: Math.max(p90 * Math.exp(by.p90), p50) };
}

/**
 * What an outcome adds to the calibration. `told` is the calibrated forecast. Each bound moves a little against the
 * side it failed on, so that in the long run a tenth lie below the lower one and a tenth above the upper one, whatever
 * the weather (adaptive conformal inference: Gibbs and Candès 2021).
 */
export function lesson(told: Spread, waited: number): Calibration {
  const against = (bound: number, share: number) => STEP * (Number(waited > bound) - (1 - share));
  return { p10: against(told.p10, 0.1), p90: against(told.p90, 0.9) };
}

/** A calibration with what an outcome adds to it. */
export function taught(before: Calibration, by: Calibration): Calibration {
  const within = (it: number) => Math.min(MOST_MOVED, Math.max(-MOST_MOVED, it));
  return { p10: within(before.p10 + by.p10), p90: within(before.p90 + by.p90) };
}

import { SAMPLE_RATE } from './voice.ts';

/** Gives every piece of audio that arrives to `heard`, until the returned function is called. */
export type Listen = (heard: (samples: Int16Array) => void) => () => void;

/** How carefully and how long to listen. */
export interface HearingOptions {
  /** Give up after this time. */
  withinMs?: number;
  /** The part of all sound energy that the tone must have. */
  share?: number;
  /** The length of audio that is judged at once. */
  windowMs?: number;
}

/** Mean loudness below this is silence (full scale is 32768). */
const AUDIBLE = 100;

/** The part of the energy of `samples` that is a tone of `hz` (Goertzel): 1 for a pure tone, 0 in silence. */
export function toneShare(samples: Int16Array, hz: number, rate = SAMPLE_RATE): number {
  const turn = 2 * Math.cos((2 * Math.PI * hz) / rate);
  let last = 0;
  let beforeLast = 0;
  let energy = 0;
  for (const sample of samples) {
    const next = sample + turn * last - beforeLast;
    beforeLast = last;
    last = next;
    energy += sample * sample;
  }
  if (Math.sqrt(energy / samples.length) < AUDIBLE) return 0;
  const power = last * last + beforeLast * beforeLast - turn * last * beforeLast;
  return Math.min(1, (2 * power) / (samples.length * energy));
}

function isAudible(samples: Int16Array): boolean {
  return Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / samples.length) >= AUDIBLE;
}

/** Resolves when a tone is heard in audio that arrives from now on; rejects at the deadline and says what came instead. */
export function hearTone(listen: Listen, hz: number, options: HearingOptions = {}): Promise<void> {
  const { withinMs = 5000, share = 0.8, windowMs = 200 } = options;
  const window = new Int16Array((SAMPLE_RATE * windowMs) / 1000);
  let heard = 0;
  let best = 0;
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(() => {
      stop();
      const got = `${heard} samples came, best share ${best.toFixed(2)}`;
      reject(new Error(`${hz} Hz not heard within ${withinMs} ms: ${got}`));
    }, withinMs);
    const stop = listen((samples) => {
      window.copyWithin(0, samples.length);
      window.set(samples.subarray(-window.length), Math.max(0, window.length - samples.length));
      heard += samples.length;
      if (heard < window.length) return;
      best = Math.max(best, toneShare(window, hz));
      if (best <= share) return;
      stop();
      clearTimeout(deadline);
      resolve();
    });
  });
}

/** Resolves when nothing audible has come for `forMs`; rejects if it never was quiet that long. */
export function hearNothing(
  listen: Listen,
  { forMs = 400, withinMs = 5000 }: { forMs?: number; withinMs?: number } = {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    const beQuiet = () =>
      setTimeout(() => {
        finish();
        resolve();
      }, forMs);
    let quiet = beQuiet();
    const deadline = setTimeout(() => {
      finish();
      reject(new Error(`it was never quiet for ${forMs} ms within ${withinMs} ms`));
    }, withinMs);
    const stop = listen((samples) => {
      if (!isAudible(samples)) return;
      clearTimeout(quiet);
      quiet = beQuiet();
    });
    const finish = () => {
      stop();
      clearTimeout(quiet);
      clearTimeout(deadline);
    };
  });
}

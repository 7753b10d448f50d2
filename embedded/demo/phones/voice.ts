/** Samples a second of telephone audio. */
export const SAMPLE_RATE = 8000;

/** What a phone says: the sample at that position since it began, between -1 and 1. */
export type Voice = (position: number) => number;

/** A steady tone. */
export function tone(hz: number, level = 0.4): Voice {
  return (position) => level * Math.sin((2 * Math.PI * hz * position) / SAMPLE_RATE);
}

/** Nothing at all, sent as packets of silence. */
export const silence: Voice = () => 0;

/**
 * Something that sounds like a person talking: a buzzing voice of about 120 Hz whose vowels change four
 * times a second, in phrases of two seconds with a breath between them.
 */
export function speechLike(level = 0.4): Voice {
  const vowels: readonly (readonly [number, number])[] = [
    [700, 1200],
    [400, 2000],
    [500, 900],
    [300, 2300],
    [450, 1000],
  ];
  return (position) => {
    const seconds = position / SAMPLE_RATE;
    if (seconds % 2.6 > 2) return 0;
    const syllable = Math.floor(seconds * 4);
    const [first, second] = vowels[(syllable * 7 + (syllable >> 2)) % vowels.length] ?? [500, 1500];
    const pitch = 120 + 15 * Math.sin(seconds * 1.7);
    let sum = 0;
    for (let harmonic = 1; harmonic * pitch < 3400; harmonic++) {
      const hz = harmonic * pitch;
      const gain = 1 / (1 + ((hz - first) / 150) ** 2) + 0.5 / (1 + ((hz - second) / 200) ** 2);
      sum += gain * Math.sin(2 * Math.PI * harmonic * (120 * seconds - (15 / 1.7) * Math.cos(seconds * 1.7)));
    }
    const envelope = Math.sin(Math.PI * ((seconds * 4) % 1)) ** 0.5;
    return level * 0.6 * envelope * Math.tanh(sum);
  };
}

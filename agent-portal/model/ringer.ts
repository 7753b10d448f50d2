import { signal } from '@preact/signals';

const everyMs = 2400;
const tones = [
  { hz: 587, at: 0, forS: 0.22 },
  { hz: 784, at: 0.24, forS: 0.42 },
] as const;

/** The one sound of the portal: two soft tones, again and again while an offer is open. */
export class Ringer {
  /** The browser keeps the page silent until it was touched once. */
  readonly isBlocked = signal(false);
  #audio: AudioContext | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    const wake = (): void => {
      this.#audio ??= new AudioContext();
      void this.#audio.resume().then(() => (this.isBlocked.value = false));
    };
    for (const touch of ['pointerdown', 'keydown'] as const) addEventListener(touch, wake, { passive: true });
  }

  get isRinging(): boolean {
    return this.#timer !== undefined;
  }

  ring(on: boolean): void {
    if (on === this.isRinging) return;
    document.documentElement.toggleAttribute('data-ringing', on);
    clearInterval(this.#timer);
    this.#timer = on ? setInterval(() => this.once(), everyMs) : undefined;
    if (on) this.once();
  }

  /** Plays it once: also the answer to "let me hear it". */
  once(): void {
    this.#audio ??= new AudioContext();
    const audio = this.#audio;
    // a page nobody has touched yet: the promise of resume() would stay open
    this.isBlocked.value = audio.state === 'suspended';
    void audio.resume().then(() => (this.isBlocked.value = false));
    for (const tone of tones) {
      const start = audio.currentTime + tone.at;
      const oscillator = new OscillatorNode(audio, { type: 'sine', frequency: tone.hz });
      const gain = new GainNode(audio, { gain: 0 });
      gain.gain.linearRampToValueAtTime(0.22, start + 0.02);
      gain.gain.setValueAtTime(0.22, start + tone.forS - 0.08);
      gain.gain.linearRampToValueAtTime(0, start + tone.forS);
      oscillator.connect(gain).connect(audio.destination);
      oscillator.start(start);
      oscillator.stop(start + tone.forS);
    }
  }
}

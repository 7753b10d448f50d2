import { after, lingerMs, type Timer, type Timing } from '../timing.ts';

/**
 * Sends a 2xx or a reliable provisional response again and again until it is acknowledged, or gives up after 64*T1
 * (RFC 3261 section 13.3.1.4, RFC 3262 section 3).
 */
export class Repetition {
  readonly #send: () => void;
  readonly #timing: Timing;
  readonly #cap: number;
  #interval: number;
  #repeat: Timer;
  readonly #deadline: Timer;

  constructor(send: () => void, timing: Timing, cap: number, giveUp: () => void) {
    this.#send = send;
    this.#timing = timing;
    this.#cap = cap;
    this.#interval = timing.t1;
    this.#repeat = after(this.#interval, this.#again);
    this.#deadline = after(lingerMs(this.#timing), () => {
      this.stop();
      giveUp();
    });
  }

  stop(): void {
    clearTimeout(this.#repeat);
    clearTimeout(this.#deadline);
  }

  readonly #again = (): void => {
    this.#send();
    this.#interval = Math.min(this.#interval * 2, this.#cap);
    this.#repeat = after(this.#interval, this.#again);
  };
}

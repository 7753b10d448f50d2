import { signal } from '@preact/signals';

/** The server's time as this page knows it; `now` moves four times a second, so that counters do. */
export class ServerClock {
  readonly now = signal(Date.now());
  #ahead = 0;

  constructor() {
    setInterval(() => this.#tick(), 250);
  }

  /** Corrects the clock by an answer that carried the server's time: half the way back is assumed. */
  adjust(serverNow: number, askedAt: number): void {
    const received = Date.now();
    this.#ahead = serverNow - (askedAt + received) / 2;
    this.#tick();
  }

  #tick(): void {
    this.now.value = Math.round(Date.now() + this.#ahead);
  }
}

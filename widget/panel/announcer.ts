import { el } from '../shared/lent-dom.ts';

const PAUSE_MS = 15_000;

/**
 * Says changes to those who cannot see them: quietly and at most every fifteen seconds, the latest only; a ringing phone at
 * once, once.
 */
export class Announcer {
  readonly status: HTMLElement = el('p', { role: 'status', class: 'unseen' });
  readonly alert: HTMLElement = el('p', { role: 'alert', class: 'unseen' });
  #last = '';
  #saidAt = -PAUSE_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;

  say(text: string): void {
    if (text === this.#last) return;
    this.#last = text;
    clearTimeout(this.#timer);
    const wait = this.#saidAt + PAUSE_MS - performance.now();
    this.#timer = setTimeout(
      () => {
        this.#saidAt = performance.now();
        this.status.textContent = text;
      },
      Math.max(0, wait),
    );
  }

  alarm(text: string): void {
    if (text !== this.alert.textContent) this.alert.textContent = text;
    if (text) clearTimeout(this.#timer);
  }
}

import { el } from '../shared/lent-dom.ts';

const PAUSE_MS = 15_000;

/** Says what has changed to those who cannot see it. */
export interface Announcer {
  readonly elements: readonly HTMLElement[];
  /** Quietly, at most every fifteen seconds, the latest only. */
  say(text: string): void;
  /** At once, and once; an empty text ends the alarm. */
  alarm(text: string): void;
}

/** Makes the two live regions. */
export function announcer(): Announcer {
  const status = el('p', { role: 'status', class: 'unseen' });
  const alert = el('p', { role: 'alert', class: 'unseen' });
  let last = '';
  let saidAt = -PAUSE_MS;
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    elements: [status, alert],
    say(text) {
      if (text === last) return;
      last = text;
      clearTimeout(timer);
      timer = setTimeout(
        () => {
          saidAt = performance.now();
          status.textContent = text;
        },
        saidAt + PAUSE_MS - performance.now(),
      );
    },
    alarm(text) {
      if (text !== alert.textContent) alert.textContent = text;
      if (text) clearTimeout(timer);
    },
  };
}

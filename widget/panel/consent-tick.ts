import { el, fill } from '../shared/lent-dom.ts';
import type { FieldError } from './field.ts';
import { fieldError } from './field.ts';

/** A box the visitor ticks, or does not; it never comes ticked. */
export interface ConsentTick {
  readonly element: HTMLElement;
  readonly box: HTMLInputElement;
  readonly error: FieldError;
  /** Changes the words; words that were not read are not agreed to. */
  say(text: string): void;
}

/** Makes a tick with its words beside it and its error below. */
export function consentTick(name: string): ConsentTick {
  const words = el('span');
  const box = el('input', { type: 'checkbox', name, change: () => error.show(undefined) });
  const error = fieldError(box);
  return {
    box,
    error,
    element: el('div', { class: 'row' }, el('label', { class: 'tick' }, box, words), error.line),
    say(text) {
      if (words.textContent === text) return;
      fill(words, text);
      box.checked = false;
    },
  };
}

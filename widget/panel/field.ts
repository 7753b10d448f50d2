import { el, fill } from '../shared/lent-dom.ts';

let count = 0;

/** Ids for labels and descriptions, unique within the widget. */
export function newId(): string {
  return `r${++count}`;
}

/** Where a field says what is wrong with it. */
export interface FieldError {
  readonly line: HTMLElement;
  show(message: string | undefined): void;
  /** Shows the message and takes the reader there. */
  complain(message: string): void;
  /** Shows what is wrong, if anything is, and gives the way there. */
  check(message: string | undefined): (() => void) | undefined;
}

/** Ties an error line to its control, so that it is read with it; `focus` is for controls that are made of several. */
export function fieldError(control: HTMLElement, focus = (): void => control.focus()): FieldError {
  const id = newId();
  const line = el('p', { class: 'error', id, hidden: true });
  control.setAttribute('aria-describedby', id);
  const show = (message: string | undefined): void => {
    line.hidden = !message;
    fill(line, message);
    control.setAttribute('aria-invalid', `${!!message}`);
  };
  return {
    line,
    show,
    complain(message) {
      show(message);
      focus();
    },
    check(message) {
      show(message);
      return message ? focus : undefined;
    },
  };
}

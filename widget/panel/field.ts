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
}

/** Ties an error line to its control, so that it is read with it. */
export function fieldError(control: HTMLElement, ...describedBy: readonly string[]): FieldError {
  const id = newId();
  const line = el('p', { class: 'error', id, hidden: true });
  const describe = (isWrong: boolean): void => {
    const ids = isWrong ? [...describedBy, id] : describedBy;
    if (ids.length > 0) control.setAttribute('aria-describedby', ids.join(' '));
    else control.removeAttribute('aria-describedby');
  };
  describe(false);
  return {
    line,
    show(message) {
      line.hidden = message === undefined;
      fill(line, message);
      if (message === undefined) control.removeAttribute('aria-invalid');
      else control.setAttribute('aria-invalid', 'true');
      describe(message !== undefined);
    },
  };
}

import type { AvailabilityView } from '../../contracts/visitor.ts';
import { el, fill } from '../shared/lent-dom.ts';
import type { FieldError } from './field.ts';
import { fieldError, newId } from './field.ts';
import type { Say } from './texts.ts';
import type { TimePicker } from './time-picker.ts';
import { timePicker } from './time-picker.ts';
import type { Times } from './times.ts';

/** Now, with an honest range, or at a time of the visitor's choice. */
export interface WhenChoice {
  readonly element: HTMLElement;
  show(view: AvailabilityView | undefined): void;
  /** The time picked; undefined for now. */
  value(): string | undefined;
  readonly error: FieldError;
  check(): ReturnType<FieldError['check']>;
}

/** Makes the choice; when the service is closed only times are offered. */
export function whenChoice(say: Say, times: Times): WhenChoice {
  const name = newId();
  const range = el('span', { class: 'aside' }, say('loading'));
  const now = el('input', { type: 'radio', name, value: 'now', change: () => update() });
  const later = el('input', { type: 'radio', name, value: 'later', change: () => update() });
  now.checked = true;
  const nowRow = el('label', { class: 'option' }, now, el('span', {}, say('now')), range);
  const laterRow = el('label', { class: 'option' }, later, el('span', {}, say('pick')));
  const closed = el('p', { class: 'notice' });
  const picker: TimePicker = timePicker(say, times, () => error.show(undefined));
  const element = el('fieldset', { class: 'row' });
  const error = fieldError(element, () => (later.checked ? picker : now).focus());
  element.append(el('legend', {}, say('when')), closed, nowRow, laterRow, picker.element, error.line);
  closed.hidden = true;

  const update = (): void => {
    picker.element.hidden = !later.checked;
    error.show(undefined);
  };
  update();

  return {
    element,
    show(view) {
      if (!view) return;
      const isOpen = view.open;
      nowRow.hidden = laterRow.hidden = !isOpen;
      closed.hidden = isOpen;
      if (!isOpen) {
        later.checked = true;
        fill(
          closed,
          view.opensAt ? say('closed.opens', { time: times.moment(view.opensAt) }) : say('closed.nobody'),
        );
      }
      fill(range, rangeText(view, say, times));
      picker.show(view.slots);
      picker.element.hidden =
        !later.checked || (!isOpen && view.slots.length === 0 && view.opensAt === undefined);
    },
    value: () => (later.checked ? picker.value() : undefined),
    error,
    check: () => error.check(later.checked && picker.value() === undefined ? say('error.time') : undefined),
  };
}

function rangeText({ estimate }: AvailabilityView, say: Say, times: Times): string {
  if (!estimate) return say('now.unknown');
  const minutes = times.minutes(estimate);
  if (!minutes) return `${times.clock(estimate.from)}–${times.clock(estimate.to)}`;
  return say(minutes.from < minutes.to ? 'now.range' : 'now.one', minutes);
}

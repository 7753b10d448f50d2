import type { TimeSpan } from '../../contracts/visitor.ts';
import { el, fill } from '../shared/lent-dom.ts';
import { newId } from './field.ts';
import type { Say } from './texts.ts';
import type { Times } from './times.ts';

/** The free times of a service, by day. */
export interface TimePicker {
  readonly element: HTMLElement;
  show(slots: readonly TimeSpan[]): void;
  value(): string | undefined;
  focus(): void;
}

/** Makes a picker: a list of days and the times of the chosen one, all native controls. */
export function timePicker(say: Say, times: Times, changed: () => void): TimePicker {
  const dayId = newId();
  const group = newId();
  const days = el('select', {
    id: dayId,
    class: 'field days',
    change: () => {
      showTimes();
      changed();
    },
  });
  const grid = el('div', { class: 'times', role: 'radiogroup', 'aria-label': say('time') });
  const element = el('div', { class: 'picker' });
  let slots: readonly TimeSpan[] = [];
  let chosen: string | undefined;

  const showTimes = (): void => {
    const those = slots.filter((slot) => times.dayKey(slot.from) === days.value);
    if (!those.some((slot) => slot.from === chosen)) chosen = undefined;
    fill(
      grid,
      ...those.map(({ from }) => {
        const change = (): void => {
          chosen = from;
          changed();
        };
        const radio = el('input', { type: 'radio', name: group, value: from, change });
        radio.checked = from === chosen;
        return el('label', {}, radio, el('span', {}, times.clock(from)));
      }),
    );
  };

  return {
    element,
    show(next) {
      slots = next;
      const before = days.value;
      const names = new Map(next.map(({ from }) => [times.dayKey(from), times.day(from)]));
      fill(days, ...[...names].map(([key, name]) => new Option(name, key)));
      if (names.has(before)) days.value = before;
      showTimes();
      if (next.length === 0) fill(element, el('p', { class: 'hint' }, say('slots.none')));
      else {
        fill(
          element,
          el('div', { class: 'row' }, el('label', { for: dayId }, say('day')), days),
          grid,
          el('p', { class: 'hint' }, say('zone', { zone: times.zoneName })),
        );
      }
    },
    value: () => chosen,
    focus: () => (grid.querySelector('input') ?? days).focus(),
  };
}

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
  const days = el('select', { id: dayId, class: 'field days', change: () => showTimes() });
  const grid = el('div', { class: 'times', role: 'radiogroup', 'aria-label': say('time') });
  const element = el('div', { class: 'picker' });
  let slots: readonly TimeSpan[] = [];
  let chosen: string | undefined;

  const choose = (time: string): void => {
    chosen = time;
    changed();
  };

  const showTimes = (): void => {
    const those = slots.filter((slot) => times.dayKey(slot.from) === days.value);
    if (!those.some((slot) => slot.from === chosen)) chosen = undefined;
    fill(
      grid,
      ...those.map(({ from }) => {
        const radio = el('input', { type: 'radio', name: group, value: from, change: () => choose(from) });
        radio.checked = from === chosen;
        return el('label', {}, radio, el('span', {}, times.clock(from)));
      }),
    );
  };

  return {
    element,
    show(next) {
      slots = next;
      const firsts = new Map(
        next.map((slot) => [times.dayKey(slot.from), slot.from]).reverse() as [string, string][],
      );
      const before = days.value;
      fill(days, ...[...firsts].reverse().map(([key, from]) => new Option(times.day(from), key)));
      if (firsts.has(before)) days.value = before;
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

import type { WidgetCore } from '../shared/core.ts';
import { el, fill } from '../shared/lent-dom.ts';
import { watchAvailability } from './availability-watch.ts';
import { fieldError } from './field.ts';
import type { Say } from './texts.ts';
import { timePicker } from './time-picker.ts';
import type { Times } from './times.ts';
import type { VisitorApi } from './visitor-api.ts';

/** What the view of another time needs to know and to tell. */
export interface MoveOptions {
  readonly service: string;
  /** Whether "as soon as possible" would change anything. */
  readonly mayBeNow: boolean;
  /** Undefined: it worked. */
  save(at: string | null): Promise<string | undefined>;
  readonly back: () => void;
}

/** Lets the visitor pick another time for an open callback. */
export function moveView(
  core: WidgetCore,
  api: VisitorApi,
  say: Say,
  times: Times,
  options: MoveOptions,
): HTMLElement {
  const picker = timePicker(say, times, () => error.show(undefined));
  const group = el('div', { role: 'group', 'aria-label': say('move.title') }, picker.element);
  const error = fieldError(group, () => picker.focus());
  const waiting = el('p', { class: 'hint' }, say('loading'));
  const save = async (at: string | undefined | null): Promise<void> => {
    if (at === undefined) {
      error.complain(say('error.time'));
      return;
    }
    const wrong = await options.save(at);
    error.show(wrong);
    // What was free may be no more.
    if (wrong) watch.refresh(true);
  };
  const watch = watchAvailability(api, options, core.life, () => {
    const view = watch.view();
    if (view) {
      waiting.hidden = true;
      picker.show(view.slots);
    } else fill(waiting, say('offline.form'));
  });
  watch.refresh();
  return el(
    'section',
    { class: 'scene' },
    el('h3', { tabindex: -1, 'data-key': 'title' }, say('move.title')),
    waiting,
    group,
    error.line,
    el(
      'div',
      { class: 'actions' },
      el(
        'button',
        { type: 'button', class: 'primary', click: () => void save(picker.value()) },
        say('move.save'),
      ),
      options.mayBeNow &&
        el('button', { type: 'button', class: 'plain', click: () => void save(null) }, say('move.now')),
      el('button', { type: 'button', class: 'plain', click: options.back }, say('back')),
    ),
  );
}

import type { WidgetCore } from '../shared/core.ts';
import { el } from '../shared/lent-dom.ts';
import type { Say } from './texts.ts';

/** What is stored of a visitor, why and how long, with a way to forget it here. */
export function storedView(core: WidgetCore, say: Say, back: () => void, forget: () => void): HTMLElement {
  const { privacy } = core.settings;
  const lines = (
    ['stored.phone', 'stored.consent', 'stored.page', 'stored.share', 'stored.here'] as const
  ).map((id) => el('li', {}, say(id)));
  return el(
    'section',
    { class: 'scene' },
    el('h3', { tabindex: -1, 'data-key': 'title' }, say('stored')),
    el('ul', { class: 'stored' }, ...lines),
    privacy &&
      el('p', {}, el('a', { href: privacy, target: '_blank', rel: 'noopener' }, say('stored.notice'))),
    el(
      'div',
      { class: 'actions' },
      el('button', { type: 'button', class: 'plain', click: back }, say('back')),
      el('button', { type: 'button', class: 'plain', click: forget }, say('forget')),
    ),
  );
}

import { el } from '../shared/lent-dom.ts';
import type { ActionName, Scene } from './scene.ts';
import type { Say, TextId } from './texts.ts';

/** What is never the thing to do next. */
const QUIET: ReadonlySet<ActionName> = new Set(['cancel', 'move', 'discard', 'back']);

/** Draws one scene; `act` hears what the visitor wants. */
export function showScene(
  scene: Scene,
  say: Say,
  act: (action: ActionName) => void,
  extras: readonly (Node | '' | false | undefined)[],
  picture: Node,
): HTMLElement {
  const isUnreached = scene.tone === 'trouble' && scene.actions.includes('retry');
  const label = (action: ActionName): TextId => {
    if (action === 'new') return 'new.request';
    if (action === 'sendOld') return 'kept.send';
    return isUnreached && action === 'move' ? 'pick' : action;
  };
  const button = (action: ActionName, index: number): HTMLElement =>
    el(
      'button',
      {
        type: 'button',
        'data-key': action,
        class: index === 0 && !QUIET.has(action) ? 'primary' : 'plain',
        click: () => act(action),
      },
      say(label(action)),
    );
  return el(
    'section',
    { class: 'scene', 'data-tone': scene.tone },
    scene.tone === 'live' && picture,
    el('h3', { tabindex: -1, 'data-key': 'title' }, scene.title),
    scene.lead && el('p', {}, scene.lead),
    scene.big && el('p', { class: 'big' }, scene.big),
    scene.notice && el('p', { class: 'notice' }, scene.notice),
    ...scene.lines.map((line) => el('p', {}, line)),
    scene.code &&
      el('p', { class: 'word' }, el('span', {}, scene.code.who), el('strong', {}, scene.code.word)),
    ...scene.hints.map((line) => el('p', { class: 'hint' }, line)),
    ...extras,
    scene.actions.length > 0 && el('div', { class: 'actions' }, ...scene.actions.map(button)),
  );
}

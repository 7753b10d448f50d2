import { el, icon } from '../shared/dom.ts';
import type { ActionName, Scene } from './scene.ts';
import type { Say, TextId } from './texts.ts';

const LABELS: Readonly<Record<ActionName, TextId>> = {
  cancel: 'cancel',
  move: 'move',
  retry: 'retry',
  new: 'new.request',
  undo: 'undo',
  sendOld: 'kept.send',
  discard: 'discard',
  again: 'again',
};
const PHONE_RINGS =
  'M7 9.500h2l1.200 3-1.500 1.200a9 9 0 0 0 3.600 3.600l1.200-1.500 3 1.200v2c0 .8-.7 1.500-1.500 1.500A11.500 11.500 0 0 1 5.500 11c0-.8.7-1.500 1.500-1.500ZM14 3.500a6.500 6.500 0 0 1 6.500 6.500M14 7a3 3 0 0 1 3 3';

/** Draws one scene; `act` hears what the visitor wants. */
export function showScene(
  scene: Scene,
  say: Say,
  act: (action: ActionName) => void,
  extra?: Node,
): HTMLElement {
  const isUnreached = scene.tone === 'trouble' && scene.actions.includes('retry');
  const label = (action: ActionName): string =>
    say(isUnreached && action === 'move' ? 'pick' : LABELS[action]);
  const button = (action: ActionName, index: number): HTMLElement =>
    el(
      'button',
      {
        type: 'button',
        'data-key': action,
        class: index === 0 && action !== 'cancel' && action !== 'move' ? 'primary' : 'plain',
        click: () => act(action),
      },
      label(action),
    );
  return el(
    'section',
    { class: 'scene', 'data-tone': scene.tone },
    scene.tone === 'live' && icon(PHONE_RINGS),
    el('h3', { tabindex: -1, 'data-key': 'title' }, scene.title),
    scene.big && el('p', { class: 'big' }, scene.big),
    scene.notice && el('p', { class: 'notice' }, scene.notice),
    ...scene.lines.map((line) => el('p', {}, line)),
    scene.code &&
      el('p', { class: 'word' }, el('span', {}, scene.code.who), el('strong', {}, scene.code.word)),
    ...scene.hints.map((line) => el('p', { class: 'hint' }, line)),
    extra,
    scene.actions.length > 0 && el('div', { class: 'actions' }, ...scene.actions.map(button)),
  );
}

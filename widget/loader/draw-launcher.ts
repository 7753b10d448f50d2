import type { Tone, WidgetCore } from '../shared/core.ts';
import { adopt, el, icon } from '../shared/dom.ts';
import { keepClear } from './keep-clear.ts';
import { css } from './launcher.css';

const HANDSET =
  'M6.6 3.5h2.2c.5 0 .9.3 1 .8l.8 3c.1.4 0 .8-.3 1.1L8.9 9.8a12 12 0 0 0 5.3 5.3l1.4-1.4c.3-.3.7-.4 1.1-.3l3 .8c.5.1.8.5.8 1v2.2c0 1.7-1.4 3.1-3.1 3A16 16 0 0 1 3.6 6.6c-.1-1.7 1.3-3.1 3-3.1Z';

/** A plain element with a name of its own; its contents are in a shadow root, out of reach of the page's styles. */
class RingBack extends HTMLElement {
  gone: (() => void) | undefined;

  disconnectedCallback(): void {
    this.gone?.();
  }
}

/** The parts of the page that are ours. */
export interface Drawn {
  readonly root: ShadowRoot;
  readonly layer: HTMLElement;
  readonly launcher: WidgetCore['launcher'];
  readonly button: HTMLButtonElement;
  readonly host: HTMLElement;
}

/** Draws the launcher at the end of the page and keeps it there when a page script replaces the body. */
export function drawLauncher(label: string, lang: string, openShadow: boolean, life: AbortSignal): Drawn {
  if (!customElements.get('ring-back')) customElements.define('ring-back', RingBack);
  const host = document.createElement('ring-back') as HTMLElement & Pick<RingBack, 'gone'>;
  host.lang = lang;
  const root = host.attachShadow({ mode: openShadow ? 'open' : 'closed' });
  adopt(root, css);
  const picture = icon(HANDSET);
  const words = el('span', {}, label);
  const button = el(
    'button',
    { type: 'button', class: 'pill', 'aria-haspopup': 'dialog', 'aria-expanded': 'false' },
    picture,
    words,
  );
  const layer = el('div');
  root.append(layer, button);
  document.body.append(host);
  host.gone = () => queueMicrotask(() => life.aborted || host.isConnected || document.body.append(host));
  life.addEventListener('abort', () => host.remove());
  keepClear(button, life);
  const launcher = {
    label,
    show(text: string, tone: Tone): void {
      if (words.textContent !== text) words.textContent = text;
      button.dataset['tone'] = tone;
    },
    expanded(open: boolean): void {
      button.setAttribute('aria-expanded', String(open));
      button.hidden = open;
    },
    focus: () => button.focus(),
    picture: () => picture.cloneNode(true),
  };
  return { root, layer, launcher, button, host };
}

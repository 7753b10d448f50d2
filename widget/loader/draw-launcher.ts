import type { Tone, WidgetCore } from '../shared/core.ts';
import { adopt, el, icon } from '../shared/dom.ts';
import { keepClear } from './keep-clear.ts';
import { css } from './launcher.css';

const HANDSET =
  'M6.6 3.5h2.2c.5 0 .9.3 1 .8l.8 3c.1.4 0 .8-.3 1.1L8.900 9.800a12 12 0 0 0 5.300 5.300l1.400-1.400c.3-.3.7-.4 1.100-.3l3 .8c.5.1.8.5.8 1v2.200c0 1.700-1.400 3.100-3.100 3A16 16 0 0 1 3.600 6.600c-.1-1.700 1.300-3.100 3-3.100Z';

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
  const host = document.createElement('ring-back') as RingBack;
  host.lang = lang;
  const root = host.attachShadow({ mode: openShadow ? 'open' : 'closed' });
  adopt(root, css);
  const words = el('span', {}, label);
  const button = el(
    'button',
    { type: 'button', class: 'pill', 'aria-haspopup': 'dialog', 'aria-expanded': 'false' },
    icon(HANDSET),
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
  };
  return { root, layer, launcher, button, host };
}

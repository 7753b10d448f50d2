import type { Tone, WidgetCore } from '../shared/core.ts';
import { el, fill, icon } from '../shared/dom.ts';
import { newId } from './field.ts';
import type { Say } from './texts.ts';

const CROSS = 'M6 6l12 12M18 6L6 18';

/**
 * The window of the panel. On a wide screen the page stays usable beside it; on a narrow one it is a modal sheet. Escape
 * closes it, and focus goes back to where it came from.
 */
export class PanelDialog {
  readonly #core: WidgetCore;
  readonly #body = el('div', { class: 'body' });
  readonly #code = el('p', { class: 'hint' });
  readonly #stored: HTMLButtonElement;
  readonly #dialog: HTMLDialogElement;
  readonly #narrow = matchMedia('(max-width: 479px)');
  #goStored: (() => void) | undefined;
  #cameFrom: HTMLElement | undefined;

  constructor(core: WidgetCore, say: Say) {
    this.#core = core;
    const titleId = newId();
    this.#stored = el(
      'button',
      { type: 'button', class: 'link', click: () => this.#goStored?.() },
      say('stored'),
    );
    const close = el(
      'button',
      { type: 'button', class: 'close', 'aria-label': say('close'), click: () => this.close() },
      icon(CROSS),
    );
    const head = el('header', {}, el('h2', { id: titleId }, say('title')), close);
    const foot = el('footer', {}, this.#code, this.#stored);
    this.#dialog = el('dialog', { class: 'panel', 'aria-labelledby': titleId }, head, this.#body, foot);
    core.root.append(this.#dialog);

    this.#dialog.addEventListener('cancel', (event) => {
      event.preventDefault();
      this.close();
    });
    this.#dialog.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation(); // the page's own Escape is for the page
      this.close();
    });
    this.#narrow.addEventListener('change', () => this.#change(), { signal: core.life });
  }

  get isOpen(): boolean {
    return this.#dialog.open;
  }

  open(): void {
    const active = document.activeElement;
    this.#cameFrom = active instanceof HTMLElement && active !== document.body ? active : undefined;
    this.#show();
  }

  /** Opens again after a reload, beside the page only and without taking the focus. */
  restore(): void {
    if (this.#narrow.matches) return;
    const active = document.activeElement;
    this.#show();
    if (active instanceof HTMLElement) active.focus();
  }

  close(): void {
    if (!this.isOpen) return;
    const hadFocus = this.#dialog.contains(this.#core.root.activeElement);
    this.#dialog.close();
    this.#core.root.prepend(this.#core.layer);
    this.#core.launcher.expanded(false);
    this.#core.memory.keep({ open: undefined });
    if (hadFocus) {
      if (this.#cameFrom?.isConnected && this.#cameFrom !== this.#core.root.host) this.#cameFrom.focus();
      else this.#core.launcher.focus();
    }
    this.#core.emit('close');
  }

  tone(tone: Tone): void {
    this.#dialog.dataset['tone'] = tone;
  }

  /** Shows another content; the focus stays on what corresponds, or goes to its title. */
  show(...content: readonly (Node | string | false | null | undefined)[]): void {
    const wanted = content.filter((child) => child instanceof Node);
    const now = [...this.#body.childNodes];
    if (wanted.length === now.length && wanted.every((child, i) => child === now[i])) return;
    const focused = this.#core.root.activeElement;
    const hadFocus = focused !== null && this.#body.contains(focused);
    const key = focused instanceof HTMLElement ? focused.dataset['key'] : undefined;
    fill(this.#body, ...wanted);
    if (!hadFocus) return;
    const same = key === undefined ? null : this.#body.querySelector<HTMLElement>(`[data-key="${key}"]`);
    if (same) same.focus();
    else this.focusTitle();
  }

  focusTitle(): void {
    if (this.isOpen) this.#body.querySelector<HTMLElement>('[data-key="title"]')?.focus();
  }

  foot(code: string | undefined, goStored: (() => void) | undefined): void {
    this.#code.hidden = code === undefined;
    fill(this.#code, code);
    this.#goStored = goStored;
    this.#stored.hidden = goStored === undefined;
  }

  #show(): void {
    if (this.#narrow.matches) {
      this.#dialog.prepend(this.#core.layer); // what lies outside a modal dialog is out of reach
      this.#dialog.showModal();
    } else this.#dialog.show();
    this.#core.launcher.expanded(true);
  }

  /** The window has become narrow or wide: the other kind of dialog, with the focus where it was. */
  #change(): void {
    if (!this.isOpen) return;
    const focused = this.#core.root.activeElement;
    this.#dialog.close();
    this.#core.root.prepend(this.#core.layer);
    this.#show();
    if (focused instanceof HTMLElement) focused.focus();
  }
}

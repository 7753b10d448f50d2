import type { WidgetCore } from '../shared/core.ts';
import { el, fill, icon } from '../shared/lent-dom.ts';
import { newId } from './field.ts';
import type { Say } from './texts.ts';

type Content = Node | string | false | null | undefined;

/** The window of the panel. */
export interface PanelDialog {
  isOpen(): boolean;
  open(): void;
  /** Opens again after a reload, beside the page only and without taking the focus. */
  restore(): void;
  close(): void;
  /** Turns green while the phone rings. */
  ringing(isRinging: boolean): void;
  /** Shows another content; the focus stays on what corresponds, or goes to its title. */
  show(...content: readonly Content[]): void;
  focusTitle(): void;
}

/**
 * Makes the window. On a wide screen the page stays usable beside it; on a narrow one it is a modal sheet. Escape closes it,
 * and focus goes back to where it came from. `foot` stands below every content.
 */
export function panelDialog(core: WidgetCore, say: Say, ...foot: readonly HTMLElement[]): PanelDialog {
  const { root, layer, launcher } = core;
  const narrow = matchMedia('(max-width: 479px)');
  const titleId = newId();
  const body = el('div', { class: 'body' });
  const closer = el(
    'button',
    { type: 'button', class: 'close', 'aria-label': say('close'), click: () => close() },
    icon('M6 6l12 12M18 6L6 18'),
  );
  const dialog = el(
    'dialog',
    {
      class: 'panel',
      'aria-labelledby': titleId,
      cancel(event) {
        event.preventDefault();
        close();
      },
      keydown(event) {
        if ((event as KeyboardEvent).key !== 'Escape') return;
        event.stopPropagation(); // the page's own Escape is for the page
        close();
      },
    },
    // No <header> and <footer>: in a dialog they would be a second banner and a second footer of the page.
    el('div', { class: 'head' }, el('h2', { id: titleId }, say('title')), closer),
    body,
    el('div', { class: 'foot' }, ...foot),
  );
  root.append(dialog);
  let cameFrom: Element | null;

  const show = (): void => {
    if (narrow.matches) {
      dialog.prepend(layer); // what lies outside a modal dialog is out of reach
      dialog.showModal();
    } else dialog.show();
    launcher.expanded(true);
  };
  const hide = (): void => {
    dialog.close();
    root.prepend(layer);
  };
  const close = (): void => {
    if (!dialog.open) return;
    const hadFocus = dialog.contains(root.activeElement);
    hide();
    launcher.expanded(false);
    core.memory.keep({ open: undefined });
    if (hadFocus) {
      if (cameFrom instanceof HTMLElement && cameFrom.isConnected && cameFrom !== root.host) cameFrom.focus();
      else launcher.focus();
    }
    core.emit('close');
  };
  const focusOn = (key: string): HTMLElement | null => {
    const found = body.querySelector<HTMLElement>(`[data-key="${key}"]`);
    found?.focus(); // does nothing in a window that is closed
    return found;
  };

  // The window has become narrow or wide: the other kind of dialog, with the focus where it was.
  narrow.addEventListener(
    'change',
    () => {
      if (!dialog.open) return;
      const focused = root.activeElement;
      hide();
      show();
      if (focused instanceof HTMLElement) focused.focus();
    },
    { signal: core.life },
  );

  return {
    close,
    focusTitle: () => void focusOn('title'),
    isOpen: () => dialog.open,
    open() {
      cameFrom = document.activeElement === document.body ? null : document.activeElement;
      show();
    },
    restore() {
      if (narrow.matches) return;
      const active = document.activeElement;
      show();
      (root.activeElement as HTMLElement | null)?.blur(); // dialogs take the focus unasked
      if (active instanceof HTMLElement) active.focus();
    },
    ringing: (isRinging) => dialog.classList.toggle('ringing', isRinging),
    show(...content) {
      const wanted = content.filter((child) => child instanceof Node);
      const now = body.childNodes;
      if (wanted.length === now.length && wanted.every((child, i) => child === now[i])) return;
      const focused = root.activeElement;
      const key =
        focused instanceof HTMLElement && body.contains(focused) && (focused.dataset['key'] ?? 'title');
      fill(body, ...wanted);
      if (key && !focusOn(key)) focusOn('title');
    },
  };
}

import { effect, signal } from '@preact/signals';

import type { Command, CommandId } from './command-list.ts';
import type { Portal } from './portal.ts';

/** How long an offer is on the screen before a key can take it: a key that was meant for something else must not. */
const wakeMs = 500;
const storageKey = 'ringback-letter-keys';

/**
 * Single letters run commands while no field is being typed in; with Alt held they do everywhere. They can be switched
 * off (WCAG 2.1.4); Alt goes on working.
 */
export class Keyboard {
  readonly lettersAreOn = signal(localStorage.getItem(storageKey) !== 'off');
  readonly commands: Readonly<Record<CommandId, Command>>;
  readonly #portal: Portal;
  /** False while an offer is too new to be taken by a key. */
  readonly isAwake = signal(true);
  #pointerWasLast = false;
  /** A click leaves the focus on what was clicked, where nobody sees it or means it. */
  #focusCameByPointer = false;

  constructor(portal: Portal, commands: Readonly<Record<CommandId, Command>>) {
    this.#portal = portal;
    this.commands = commands;
    let shown: string | undefined;
    effect(() => {
      const id = portal.desk.offer.value?.reservationId;
      if (id !== undefined && id !== shown) {
        this.isAwake.value = false;
        setTimeout(() => (this.isAwake.value = true), wakeMs);
      }
      shown = id;
    });
    document.addEventListener('keydown', (event) => {
      this.#press(event);
      this.#pointerWasLast = false;
    });
    document.addEventListener('pointerdown', () => (this.#pointerWasLast = true), true);
    document.addEventListener('focusin', () => (this.#focusCameByPointer = this.#pointerWasLast), true);
  }

  switchLetters(on: boolean): void {
    this.lettersAreOn.value = on;
    localStorage.setItem(storageKey, on ? 'on' : 'off');
  }

  #press(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.isComposing || event.repeat) return;
    if (!this.#portal.isIn.value) return;
    const target = event.target instanceof HTMLElement ? event.target : document.body;
    const key = keyOf(event);
    const isTyping = target.matches('input, textarea, select, [contenteditable]');
    if (key === 'escape') {
      if (isTyping) target.blur();
      else this.#run(['close'], event);
      return;
    }
    if (!event.altKey && (isTyping || (key.length === 1 && !this.lettersAreOn.value))) return;
    // Enter on a button is that button's own, if somebody has gone there by keyboard
    const isOnControl =
      !this.#focusCameByPointer && target.closest('button, a, summary, [tabindex]') !== null;
    if (!event.altKey && key === 'enter' && isOnControl) return;
    if (/^[1-9]$/.test(key)) this.#choose(Number(key), event);
    else this.#run(Object.keys(this.commands) as CommandId[], event, key);
  }

  #run(ids: readonly CommandId[], event: KeyboardEvent, key?: string): void {
    for (const id of ids) {
      const command = this.commands[id];
      if (key !== undefined && command.key !== key) continue;
      if (!command.isAllowed()) continue;
      event.preventDefault();
      if (command.group === 'Offer' && id !== 'why' && !this.isAwake.value) return;
      command.run();
      return;
    }
  }

  #choose(n: number, event: KeyboardEvent): void {
    const contact = this.#portal.desk.contacts.value[n - 1];
    if (contact === undefined) return;
    event.preventDefault();
    this.#portal.desk.chosen.value = contact.callbackId;
  }
}

/** The letter that was pressed; with Alt the key's place decides, because some systems write other signs then. */
function keyOf(event: KeyboardEvent): string {
  if (event.altKey && event.code.startsWith('Key')) {
    const letter = event.code.slice(3).toLowerCase();
    return event.shiftKey ? letter.toUpperCase() : letter;
  }
  if (event.altKey && event.code.startsWith('Digit')) return event.code.slice(5);
  return event.key.length === 1 && event.shiftKey ? event.key : event.key.toLowerCase();
}

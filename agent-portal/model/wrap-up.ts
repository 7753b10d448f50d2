import { signal } from '@preact/signals';

import type { ContactView } from '../../contracts/agent.ts';
import type { CallbackId } from '../../contracts/ids.ts';
import type { Api } from './api.ts';
import type { Commands } from './commands.ts';
import { Notes } from './notes.ts';

/** Where "Done" stands: an outcome is missing, it is held back until the notes are saved, or they cannot be. */
export type DoneState = 'idle' | 'no-outcome' | 'held' | 'not-saved' | 'sent';

/** What an agent writes about one contact: notes, outcome, and the end of the work on it. */
export class WrapUp {
  readonly notes: Notes;
  readonly disposition = signal('');
  readonly done = signal<DoneState>('idle');

  constructor(notes: Notes) {
    this.notes = notes;
  }
}

/** The wrap-ups of all contacts on the desk; nobody becomes ready before they are saved. */
export class WrapUpDesk {
  readonly #open = new Map<CallbackId, WrapUp>();
  readonly #api: Api;
  readonly #commands: Commands;
  readonly #inDoubt: () => void;

  constructor(api: Api, commands: Commands, inDoubt: () => void) {
    this.#api = api;
    this.#commands = commands;
    this.#inDoubt = inDoubt;
    addEventListener('pagehide', () => {
      for (const { notes } of this.#open.values()) notes.leave();
    });
  }

  of(contact: ContactView): WrapUp {
    const known = this.#open.get(contact.callbackId);
    if (known) return known;
    const made = new WrapUp(new Notes(contact.callbackId, contact.notes, this.#api, this.#inDoubt));
    this.#open.set(contact.callbackId, made);
    return made;
  }

  hear(contact: ContactView): void {
    this.#open.get(contact.callbackId)?.notes.hear(contact.notes);
  }

  forget(id: CallbackId): void {
    this.#open.delete(id);
  }

  get isSaved(): boolean {
    return [...this.#open.values()].every((it) => it.notes.isSaved);
  }

  /** Saves all notes; resolves to whether everything is saved. */
  async flush(): Promise<boolean> {
    const saved = await Promise.all([...this.#open.values()].map((it) => it.notes.flush()));
    return saved.every((it) => it);
  }

  /** Completes the contact as soon as the notes are saved, and not before. */
  async complete(contact: ContactView): Promise<void> {
    const wrapUp = this.of(contact);
    if (wrapUp.done.value === 'held' || wrapUp.done.value === 'sent') return;
    const disposition = wrapUp.disposition.value;
    if (disposition === '') {
      wrapUp.done.value = 'no-outcome';
      return;
    }
    wrapUp.done.value = 'held';
    if (!(await wrapUp.notes.flush())) {
      wrapUp.done.value = 'not-saved';
      return;
    }
    wrapUp.done.value = 'sent';
    const id = contact.callbackId;
    const body = { disposition, next: 'as-wished' };
    const done = await this.#commands.run(`complete:${id}`, 'Done', () =>
      this.#api.command('POST', `/contacts/${id}/complete`, body),
    );
    if (!done) wrapUp.done.value = 'idle';
  }
}

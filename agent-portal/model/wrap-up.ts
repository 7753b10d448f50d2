import { effect, signal, untracked } from '@preact/signals';

import type { ContactView } from '../../contracts/agent.ts';
import type { AgentId, CallbackId } from '../../contracts/ids.ts';
import type { Api } from './api.ts';
import type { Commands } from './commands.ts';
import { nameOf } from './desk.ts';
import { Notes } from './notes.ts';
import type { Notices } from './notices.ts';

/** Where "Done" stands: an outcome is missing, it is held back until the notes are saved, or they cannot be. */
export type DoneState = 'idle' | 'no-outcome' | 'held' | 'not-saved' | 'sent';

/** What an agent writes about one contact: notes, outcome, and the end of the work on it. */
export class WrapUp {
  readonly id: CallbackId;
  readonly who: string;
  readonly notes: Notes;
  readonly disposition = signal('');
  readonly done = signal<DoneState>('idle');

  constructor(contact: ContactView, notes: Notes) {
    this.id = contact.callbackId;
    this.who = nameOf(contact.who);
    this.notes = notes;
  }
}

/**
 * What one agent writes about the contacts on the desk; nobody becomes ready before it is saved. A contact that leaves
 * the desk holds nobody up: what was typed last is saved still, or kept in sight until the agent has dismissed it.
 */
export class WrapUpDesk {
  /** Of contacts that have left the desk before all was saved. */
  readonly left = signal<readonly WrapUp[]>([]);
  readonly #open = new Map<CallbackId, WrapUp>();
  readonly #api: Api;
  readonly #commands: Commands;
  readonly #notices: Notices;
  readonly #inDoubt: () => void;
  #author: AgentId | undefined;
  #isResting = false;

  constructor(api: Api, commands: Commands, notices: Notices, inDoubt: () => void) {
    this.#api = api;
    this.#commands = commands;
    this.#notices = notices;
    this.#inDoubt = inDoubt;
    addEventListener('pagehide', () => {
      for (const { notes } of this.#all) notes.leave();
    });
    effect(() => {
      const saved = this.left.value.filter((it) => it.notes.isSaved);
      untracked(() => {
        for (const it of saved) {
          this.#take(it);
          this.#notices.say(`Notes saved after the contact was closed: ${it.who}.`);
        }
      });
    });
  }

  of(contact: ContactView): WrapUp {
    const known = this.#open.get(contact.callbackId);
    if (known) return known;
    const notes = new Notes(contact.callbackId, contact.notes, this.#api, this.#inDoubt);
    const made = new WrapUp(contact, notes);
    this.#open.set(contact.callbackId, made);
    return made;
  }

  /** What this agent has on the desk now, all of it. What somebody else wrote here before them is gone. */
  hear(author: AgentId, contacts: readonly ContactView[]): void {
    this.#belongTo(author);
    const here = new Set(contacts.map((it) => it.callbackId));
    for (const back of this.left.value.filter((it) => here.has(it.id))) {
      this.#open.set(back.id, back);
      this.#take(back);
    }
    for (const it of contacts) this.#open.get(it.callbackId)?.notes.hear(it.notes);
    for (const it of this.#open.values()) if (!here.has(it.id)) this.#letGo(it);
  }

  /** Nobody is logged in: what is not saved waits, unseen and unsent, for who wrote it. */
  rest(): void {
    this.#isResting = true;
    for (const { notes } of this.#all) notes.rest();
  }

  /** The agent has seen it, and needs it no more. */
  dismiss(gone: WrapUp): void {
    gone.notes.rest();
    this.#take(gone);
  }

  get isSaved(): boolean {
    return [...this.#open.values()].every((it) => it.notes.isSaved);
  }

  /** Saves the notes of all contacts on the desk; resolves to whether everything is saved. */
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

  get #all(): readonly WrapUp[] {
    return [...this.#open.values(), ...this.left.value];
  }

  #belongTo(author: AgentId): void {
    if (this.#author !== author) {
      for (const { notes } of this.#all) notes.rest();
      this.#open.clear();
      this.left.value = [];
    } else if (this.#isResting) for (const { notes } of this.#all) notes.goOn();
    this.#author = author;
    this.#isResting = false;
  }

  #letGo(gone: WrapUp): void {
    this.#open.delete(gone.id);
    if (gone.notes.isSaved) return;
    this.left.value = [...this.left.value, gone];
    gone.notes.saveLast();
  }

  #take(back: WrapUp): void {
    this.left.value = this.left.value.filter((it) => it !== back);
  }
}

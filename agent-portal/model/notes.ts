import { signal } from '@preact/signals';

import type { ContactView } from '../../contracts/agent.ts';
import type { CallbackId } from '../../contracts/ids.ts';
import { RequestFailed, reasonOf, type Api } from './api.ts';

export type NotesState = 'saved' | 'unsaved' | 'saving' | 'failed' | 'conflict';
type Saved = ContactView['notes'];

const pauseMs = 600;
const againMs = 3000;

/**
 * The notes of one contact, which save themselves a moment after the last key. Nothing that was typed is ever thrown
 * away: what somebody else saved meanwhile is shown beside it, and the agent chooses.
 *
 *   saved ──edit──▶ unsaved ──pause──▶ saving ──▶ saved
 *                      ▲                 │ refused ▶ failed ──3 s──▶ saving
 *                      └── keep mine ── conflict ◀┘ other version
 */
export class Notes {
  readonly text = signal('');
  readonly state = signal<NotesState>('saved');
  readonly savedAt = signal<number | undefined>(undefined);
  readonly problem = signal('');
  /** What somebody else saved, while in conflict. */
  readonly theirs = signal<Saved | undefined>(undefined);
  readonly #id: CallbackId;
  readonly #api: Api;
  readonly #inDoubt: () => void;
  #version = 0;
  #sending: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #waiters: ((saved: boolean) => void)[] = [];

  constructor(id: CallbackId, first: Saved, api: Api, inDoubt: () => void) {
    this.#id = id;
    this.#api = api;
    this.#inDoubt = inDoubt;
    this.#adopt(first);
  }

  get isSaved(): boolean {
    return this.state.value === 'saved';
  }

  edit(text: string): void {
    this.text.value = text;
    if (this.state.value === 'conflict' || this.state.value === 'saving') return;
    this.state.value = 'unsaved';
    this.#saveIn(pauseMs);
  }

  /** Saves at once; resolves to whether everything typed is saved. */
  flush(): Promise<boolean> {
    if (this.isSaved) return Promise.resolve(true);
    if (this.state.value === 'conflict') return Promise.resolve(false);
    const done = new Promise<boolean>((resolve) => this.#waiters.push(resolve));
    if (this.state.value !== 'saving') void this.#save();
    return done;
  }

  /** What the server has: our own saving come back, news for an untouched text, or a conflict. */
  hear(saved: Saved): void {
    if (saved.version <= this.#version && this.state.value !== 'conflict') return;
    if (this.#sending !== undefined && saved.text === this.#sending) return;
    if (this.isSaved || saved.text === this.text.value) this.#adopt(saved);
    else if (this.state.value !== 'saving') this.#conflict(saved);
  }

  keepMine(): void {
    this.#version = this.theirs.value?.version ?? this.#version;
    this.theirs.value = undefined;
    void this.#save();
  }

  takeTheirs(): void {
    if (this.theirs.value) this.#adopt(this.theirs.value);
  }

  /** The page goes: the last words are sent with a request that outlives it. */
  leave(): void {
    if (this.state.value === 'saved' || this.state.value === 'conflict') return;
    void this.#api
      .saveNotes(this.#id, { text: this.text.value, version: this.#version }, true)
      .catch(() => undefined);
  }

  #adopt(saved: Saved): void {
    clearTimeout(this.#timer);
    this.#version = saved.version;
    this.text.value = saved.text;
    this.savedAt.value = saved.savedAt;
    this.theirs.value = undefined;
    this.state.value = 'saved';
  }

  #conflict(saved: Saved): void {
    clearTimeout(this.#timer);
    this.theirs.value = saved;
    this.state.value = 'conflict';
    this.#answer(false);
  }

  #saveIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#save(), ms);
  }

  async #save(): Promise<void> {
    clearTimeout(this.#timer);
    const text = this.text.value;
    this.#sending = text;
    this.state.value = 'saving';
    try {
      const { version, savedAt } = await this.#api.saveNotes(this.#id, { text, version: this.#version });
      this.#version = Math.max(version, this.#version);
      this.savedAt.value = savedAt;
      this.#sending = undefined;
      if (this.text.value !== text) {
        await this.#save();
        return;
      }
      this.state.value = 'saved';
      this.#answer(true);
    } catch (error) {
      this.#sending = undefined;
      this.problem.value = reasonOf(error);
      this.state.value = 'failed';
      const lostRace = error instanceof RequestFailed && error.problem?.type === 'version-conflict';
      if (lostRace) this.#inDoubt();
      this.#saveIn(againMs);
      this.#answer(false);
    }
  }

  #answer(saved: boolean): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const tell of waiters) tell(saved);
  }
}

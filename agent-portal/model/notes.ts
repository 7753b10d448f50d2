import { signal } from '@preact/signals';

import type { ContactView } from '../../contracts/agent.ts';
import type { CallbackId } from '../../contracts/ids.ts';
import type { Problem } from '../../contracts/problem.ts';
import { RequestFailed, reasonOf, type Api } from './api.ts';

export type NotesState = 'saved' | 'unsaved' | 'saving' | 'failed' | 'refused' | 'conflict';
type Saved = ContactView['notes'];

const pauseMs = 600;
const againMs = 3000;
/** Refusals that may be another answer the next time. */
const passing: ReadonlySet<number> = new Set([408, 429]);

/**
 * The notes of one contact, which save themselves a moment after the last key. Nothing that was typed is ever thrown
 * away: what somebody else saved meanwhile is shown beside it, and the agent chooses.
 *
 *   saved ──edit──▶ unsaved ──pause──▶ saving ──▶ saved
 *                    ▲   ▲               │ not answered ▶ failed ──3 s──▶ saving
 *                    │   └─edit─ refused ◀┤ for good
 *                    └── keep mine ── conflict ◀┘ other version
 */
export class Notes {
  readonly text = signal('');
  readonly state = signal<NotesState>('saved');
  readonly savedAt = signal<number | undefined>(undefined);
  /** Why they are not saved, until they are. */
  readonly problem = signal('');
  /** What somebody else saved, while in conflict. */
  readonly theirs = signal<Saved | undefined>(undefined);
  readonly #id: CallbackId;
  readonly #api: Api;
  readonly #inDoubt: () => void;
  #version = 0;
  #sending: string | undefined;
  #isResting = false;
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

  /** The contact has left the desk: saves at once, unless that was refused for good. */
  saveLast(): void {
    if (!this.#isDecided) void this.flush();
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

  /** Nobody is logged in who may save them: nothing is sent until they go on. */
  rest(): void {
    this.#isResting = true;
    clearTimeout(this.#timer);
  }

  /** Who wrote them is back. */
  goOn(): void {
    this.#isResting = false;
    if (!this.isSaved && this.state.value !== 'conflict') this.#saveIn(pauseMs);
  }

  /** The page goes: the last words are sent with a request that outlives it. */
  leave(): void {
    if (this.#isDecided || this.#isResting) return;
    void this.#api
      .saveNotes(this.#id, { text: this.text.value, version: this.#version }, true)
      .catch(() => undefined);
  }

  /** Sending it again changes nothing. */
  get #isDecided(): boolean {
    return ['saved', 'refused', 'conflict'].includes(this.state.value);
  }

  #adopt(saved: Saved): void {
    clearTimeout(this.#timer);
    this.#version = saved.version;
    this.text.value = saved.text;
    this.theirs.value = undefined;
    this.#isSavedAt(saved.savedAt);
  }

  #isSavedAt(at: number | undefined): void {
    this.savedAt.value = at;
    this.problem.value = '';
    this.state.value = 'saved';
  }

  #conflict(saved: Saved): void {
    clearTimeout(this.#timer);
    this.theirs.value = saved;
    this.problem.value = 'Somebody else has changed them meanwhile';
    this.state.value = 'conflict';
    this.#answer(false);
  }

  #saveIn(ms: number): void {
    clearTimeout(this.#timer);
    if (!this.#isResting) this.#timer = setTimeout(() => void this.#save(), ms);
  }

  async #save(): Promise<void> {
    clearTimeout(this.#timer);
    const text = this.text.value;
    this.#sending = text;
    this.state.value = 'saving';
    try {
      const { version, savedAt } = await this.#api.saveNotes(this.#id, { text, version: this.#version });
      this.#sending = undefined;
      this.#version = Math.max(version, this.#version);
      if (this.text.value === text) {
        this.#isSavedAt(savedAt);
        this.#answer(true);
      } else if (this.#isResting) this.state.value = 'unsaved';
      else await this.#save();
    } catch (error) {
      this.#sending = undefined;
      this.#notSaved(error, this.text.value === text);
    }
  }

  /** `isSame`: nothing was typed since it was sent. */
  #notSaved(error: unknown, isSame: boolean): void {
    const problem = error instanceof RequestFailed ? error.problem : undefined;
    this.problem.value = problem?.type === 'not-found' ? 'The contact is closed' : reasonOf(error);
    const isRefused = isSame && staysRefused(problem);
    this.state.value = isRefused ? 'refused' : 'failed';
    if (!isRefused) this.#saveIn(againMs);
    if (problem?.type === 'version-conflict' || problem?.type === 'not-found') this.#inDoubt();
    this.#answer(false);
  }

  #answer(saved: boolean): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const tell of waiters) tell(saved);
  }
}

/** The same request would be refused again. */
function staysRefused(problem: Problem | undefined): boolean {
  return (
    problem !== undefined && problem.status >= 400 && problem.status < 500 && !passing.has(problem.status)
  );
}

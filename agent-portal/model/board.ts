import { effect, signal, untracked } from '@preact/signals';

import type { BoardView, DecisionsView, StoryView } from '../../contracts/agent.ts';
import type { CallbackId } from '../../contracts/ids.ts';
import { reasonOf, type Api } from './api.ts';
import type { Commands } from './commands.ts';
import { SteadyOrder } from './steady-order.ts';

export type LineRow = BoardView['line'][number];
export type ReservationRow = BoardView['reservations'][number];
export type AgentRow = BoardView['agents'][number];
export type LiveRow = BoardView['live'][number];

/** The manager's board: as the server last said it, with lists that hold still under the pointer. */
export class Board {
  readonly view = signal<BoardView | undefined>(undefined);
  readonly problem = signal<string | undefined>(undefined);
  /** The callback whose drawer is open. */
  readonly opened = signal<CallbackId | undefined>(undefined);
  /** What is stored of it, once the server has told. */
  readonly story = signal<(StoryView & Pick<DecisionsView, 'decisions'>) | undefined>(undefined);
  readonly storyProblem = signal<string | undefined>(undefined);
  /** A move that is only made when it is confirmed, and why. */
  readonly warned = signal<
    { readonly id: CallbackId; readonly at: number; readonly words: string } | undefined
  >(undefined);
  readonly isWall = signal(false);
  readonly line = new SteadyOrder<LineRow>((it) => it.callbackId);
  readonly reservations = new SteadyOrder<ReservationRow>((it) => it.reservationId);
  readonly agents = new SteadyOrder<AgentRow>((it) => it.agentId);
  readonly live = new SteadyOrder<LiveRow>((it) => it.callbackId);
  readonly #api: Api;
  readonly #commands: Commands;

  constructor(api: Api, commands: Commands) {
    this.#api = api;
    this.#commands = commands;
    let shown: CallbackId | undefined;
    let stood = '';
    effect(() => {
      const id = this.opened.value;
      const stands = standing(this.view.value, id);
      if (id === shown && stands === stood) return;
      if (id !== shown) this.story.value = undefined;
      shown = id;
      stood = stands;
      if (id !== undefined) untracked(() => void this.#tellStory(id));
    });
  }

  async refresh(): Promise<void> {
    this.problem.value = undefined;
    try {
      this.load(await this.#api.board());
    } catch (error) {
      this.problem.value = reasonOf(error);
    }
  }

  load(view: BoardView): void {
    this.problem.value = undefined;
    this.view.value = view;
    this.line.take(view.line);
    this.reservations.take(view.reservations);
    this.agents.take(view.agents);
    this.live.take(view.live);
  }

  async #tellStory(id: CallbackId): Promise<void> {
    this.storyProblem.value = undefined;
    try {
      const [story, { decisions }] = await Promise.all([this.#api.story(id), this.#api.decisions(id)]);
      if (this.opened.peek() === id) this.story.value = { ...story, decisions };
    } catch (error) {
      if (this.opened.peek() === id) this.storyProblem.value = reasonOf(error);
    }
  }

  /** Asks for the story of the open callback once more; it is asked by itself whenever that stands elsewhere. */
  async tellAgain(): Promise<void> {
    const id = this.opened.peek();
    if (id !== undefined) await this.#tellStory(id);
  }

  cancel(id: CallbackId): Promise<boolean> {
    return this.#commands.run(`cancel:${id}`, 'Cancelling the callback', () =>
      this.#api.command('POST', `/callbacks/${id}/cancel`, {}),
    );
  }

  /** `anyway`: confirmed after the warning. */
  move(id: CallbackId, at: number, anyway = false): Promise<boolean> {
    this.warned.value = undefined;
    return this.#commands.run(
      `move:${id}`,
      'Moving the callback',
      () => this.#api.command('POST', `/callbacks/${id}/move`, { at, ...(anyway && { anyway }) }),
      (words) => (this.warned.value = { id, at, words }),
    );
  }
}

/** Where a callback stands on the board, to tell whether there is news of it. */
function standing(view: BoardView | undefined, id: CallbackId | undefined): string {
  if (view === undefined || id === undefined) return '';
  const { line, reservations, live } = view;
  const rows = [...line, ...reservations, ...live].filter((it) => it.callbackId === id);
  return rows
    .map((it) => `${it.state} ${'reservationId' in it ? it.reservationId : 'at' in it ? String(it.at) : ''}`)
    .join();
}

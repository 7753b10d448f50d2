import { signal } from '@preact/signals';

import type { BoardView } from '../../contracts/agent.ts';
import type { CallbackId } from '../../contracts/ids.ts';
import { reasonOf, type Api } from './api.ts';
import type { Commands } from './commands.ts';
import { SteadyOrder } from './steady-order.ts';

export type LineRow = BoardView['line'][number];
export type ReservationRow = BoardView['reservations'][number];
export type AgentRow = BoardView['agents'][number];
export type LiveRow = BoardView['live'][number];

/** One thing this board has seen happen to a callback since it was opened. */
export interface Seen {
  readonly at: number;
  readonly what: string;
}

/** The manager's board: as the server last said it, with lists that hold still under the pointer. */
export class Board {
  readonly view = signal<BoardView | undefined>(undefined);
  readonly problem = signal<string | undefined>(undefined);
  /** The callback whose drawer is open. */
  readonly opened = signal<CallbackId | undefined>(undefined);
  readonly isWall = signal(false);
  readonly line = new SteadyOrder<LineRow>((it) => it.callbackId);
  readonly reservations = new SteadyOrder<ReservationRow>((it) => it.reservationId);
  readonly agents = new SteadyOrder<AgentRow>((it) => it.agentId);
  readonly live = new SteadyOrder<LiveRow>((it) => it.callbackId);
  readonly #seen = new Map<CallbackId, { readonly key: string; readonly log: readonly Seen[] }>();
  readonly #api: Api;
  readonly #commands: Commands;

  constructor(api: Api, commands: Commands) {
    this.#api = api;
    this.#commands = commands;
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
    this.#watch(view);
    this.view.value = view;
    this.line.take(view.line);
    this.reservations.take(view.reservations);
    this.agents.take(view.agents);
    this.live.take(view.live);
  }

  /** What happened to a callback while this board was open, newest last. */
  seen(id: CallbackId): readonly Seen[] {
    return this.#seen.get(id)?.log ?? [];
  }

  cancel(id: CallbackId): Promise<boolean> {
    return this.#commands.run(`cancel:${id}`, 'Cancelling the callback', () =>
      this.#api.command('POST', `/callbacks/${id}/cancel`, {}),
    );
  }

  move(id: CallbackId, at: number): Promise<boolean> {
    return this.#commands.run(`move:${id}`, 'Moving the callback', () =>
      this.#api.command('POST', `/callbacks/${id}/move`, { at }),
    );
  }

  /** Notes each change of where a callback stands, so that its drawer can tell the story. */
  #watch(view: BoardView): void {
    const now = new Map<CallbackId, string>();
    const add = (id: CallbackId, what: string): void => {
      const before = now.get(id);
      now.set(id, before === undefined ? what : `${before}; ${what}`);
    };
    for (const it of view.line)
      add(it.callbackId, it.state === 'scheduled' ? 'scheduled' : `${it.place} in line`);
    for (const it of view.reservations)
      add(
        it.callbackId,
        it.state === 'future' ? `later with ${it.agent}` : `offered to ${it.agent}, ${it.state}`,
      );
    for (const it of view.live) add(it.callbackId, `${it.state.replaceAll('-', ' ')} with ${it.agent}`);
    for (const [id, key] of now) {
      const before = this.#seen.get(id);
      if (before?.key === key) continue;
      const log = [...(before?.log ?? []), { at: view.serverNow, what: key }].slice(-20);
      this.#seen.set(id, { key, log });
    }
    for (const id of this.#seen.keys()) if (!now.has(id) && id !== this.opened.value) this.#seen.delete(id);
  }
}

import type { AgentId, SessionId } from '../../contracts/ids.ts';
import { newPageSession, type PageSession } from '../domain/page-session.ts';
import { PageKeeper } from './page-keeper.ts';
import type { PageParts } from './page-parts.ts';
import { PageRoom } from './page-room.ts';
import { Serial } from './serial.ts';

/** Screens are drawn again at most so often for one session. */
const HINT_MS = 100;

/** The rooms of this process: loaded when somebody enters, forgotten when nobody is in them any more. */
export class PageRooms {
  readonly #parts: PageParts;
  readonly #keeper: PageKeeper;
  readonly #rooms = new Map<SessionId, PageRoom>();
  readonly #serial = new Serial();
  readonly #begun: (room: PageRoom) => void;

  constructor(parts: PageParts, begun: (room: PageRoom) => void) {
    this.#parts = parts;
    this.#keeper = new PageKeeper(parts.store, parts.clock, parts.log);
    this.#begun = begun;
  }

  /** Does one thing at a time in each room. `isNew`: nobody can have stored anything of it. */
  in<T>(
    id: SessionId,
    work: (room: PageRoom) => T | Promise<T>,
    from?: { readonly isNew: boolean; readonly fresh: PageSession },
  ): Promise<T> {
    return this.#serial.run(id, async () => {
      const room = await this.#enter(id, from);
      try {
        return await work(room);
      } finally {
        if (room.isEmpty) {
          room.close();
          this.#rooms.delete(id);
        }
      }
    });
  }

  /** To look and change nothing; what is only looked at is not held. */
  async peek(id: SessionId): Promise<PageRoom> {
    const held = this.#rooms.get(id);
    if (held) return held;
    const stored = await this.#keeper.load(id).catch((err: unknown) => {
      this.#parts.log.warn({ err, sessionId: id }, 'page session not readable');
      return undefined;
    });
    return this.#rooms.get(id) ?? this.#roomOf(stored ?? this.#unknown(id));
  }

  held(id: SessionId): PageRoom | undefined {
    return this.#rooms.get(id);
  }

  /** For a session nobody is in yet. */
  keep(session: PageSession): void {
    this.#keeper.keepSoon(session);
  }

  /** Resolves when a change of this session outlives us, or the store is too slow to wait for. */
  stored(id: SessionId): Promise<void> {
    return this.#keeper.stored(id);
  }

  /** Stored behind; screens hear of it if somebody is, or was, looking. */
  changed(room: PageRoom): void {
    this.#keeper.keep(room.session);
    const isShown = room.session.registrations.length > 0;
    if (isShown || room.isShown) this.#hint(room, true);
    room.isShown = isShown;
  }

  /** Sessions this agent is registered for, here or where a process before us left them. */
  async ofAgent(agentId: AgentId): Promise<readonly SessionId[]> {
    const held = [...this.#rooms.values()].filter((it) =>
      it.session.registrations.some((mine) => mine.agentId === agentId),
    );
    const stored = await this.#parts.store.ofAgent(agentId).catch((err: unknown) => {
      this.#parts.log.warn({ err, agentId }, 'registrations not readable');
      return [];
    });
    return [...new Set([...held.map((it) => it.session.id), ...stored])];
  }

  async #enter(id: SessionId, from?: { isNew: boolean; fresh: PageSession }): Promise<PageRoom> {
    const held = this.#rooms.get(id);
    if (held) return held;
    const stored = from?.isNew === true ? undefined : await this.#keeper.load(id);
    const room = this.#roomOf(stored ?? from?.fresh ?? this.#unknown(id));
    this.#rooms.set(id, room);
    this.#begun(room);
    return room;
  }

  #roomOf(session: PageSession): PageRoom {
    return new PageRoom(session, this.#parts.clock);
  }

  #unknown(id: SessionId): PageSession {
    return newPageSession(id, '', '', this.#parts.clock.now());
  }

  /** The first change is told at once, those close behind it together. */
  #hint(room: PageRoom, isNews: boolean): void {
    const { hints, clock } = this.#parts;
    if (room.cancelHint) {
      room.hasNews ||= isNews;
      return;
    }
    if (!isNews) return;
    hints.give({ about: 'session', id: room.session.id });
    hints.give({ about: 'board' });
    const cancel = clock.after(HINT_MS, () => {
      const { hasNews } = room;
      room.cancelHint = undefined;
      room.hasNews = false;
      this.#hint(room, hasNews);
    });
    room.cancelHint = cancel;
  }
}

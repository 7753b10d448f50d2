import type { Logger } from 'pino';
import type { SessionId } from '../../contracts/ids.ts';
import type { Clock } from '../../server-kit/clock.ts';
import type { PageSession } from '../domain/page-session.ts';
import type { PageStore } from '../ports/page-store.ts';

const SOON_MS = 20;
const AGAIN_MS = 500;
const LONGEST_MS = 10_000;
/** Nobody waits longer to hear that something is stored. */
const PATIENCE_MS = 2_000;
/** So often over some minutes; then what is not stored is given up rather than held for ever. */
const MOST_TRIES = 60;

/**
 * Stores page sessions behind the conversation: the newest wins, one write at a time for each, tried again while the store is away.
 * What has not been stored yet is still known here.
 */
export class PageKeeper {
  readonly #store: PageStore;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #unsaved = new Map<SessionId, PageSession>();
  readonly #writing = new Set<SessionId>();
  readonly #waiting = new Map<SessionId, (() => void)[]>();

  constructor(store: PageStore, clock: Clock, log: Logger) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
  }

  keep(session: PageSession): void {
    if (this.#noted(session)) void this.#write(session.id, 1);
  }

  /** Known at once, and stored when an answer that is on its way is out. */
  keepSoon(session: PageSession): void {
    if (this.#noted(session)) this.#clock.after(SOON_MS, () => void this.#write(session.id, 1));
  }

  /** True where no write is under way that will find it. */
  #noted(session: PageSession): boolean {
    this.#unsaved.set(session.id, session);
    if (this.#writing.has(session.id)) return false;
    this.#writing.add(session.id);
    return true;
  }

  async load(id: SessionId): Promise<PageSession | undefined> {
    return this.#unsaved.get(id) ?? this.#store.load(id);
  }

  /** Resolves when what is known of this session is stored, or the store is too slow to wait for. */
  stored(id: SessionId): Promise<void> {
    if (!this.#unsaved.has(id)) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#clock.after(PATIENCE_MS, resolve);
      const done = (): void => {
        cancel();
        resolve();
      };
      this.#waiting.set(id, [...(this.#waiting.get(id) ?? []), done]);
    });
  }

  #settled(id: SessionId): void {
    this.#writing.delete(id);
    const waiting = this.#waiting.get(id) ?? [];
    this.#waiting.delete(id);
    for (const done of waiting) done();
  }

  async #write(id: SessionId, tries: number): Promise<void> {
    const session = this.#unsaved.get(id);
    if (!session) {
      this.#settled(id);
      return;
    }
    try {
      await this.#store.save(session);
      if (this.#unsaved.get(id) === session) this.#unsaved.delete(id);
      void this.#write(id, 1);
    } catch (err) {
      if (tries === 1) this.#log.warn({ err, sessionId: id }, 'page session not stored yet');
      if (tries >= MOST_TRIES) {
        this.#log.error({ err, sessionId: id }, 'page session not stored');
        this.#unsaved.delete(id);
        this.#settled(id);
        return;
      }
      this.#clock.after(Math.min(AGAIN_MS * tries, LONGEST_MS), () => void this.#write(id, tries + 1));
    }
  }
}

import type { SessionId } from '../../contracts/ids.ts';
import type { Clock } from '../../server-kit/clock.ts';
import type { Callback } from '../domain/callback.ts';
import { isOver } from '../domain/callback.ts';
import { change, type LegWish, newSession, type Session } from '../domain/session.ts';
import type { Account } from '../ports/accounts.ts';
import type { Hints } from '../ports/hints.ts';
import type { SessionStore } from '../ports/stores.ts';
import type { ServiceInstance } from '../services/service-instance.ts';

interface Parts {
  readonly store: SessionStore;
  /** By service id; a service without a rule of its own is a plain callback. */
  readonly services: (id: string) => ServiceInstance;
  readonly hints: Hints;
  readonly clock: Clock;
}

/** Keeps the sessions: service instances wish, the generic session instance changes, the store holds the truth. */
export class SessionDesk {
  readonly #parts: Parts;
  #afterCall: (sessionId: SessionId, graceMs: number) => void = () => {};

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** What follows for shared pages when a call is over, by the session's rule. */
  onCallOver(listener: (sessionId: SessionId, graceMs: number) => void): void {
    this.#afterCall = listener;
  }

  find(id: SessionId): Promise<Session | undefined> {
    return this.#parts.store.find(id);
  }

  /** Carries out wishes; creates the session when it is new. */
  async apply(id: SessionId, wishes: readonly LegWish[]): Promise<Session | undefined> {
    const { store, hints, clock } = this.#parts;
    if (wishes.length === 0) return store.find(id);
    const at = clock.now();
    const session = await store.update(
      id,
      (it) => wishes.reduce((next, wish) => change(next, wish, at), it),
      newSession(id, at),
    );
    hints.give({ about: 'session', id });
    return session;
  }

  async callbackMoved(before: Callback, now: Callback, agent: Account | undefined): Promise<void> {
    const service = this.#parts.services(now.wish.service);
    const people = {
      visitor: now.wish.name ?? 'Visitor',
      ...(agent && { agent: { id: agent.id, name: agent.name } }),
    };
    await this.apply(now.wish.sessionId, service.moved(before, now, people));
    const wasOn = before.phase.state === 'connected';
    if ((wasOn && now.phase.state === 'wrap-up') || (isOver(now) && !isOver(before))) {
      this.#afterCall(
        now.wish.sessionId,
        wasOn || before.phase.state === 'wrap-up' ? service.pagesAfterCallMs : 0,
      );
    }
  }
}

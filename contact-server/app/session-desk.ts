import type { AgentId, SessionId } from '../../contracts/ids.ts';
import type { Clock } from '../../server-kit/clock.ts';
import type { Callback } from '../domain/callback.ts';
import { claimOf, isOver } from '../domain/callback.ts';
import { change, isAlive, type LegWish, newSession, type Session } from '../domain/session.ts';
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
  #released: (sessionId: SessionId, agentId: AgentId) => void = () => {};

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** What follows for shared pages when a call is over, by the session's rule. */
  onCallOver(listener: (sessionId: SessionId, graceMs: number) => void): void {
    this.#afterCall = listener;
  }

  /** The contact goes on without this agent: the reservation that let them see anything is gone. */
  onReleased(listener: (sessionId: SessionId, agentId: AgentId) => void): void {
    this.#released = listener;
  }

  find(id: SessionId): Promise<Session | undefined> {
    return this.#parts.store.find(id);
  }

  /** Carries out wishes; creates the session when it is new and somebody is added. Tells others only of what changed. */
  async apply(id: SessionId, wishes: readonly LegWish[]): Promise<Session | undefined> {
    const { store, hints, clock } = this.#parts;
    if (wishes.length === 0) return store.find(id);
    const at = clock.now();
    let before: Session | undefined;
    const session = await store.update(
      id,
      (it) => {
        before = it;
        return wishes.reduce((next, wish) => change(next, wish, at), it);
      },
      wishes.some((it) => it.do === 'add') ? newSession(id, at) : undefined,
    );
    if (session !== before) hints.give({ about: 'session', id });
    return session;
  }

  /** Ends the session unless somebody still talks in it. */
  async endUnlessTalking(id: SessionId): Promise<void> {
    const session = await this.find(id);
    if (session?.state === 'open' && !isAlive(session, 'voice')) await this.apply(id, [{ do: 'end' }]);
  }

  async callbackMoved(before: Callback, now: Callback, agent: Account | undefined): Promise<void> {
    const service = this.#parts.services(now.wish.service);
    const { sessionId } = now.wish;
    const people = {
      visitor: now.wish.name ?? 'Visitor',
      ...(agent && { agent: { id: agent.id, name: agent.name } }),
    };
    const wishes = service.moved(before, now, people);
    if (wishes.length > 0) await this.apply(sessionId, wishes);
    const was = claimOf(before)?.agentId;
    if (!isOver(now) && was !== undefined && was !== claimOf(now)?.agentId) this.#released(sessionId, was);
    if (isOver(now) && !isOver(before))
      this.#afterCall(sessionId, 0); // nobody has the contact on their desk any more
    else if (before.phase.state === 'connected' && now.phase.state === 'wrap-up') {
      this.#afterCall(sessionId, service.pagesAfterCallMs);
    }
  }
}

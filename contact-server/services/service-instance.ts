import type { Callback } from '../domain/callback.ts';
import type { LegWish } from '../domain/session.ts';

/**
 * The rule of one offered service: when to add and remove endpoints of the session. The generic session instance
 * (domain/session.ts) carries the wishes out and knows nothing of services.
 */
export interface ServiceInstance {
  readonly id: string;
  /** The callback moved: who joins, who leaves. */
  moved(before: Callback, now: Callback, people: People): readonly LegWish[];
  /** How long shared pages go on when the call is over (ms); 0 ends them with it. */
  readonly pagesAfterCallMs: number;
}

/** Names for the legs. */
export interface People {
  readonly agent?: { readonly id: string; readonly name: string };
  readonly visitor: string;
}

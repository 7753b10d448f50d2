import type { AgentId, CallbackId, ReservationId } from '../../contracts/ids.ts';
import type { AgentState } from '../../contracts/states.ts';
import type { RoutedChannel } from './channels.ts';
import type { Overtaken } from './fairness.ts';
import type { ClassId, ProfileId } from './match.ts';
import type { Precedence } from './order.ts';
import type { Qualification, Requirement } from './qualification.ts';

/** What an agent wishes to be; `reason` with not-ready only. */
export interface Wish {
  readonly state: 'ready' | 'not-ready' | 'logged-off';
  readonly reason?: string;
}

/** A contact as it enters the line. */
export interface Entering {
  readonly id: CallbackId;
  readonly entry: number;
  readonly class: ClassId;
  readonly startedAt: number;
  readonly precedence: Precedence;
  readonly offerMs: number;
  readonly rings: readonly { readonly at: number; readonly class: ClassId }[];
  /** Goes first until `until`, and is waited for until `waitUntil`. */
  readonly preferred?: { readonly agentId: AgentId; readonly until: number; readonly waitUntil: number };
}

/** An agent who is logged in. */
export interface Desk {
  readonly profile: ProfileId;
  /** With contacts in hand that of the foremost. */
  readonly state: AgentState;
  readonly reason?: string;
  readonly since: number;
  /** µs. */
  readonly idleSince?: number;
  readonly inHand: readonly ReservationId[];
  readonly foremost?: ReservationId;
  /** Beside what is in hand there is room for more of these. */
  readonly open: readonly RoutedChannel[];
  /** With contacts in hand nothing more is offered while this waits. */
  readonly next?: Wish;
}

/** A contact that waits or is held; what it needs now may be less than what it asked for. */
export interface Waiter extends Entering {
  readonly ring: number;
  /** Held by it; waits without. */
  readonly reservation?: ReservationId;
  /** Waits for this agent alone. */
  readonly waitsFor?: AgentId;
  /** When to look again, though nothing happened. */
  readonly dueAt?: number;
}

export interface Hold {
  readonly state: 'pending' | 'accepted' | 'wrapping';
  readonly contactId: CallbackId;
  readonly entry: number;
  readonly agentId: AgentId;
  readonly class: ClassId;
  readonly fence: number;
  readonly deadline: number;
  readonly how: 'idle' | 'freed' | 'preferred' | 'claimed';
  readonly ring: number;
  readonly overtook: Overtaken;
}

/** All that the matchmaker knows at one moment. */
export interface World {
  readonly epoch: number;
  readonly fence: number;
  readonly profiles: ReadonlyMap<ProfileId, readonly Qualification[]>;
  readonly classes: ReadonlyMap<ClassId, Requirement>;
  readonly desks: ReadonlyMap<AgentId, Desk>;
  readonly waiters: ReadonlyMap<CallbackId, Waiter>;
  /** The entry a contact was over with. */
  readonly over: ReadonlyMap<CallbackId, number>;
  readonly holds: ReadonlyMap<ReservationId, Hold>;
  readonly rejected: ReadonlyMap<ReservationId, Hold>;
  readonly scheduled: ReadonlyMap<CallbackId, { readonly at: number; readonly startedAt?: number }>;
}

/** What may happen to it. */
export type Fact =
  | { readonly type: 'enter'; readonly contact: Entering }
  /** The rule of its service was changed while it waits. */
  | { readonly type: 'anew'; readonly contact: Entering }
  | { readonly type: 'leave'; readonly contactId: CallbackId }
  | { readonly type: 'accept' | 'reject'; readonly reservationId: ReservationId; readonly agentId: AgentId }
  | { readonly type: 'claim'; readonly contact: Entering; readonly agentId: AgentId }
  | { readonly type: 'wrap-up'; readonly reservationId: ReservationId }
  /** Without a wish the agent becomes what they wished before, or ready. */
  | { readonly type: 'complete'; readonly reservationId: ReservationId; readonly wish?: Wish }
  | { readonly type: 'agent'; readonly agentId: AgentId; readonly profile: ProfileId; readonly wish: Wish }
  | { readonly type: 'reprofile'; readonly agentId: AgentId; readonly profile: ProfileId }
  | { readonly type: 'roster'; readonly profiles: World['profiles'] }
  | {
      readonly type: 'schedule';
      readonly contactId: CallbackId;
      readonly at: number;
      readonly startedAt?: number;
    }
  | { readonly type: 'unschedule'; readonly contactId: CallbackId }
  /** Deadlines, rings and due times that have come. */
  | { readonly type: 'sweep' };

/** What follows from it, to be told in this order. */
export type Order =
  | {
      readonly type: `reservation.${'created' | 'accepted' | 'rejected' | 'timeout' | 'canceled' | 'rescinded' | 'wrapup' | 'completed'}`;
      readonly id: ReservationId;
      readonly hold: Hold;
    }
  | { readonly type: 'agent.state'; readonly agentId: AgentId; readonly desk: Desk | undefined }
  | {
      readonly type: 'contact.queued' | 'contact.left';
      readonly contactId: CallbackId;
      readonly entry: number;
      readonly ring: number;
    }
  | { readonly type: 'contact.due'; readonly contactId: CallbackId }
  | { readonly type: 'rules.changed' };

export function emptyWorld(epoch: number): World {
  return {
    epoch,
    fence: 0,
    profiles: new Map(),
    classes: new Map(),
    desks: new Map(),
    waiters: new Map(),
    over: new Map(),
    holds: new Map(),
    rejected: new Map(),
    scheduled: new Map(),
  };
}

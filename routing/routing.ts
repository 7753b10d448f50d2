import type { AgentId, CallbackId, ReservationId } from '../contracts/ids.ts';
import type { AgentState, ReservationState, TimeRange } from '../contracts/states.ts';
import type { DecisionView } from '../contracts/agent.ts';
import type { RoutedChannel } from './domain/channels.ts';
import type { DecisionRecord } from './domain/decision.ts';
import type { OvertakeReason } from './domain/fairness.ts';
import type { Opening } from './domain/hours.ts';
import type { AgentProfile, Qualification, Requirement, Ring } from './domain/qualification.ts';

export type { AgentProfile, DecisionRecord, OvertakeReason, Qualification, Requirement, Ring };

/**
 * The one door of the automatic call distributor. The contact server tells facts (a contact waits, an agent is
 * ready, a reservation was accepted) and hears what routing decided through `events`. Routing knows nothing of SIP,
 * pages or HTTP; it owns lines, reservations and the claim on an agent. Every method is idempotent, because its
 * caller may repeat it after a crash.
 */
export interface Routing {
  /**
   * Checks what this customer is owed, against the entitlements and the service kept in MongoDB.
   * Says why when the answer is no.
   */
  screen(ask: ScreenAsk): Promise<ScreenResult>;

  /** Pairs the contact with the best idle agent, or files it; in one atomic step. */
  enter(contact: Contact): Promise<Placement>;
  /** Who waits, waits for what is asked for now, by the rule of their service as it is now, at the old place; nobody else does. */
  anew(contact: Contact): Promise<void>;
  /** The contact no longer waits (cancelled, moved to a later time); an open offer for it is canceled. */
  leave(contactId: CallbackId): Promise<void>;
  /**
   * Emits `contact.due` at the time (epoch ms), within 1 s, once, also after a restart. A new time replaces the old.
   * With a service it counts among what is booked in its slot, so that `openings` offers no more than there is room
   * for; it is never refused here: whoever keeps the bookings decides who gets the last place. Whoever
   * started before (`startedAt`) is counted as overtaken, for the reason `snooze`, by those served meanwhile.
   */
  schedule(contactId: CallbackId, at: number, service?: string, startedAt?: number): Promise<void>;
  unschedule(contactId: CallbackId): Promise<void>;

  /** Takes an offer; fails as a value when it is gone. The agent is then busy, and gets more where there is room for it. */
  accept(reservationId: ReservationId, agentId: AgentId): Promise<AcceptResult>;
  /** The agent says no: not-ready with reason `declined`; the contact keeps its place and is offered to the next. */
  reject(reservationId: ReservationId, agentId: AgentId): Promise<AcceptResult>;
  /**
   * An agent takes this very contact now ("call now"), whoever is first in line; the agent must be able to, and ready,
   * not-ready, or with room for it beside what is in hand. Emits `reservation.accepted` at once, and `reservation.rescinded` for another agent's open offer.
   */
  claim(contact: Contact, agentId: AgentId): Promise<AcceptResult>;
  /** Talking is over, the agent writes up: busy → working-after-call. */
  wrapUp(reservationId: ReservationId): Promise<void>;
  /** The contact is done with; the agent becomes ready, or not-ready where asked or asked for earlier. */
  complete(reservationId: ReservationId, next: AgentNext): Promise<void>;

  /**
   * Log-in, ready, not-ready with a reason, log-out. With contacts in hand the wish is kept until the last is gone, and
   * nothing more is offered meanwhile.
   */
  setAgentState(agentId: AgentId, wish: AgentWish): Promise<AgentStatus>;
  agentStatus(agentId: AgentId): Promise<AgentStatus | undefined>;

  /** Where a waiting contact stands, and the range we promise; undefined when it does not wait. */
  place(contactId: CallbackId): Promise<Standing | undefined>;
  /** Where a waiting contact would stand with one more idle agent who has this; undefined when it does not wait. */
  whatIf(contactId: CallbackId, more: readonly Qualification[]): Promise<WhatIf | undefined>;
  /** What a new contact of this kind would be told now; with a service its opening hours are looked at too. */
  estimate(
    contact: Pick<Contact, 'requirement' | 'priority'> & { readonly service?: string },
  ): Promise<Outlook>;
  /** Whether a service is open at this moment (epoch ms), and when that changes. */
  opening(service: string, at: number): Promise<Opening>;
  /** Whether a service is open at `from` and when that changes, and its bookable times from then (but not the past) to `to`; epoch ms. */
  openings(service: string, from: number, to: number): Promise<OpeningHours>;
  /** The bookable span of a service that a moment falls into (epoch ms), and how many may be booked in it; none where it is closed. */
  slot(service: string, at: number): Promise<(TimeRange & { readonly capacity: number }) | undefined>;
  services(): Promise<readonly ServiceRule[]>;
  agents(): Promise<readonly AgentProfile[]>;
  agentProfile(agentId: AgentId): Promise<AgentProfile | undefined>;

  /**
   * Lines, reservations and agents, for the board: one consistent look while fewer than some hundred wait; of longer
   * lines the rest is read after it in parts, so that nobody has to wait for it. `cursor` is where it began.
   */
  snapshot(): Promise<RoutingSnapshot>;
  /** Every agent who is logged in, or was and is about to leave. */
  loggedIn(): Promise<readonly AgentStatus[]>;

  /**
   * Everything routing decided, in order, exactly from `after` on (the cursor of the last event dealt with;
   * undefined: from the oldest kept). Ends when `signal` aborts. Throws `CursorTooOld` when the gap cannot be served:
   * the caller then reads `snapshot()` and goes on from its cursor.
   */
  events(after: string | undefined, signal: AbortSignal): AsyncIterable<RoutingEvent>;

  /**
   * Puts contacts that should wait back in line after Redis was lost; known ones are left as they are. Scheduled
   * ones are scheduled again. That it was lost, or restarted and may lack its last moments, is told by
   * `CursorTooOld` and by `repaired` with what = `redis`. Gives those whose entry is over: they did not come into line,
   * and need a later one.
   */
  rebuild(
    contacts: readonly Contact[],
    agents: readonly { agentId: AgentId; wish: AgentWish }[],
  ): Promise<readonly CallbackId[]>;

  /**
   * Told by whoever finds that all this is older than what was worked with since (`isOfFormerEpoch`): a new epoch begins,
   * as after a loss, and what stands here is to be compared.
   */
  renew(): Promise<void>;

  /** What the directory says now holds when this resolves; what is not asked for so is followed within a second. */
  followDirectory(): Promise<void>;
  /** Redis answers and its scripts are loaded. */
  health(): Promise<{ readonly redis: boolean; readonly detail?: string }>;
  close(): Promise<void>;
}

export interface Contact {
  readonly id: CallbackId;
  readonly service: string;
  readonly requirement: Requirement;
  /** Higher is served earlier; from the entitlement's tier. 0 is usual. */
  readonly priority: number;
  /** Virtual start time: survives queues, retries and transfers (epoch ms). */
  readonly startedAt: number;
  /** Grows with every entry of the same contact into the line, so that late answers are known as such. */
  readonly entry: number;
  /**
   * Among the idle agents who can serve it, this one goes first until the time given. They are waited for only where
   * the service says so (`preferredWaitMs`), and only while they are logged in and able.
   */
  readonly preferred?: { readonly agentId: AgentId; readonly until: number };
}

export type Placement =
  | { readonly state: 'reserved'; readonly reservation: Reservation }
  | { readonly state: 'queued'; readonly standing: Standing }
  /** This entry has ended before, or a later one took its place: a repetition that changes nothing. */
  | { readonly state: 'over' };

export interface Standing {
  /** 1 is next among all who could be given an agent that could serve this one. */
  readonly place: number;
  /** Until then it waits for its preferred agent alone, whoever else is free. */
  readonly waitsFor?: { readonly agentId: AgentId; readonly until: number };
  /** Eight of ten such ranges hold. */
  readonly estimate?: TimeRange;
  /** The next opening of the service, for one who will not be reached before; then there is no estimate. */
  readonly opensAt?: number;
  /** Nobody who could help is logged in. */
  readonly nobodyOnDuty: boolean;
  /** A future reservation: who could take it, when one of them frees; at most ten, best qualified first. */
  readonly candidates: readonly AgentId[];
}

/** A place and its range as they are, and with one more agent, both played forward from the same moment. */
export interface WhatIf {
  readonly place: number;
  readonly estimate?: TimeRange;
  /** Place 0: the newcomer takes this very contact at once. */
  readonly then: { readonly place: number; readonly estimate?: TimeRange };
}

/** What a promise to one who comes now would be; as in a standing. */
export type Outlook = Omit<Standing, 'place' | 'waitsFor' | 'candidates'>;

export interface Reservation {
  readonly id: ReservationId;
  readonly contactId: CallbackId;
  readonly entry: number;
  readonly agentId: AgentId;
  readonly state: ReservationState;
  /** Monotonic over all reservations of the centre: a dial with an older fence is refused. */
  readonly fence: number;
  /** Grows when Redis was lost and rebuilt; fences of an older epoch are refused. */
  readonly epoch: number;
  readonly createdAt: number;
  /** When a pending offer lapses (epoch ms, Redis time). */
  readonly deadline: number;
  readonly decision: DecisionView;
  /** What the decision was made from, enough to make it again. */
  readonly basis: DecisionRecord;
}

export type AcceptResult =
  | { readonly ok: true; readonly reservation: Reservation }
  | { readonly ok: false; readonly why: 'unknown' | 'not-yours' | 'gone' | 'not-able' };

export type AgentWish =
  | { readonly state: 'ready' }
  | { readonly state: 'not-ready'; readonly reason: string }
  | { readonly state: 'logged-off' };
export type AgentNext =
  | { readonly state: 'ready' }
  | { readonly state: 'not-ready'; readonly reason: string }
  | { readonly state: 'as-wished' };

export interface AgentStatus {
  readonly agentId: AgentId;
  readonly state: AgentState;
  readonly reason?: string;
  /** In this state since (epoch ms). */
  readonly since: number;
  /** What becomes of the agent after the present contact, when that was asked for. */
  readonly next?: AgentWish;
  /** Of several contacts in hand the foremost: an offer, else one that is talked to, else the latest. */
  readonly reservationId?: ReservationId;
  readonly contactId?: CallbackId;
  /** Beside what is in hand there is room for more of these channels. */
  readonly open?: readonly RoutedChannel[];
  /** By which channels the contacts in hand came, where that is other than one call. */
  readonly inHand?: readonly RoutedChannel[];
}

export interface ScreenAsk {
  readonly service: string;
  /** E.164. */
  readonly phone: string;
  readonly ip: string;
  /** Proved by the company's backend, not claimed. */
  readonly customerId?: string;
  readonly language?: string;
}
export type ScreenResult =
  | {
      readonly ok: true;
      readonly tier: string;
      readonly priority: number;
      readonly requirement: Requirement;
      /** The language that the requirement wishes for beside its rule. */
      readonly language?: string;
      readonly preferredAgent?: AgentId;
      /** They have none of their own, and are to have the one they talked to last. */
      readonly lastAgent?: true;
    }
  /** `rule` names the test that failed, e.g. `entitlement/service-not-included`; `reason` is plain. */
  | { readonly ok: false; readonly rule: string; readonly reason: string };

export interface OpeningHours extends Opening {
  /** Bookable spans between `from` and `to` with capacity left. */
  readonly slots: readonly TimeRange[];
}

/** The rule of one service, as data (see company.schema.ts). */
export interface ServiceRule {
  readonly id: string;
  readonly name: string;
  readonly requirement: Requirement;
  /** Accept offers for the agent at once. */
  readonly autoAccept: boolean;
  readonly offerMs: number;
  readonly timezone: string;
  /** How the requirement widens with waiting, first ring first. */
  readonly rings?: readonly Ring[];
  /** So long a contact waits for its preferred agent alone, from its start; absent or 0: not at all. */
  readonly preferredWaitMs?: number;
  /** Each point of priority counts as so much waiting; absent or 0: priority goes strictly before age. */
  readonly ageMsPerPriority?: number;
}

export interface RoutingSnapshot {
  readonly cursor: string;
  readonly at: number;
  /** `needs`: what an agent must have for it by now, which is less than the contact asked for once it has waited long. */
  readonly waiting: readonly {
    readonly contact: Contact;
    readonly needs: Requirement['must'];
    readonly standing: Standing;
  }[];
  readonly scheduled: readonly { readonly contactId: CallbackId; readonly at: number }[];
  readonly reservations: readonly Reservation[];
  readonly agents: readonly AgentStatus[];
  /** How often somebody was served before somebody who started earlier, by reason, since Redis began or was lost. */
  readonly overtaken: Readonly<Record<OvertakeReason, number>>;
}

export type RoutingEvent = { readonly cursor: string; readonly at: number } & (
  | { readonly type: 'reservation.created'; readonly reservation: Reservation }
  | {
      readonly type:
        | 'reservation.accepted'
        | 'reservation.rejected'
        | 'reservation.timeout'
        | 'reservation.canceled'
        | 'reservation.rescinded'
        | 'reservation.wrapup'
        | 'reservation.completed';
      readonly reservation: Reservation;
    }
  | { readonly type: 'agent.state'; readonly status: AgentStatus }
  /** `ring`: its requirement has widened so far. */
  | {
      readonly type: 'contact.queued';
      readonly contactId: CallbackId;
      readonly entry: number;
      readonly ring?: number;
    }
  | { readonly type: 'contact.left'; readonly contactId: CallbackId; readonly entry: number }
  /** Its scheduled time has come: the contact server enters it. */
  | { readonly type: 'contact.due'; readonly contactId: CallbackId }
  /** Service opened or closed, the roster or a rule changed: places and promises may move. */
  | { readonly type: 'rules.changed' }
  | { readonly type: 'repaired'; readonly what: string; readonly why: string }
);

/** The events between the cursor and now are no longer kept. */
export class CursorTooOld extends Error {
  override readonly name = 'CursorTooOld';
}

/** Whether what stood here was begun before what the other cursor is of: an older state came back. */
export function isOfFormerEpoch(cursor: string, other: string): boolean {
  return Number.parseInt(cursor, 10) < Number.parseInt(other, 10);
}

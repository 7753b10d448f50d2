import type { AgentId, CallbackId, CallId, ReservationId, SessionId } from '../../contracts/ids.ts';
import type { AttemptOutcome, CallbackState } from '../../contracts/states.ts';

/** What was asked, and by whom; never changes after it was screened, but for `wantedAt`. */
export interface Wish {
  readonly service: string;
  /** E.164. */
  readonly phone: string;
  readonly name?: string;
  readonly email?: string;
  /** IANA zone of the visitor's browser. */
  readonly timezone?: string;
  readonly language?: string;
  readonly page?: string;
  readonly sessionId: SessionId;
  /** The registration key: the visitor's address, normalised. */
  readonly ip: string;
  readonly standing: 'claimed' | 'proved';
  readonly customerId?: string;
  /** This one call may come outside the usual calling hours. */
  readonly anyHour: boolean;
  /** The visitor picked this time on screen (epoch ms). */
  readonly wantedAt?: number;
}

/** What the screening gave: who may help, and how early. */
export interface Terms {
  readonly tier: string;
  readonly priority: number;
  readonly must: readonly { readonly name: string; readonly level: number }[];
  readonly prefer: readonly { readonly name: string; readonly level: number }[];
  /** The language wished for beside what the service asks, of this visitor or known of the customer. */
  readonly language?: string;
  readonly preferredAgent?: AgentId;
}

/** The claim on one agent that every dial must show. */
export interface Claim {
  readonly reservationId: ReservationId;
  readonly agentId: AgentId;
  readonly fence: number;
  readonly epoch: number;
  /** When the offer lapses. */
  readonly deadline: number;
}

/** Where it stands: a field exists only in the states that have it. */
export type Phase =
  | { readonly state: 'requested' }
  | { readonly state: 'screened' }
  | {
      readonly state: 'scheduled';
      readonly at: number;
      readonly why: 'asked' | 'retry' | 'hours';
      /** A manager wants it so, though its service is closed then. */
      readonly anyway?: true;
    }
  | { readonly state: 'queued' }
  | { readonly state: 'reserved'; readonly claim: Claim }
  | { readonly state: 'dialing-agent'; readonly claim: Claim; readonly callId: CallId }
  | {
      readonly state: 'dialing-customer';
      readonly claim: Claim;
      readonly callId: CallId;
      readonly ringing: boolean;
    }
  | { readonly state: 'connected'; readonly claim: Claim; readonly callId: CallId }
  | { readonly state: 'wrap-up'; readonly claim: Claim; readonly callId: CallId }
  | { readonly state: 'completed'; readonly disposition: string }
  | { readonly state: 'cancelled'; readonly by: 'visitor' | 'manager' | 'agent' }
  | { readonly state: 'expired' }
  | { readonly state: 'unreached' }
  | { readonly state: 'refused'; readonly rule: string; readonly reason: string }
  | { readonly state: 'failed'; readonly reason: string };

export type In<State extends Phase['state']> = Extract<Phase, { state: State }>;

/** One dial of the customer. */
export interface Attempt {
  readonly n: number;
  readonly at: number;
  readonly callId: CallId;
  readonly fence: number;
  readonly outcome: AttemptOutcome | 'pending';
  readonly detail?: string;
}

export interface Moment {
  readonly at: number;
  readonly state: CallbackState;
  readonly why: string;
}

/**
 * One promise to ring somebody.
 *
 *   requested ─▶ screened ─▶ queued ◀────▶ scheduled            (move, retry, closed hours; due)
 *                  │           │ ▲
 *               refused        ▼ │ offer ended, agent's phone not answered
 *                           reserved ─▶ dialing-agent ─▶ dialing-customer ─▶ connected ─▶ wrap-up ─▶ completed
 *                                                              │ busy, no answer …
 *                                                              └─▶ scheduled (retry) or unreached
 *   from every state before connected: cancelled · expired · failed
 */
export interface Callback {
  readonly id: CallbackId;
  readonly wish: Wish;
  readonly terms?: Terms;
  readonly phase: Phase;
  readonly requestedAt: number;
  /** Virtual start time: the moment counted as start of waiting; survives queues, retries and offers. */
  readonly startedAt: number;
  /** Grows with every entry into the line. */
  readonly entry: number;
  readonly attempts: readonly Attempt[];
  /** The newest claim on an agent that it was told of: what comes of an older one, or of this one again, is over. */
  readonly lastClaim?: Pick<Claim, 'epoch' | 'fence'>;
  /** How often an agent's side failed in a row; bounded, so that a broken phone cannot loop for ever. */
  readonly agentFailures: number;
  /** Past this (epoch ms), the watchdog tells the fact `deadline-passed`. End states have none. */
  readonly deadline?: number;
  /** How long it waits in line before it expires, and whether that was prolonged because nobody was there to ring. */
  readonly patience?: { readonly until: number; readonly isKept: boolean };
  readonly history: readonly Moment[];
}

export type Fact =
  | { readonly type: 'screened'; readonly at: number; readonly terms: Terms; readonly startAt?: number }
  | { readonly type: 'refused'; readonly at: number; readonly rule: string; readonly reason: string }
  | { readonly type: 'due'; readonly at: number }
  /** Routing holds an agent and shows the offer. */
  | { readonly type: 'agent-reserved'; readonly at: number; readonly entry: number; readonly claim: Claim }
  | {
      readonly type: 'offer-ended';
      readonly at: number;
      readonly reservationId: ReservationId;
      readonly why: string;
    }
  /** The offer was taken, or an agent called this contact now. */
  | { readonly type: 'offer-accepted'; readonly at: number; readonly claim: Claim; readonly callId: CallId }
  /** The agent is held by another callback already: MongoDB decided against the claim. */
  | { readonly type: 'agent-taken'; readonly at: number; readonly claim: Claim }
  | { readonly type: 'agent-answered'; readonly at: number; readonly callId: CallId }
  /** `ours`: not the agent's doing, but a fault of the system. */
  | {
      readonly type: 'agent-failed';
      readonly at: number;
      readonly callId: CallId;
      readonly detail: string;
      readonly ours?: true;
    }
  /** The dial gate said no. `notBefore`: allowed at that time. */
  | {
      readonly type: 'dial-refused';
      readonly at: number;
      readonly callId: CallId;
      readonly rule: string;
      readonly reason: string;
      readonly notBefore?: number;
    }
  | { readonly type: 'customer-ringing'; readonly at: number; readonly callId: CallId }
  | { readonly type: 'customer-joined'; readonly at: number; readonly callId: CallId }
  | {
      readonly type: 'customer-failed';
      readonly at: number;
      readonly callId: CallId;
      readonly outcome: Exclude<AttemptOutcome, 'answered' | 'agent-lost'>;
      readonly detail: string;
    }
  | {
      readonly type: 'call-cleared';
      readonly at: number;
      readonly callId: CallId;
      readonly by: 'agent' | 'customer' | 'server';
      readonly cause: string;
    }
  | { readonly type: 'wrapped-up'; readonly at: number; readonly disposition: string; readonly next: Next }
  | { readonly type: 'cancelled'; readonly at: number; readonly by: 'visitor' | 'manager' | 'agent' }
  /** The rule of its service was changed: what is asked for now, of who waits. */
  | {
      readonly type: 'terms-renewed';
      readonly at: number;
      readonly must: Terms['must'];
      readonly prefer: Terms['prefer'];
    }
  /** To another time, even one at which it is closed (`anyway`), or (`to` absent) as soon as somebody is free, not before `earliest`. */
  | {
      readonly type: 'moved';
      readonly at: number;
      /** Absent where the visitor did it. */
      readonly by?: 'manager';
      readonly to?: number;
      readonly anyway?: true;
      readonly earliest?: number;
    }
  /** Booked for `from`, at which nobody is here or it may not be rung: when it can be called instead, or why never. */
  | { readonly type: 'postponed'; readonly at: number; readonly from: number; readonly next: CallTime }
  /** It waits, and for routing this entry into the line is over. */
  | { readonly type: 'out-of-line'; readonly at: number; readonly entry: number }
  /** `keepUntil`: its service is closed, and who waits in line is kept so long, into the next opening. */
  | { readonly type: 'deadline-passed'; readonly at: number; readonly keepUntil?: number };

/** When somebody can be called, or the rule that says no, and why. */
export type CallTime =
  | { readonly ok: true; readonly at: number }
  | { readonly ok: false; readonly rule: string; readonly reason: string };

export type Next = 'ready' | 'not-ready' | 'as-wished';

export type Order =
  | { readonly do: 'screen' }
  | { readonly do: 'enter-line' }
  | { readonly do: 'leave-line' }
  | { readonly do: 'schedule'; readonly at: number }
  | { readonly do: 'unschedule' }
  | { readonly do: 'ring-agent'; readonly callId: CallId; readonly claim: Claim }
  | { readonly do: 'dial-customer'; readonly callId: CallId; readonly claim: Claim }
  | { readonly do: 'hang-up'; readonly callId: CallId; readonly cause: string }
  | { readonly do: 'wrap-up-agent'; readonly claim: Claim }
  | { readonly do: 'release-agent'; readonly claim: Claim; readonly next: Next; readonly reason?: string };

export interface Step {
  readonly next: Callback;
  readonly orders: readonly Order[];
}

/** The claim of the states that hold an agent. */
export function claimOf(callback: Callback): Claim | undefined {
  return 'claim' in callback.phase ? callback.phase.claim : undefined;
}

/** The call of the states that have one. */
export function callOf(callback: Callback): CallId | undefined {
  return 'callId' in callback.phase ? callback.phase.callId : undefined;
}

export function isOver(callback: Callback): boolean {
  switch (callback.phase.state) {
    case 'completed':
    case 'cancelled':
    case 'expired':
    case 'unreached':
    case 'refused':
    case 'failed':
      return true;
    case 'requested':
    case 'screened':
    case 'scheduled':
    case 'queued':
    case 'reserved':
    case 'dialing-agent':
    case 'dialing-customer':
    case 'connected':
    case 'wrap-up':
      return false;
  }
}

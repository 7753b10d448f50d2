import type { AgentId, CallId } from '../../contracts/ids.ts';
import type { AttemptOutcome } from '../../contracts/states.ts';

/** The agent's side of a call. */
export interface AgentLegPlan {
  readonly agentId: AgentId;
  /** The registered extension to ring. */
  readonly extension: string;
  /** Shown on the agent's phone; ours, never a visitor's text. */
  readonly display: string;
  readonly ringMs: number;
}

/** The customer's side. It is dialled only after the dial gate has said yes in the fenced step. */
export interface CustomerLegPlan {
  /** E.164. */
  readonly number: string;
  readonly callerId: string;
  readonly trunkId: string;
  readonly ringMs: number;
  /** Hang up when the parties have talked this long. */
  readonly maxTalkMs: number;
}

export type Leg = 'agent' | 'customer';

export interface SentInvite {
  readonly uri: string;
  readonly transactionId: string;
}

/** Enough to find a call's legs again after a restart: stored before a leg can ring. */
export interface StoredLeg {
  readonly leg: Leg;
  readonly sipCallId: string;
  readonly dialogId: string;
  /** Which SIP server it lives on. */
  readonly server: string;
  /** The request that rings the phone, once it does: a server that keeps it ringing for the dead stops by this. */
  readonly invite?: SentInvite;
}

/** Why a leg failed, in the words of attempts; `agent-…` failures are no attempts. */
export type LegFailure = Exclude<AttemptOutcome, 'answered'>;

/** Who is told of a call; resolves when the fact is taken, that is stored where it says what is to be. */
export type TellCall = (fact: CallFact) => void | Promise<void>;

/** What happened on the line. For each leg: originated, delivered?, then established or failed; then exactly one `cleared` for the whole call. */
export type CallFact =
  | { readonly type: 'originated'; readonly leg: Leg; readonly at: number; readonly stored: StoredLeg }
  | { readonly type: 'delivered'; readonly leg: Leg; readonly at: number; readonly stored?: StoredLeg }
  | { readonly type: 'established'; readonly leg: Leg; readonly at: number }
  /** Both hear each other (customer answered and the agent's leg was re-offered). */
  | { readonly type: 'joined'; readonly at: number }
  | { readonly type: 'held'; readonly by: Leg; readonly at: number }
  | { readonly type: 'retrieved'; readonly by: Leg; readonly at: number }
  | {
      readonly type: 'failed';
      readonly leg: Leg;
      readonly outcome: LegFailure;
      /** SIP final status or Q.850 cause, for the record. */
      readonly detail: string;
      readonly at: number;
    }
  /** Nothing of the call is left; nothing is told after it. */
  | { readonly type: 'cleared'; readonly by: Leg | 'server'; readonly cause: string; readonly at: number };

/**
 * What we ask of a telephone system, in our words. Commands for an unknown or cleared call do nothing.
 * An adapter tells facts in order for one call, and after `cleared` nothing more; `hangUp` is safe at any moment,
 * even while a leg still rings (SIP CANCEL) or while its answer crosses the cancel.
 */
export interface Telephony {
  /**
   * Rings the agent's phone. When it answers the leg is held silent until the customer's leg is joined. No phone rings
   * before its `originated` is taken, nor later than it should have stopped.
   */
  ringAgent(callId: CallId, plan: AgentLegPlan, tell: TellCall): void;
  /**
   * Dials the customer and joins both when they answer. If the customer cannot be reached the agent's leg stays up:
   * the caller decides (hang up, or dial again).
   */
  dialCustomer(callId: CallId, plan: CustomerLegPlan): void;
  /** The customer hears silence (or hold music where media passes through us); the agent's phone stays connected. */
  hold(callId: CallId): Promise<void>;
  retrieve(callId: CallId): Promise<void>;
  /** Ends both legs; `by` is who wanted it. A customer who was still being rung has lost an `agent`, or was `cancelled`. */
  hangUp(callId: CallId, cause: string, by?: 'agent' | 'server'): void;
  /**
   * After a restart: probes stored legs with an in-dialog OPTIONS. Both alive: the call is adopted, facts go to
   * `tell`, true. Otherwise whatever is left is ended first, false.
   */
  adopt(callId: CallId, legs: readonly StoredLeg[], tell: TellCall): Promise<boolean>;
  /** The link to the telephone server. */
  status(): { readonly up: boolean; readonly detail?: string };
  onStatus(listener: () => void): () => void;
}

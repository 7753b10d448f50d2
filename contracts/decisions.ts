import type { AgentId, CallbackId, ReservationId } from './ids.ts';
import type { ReservationState } from './states.ts';

/** Why this agent: each candidate with the test that failed, or the rank that won (AHEAD.md N3). */
export interface DecisionView {
  readonly at: number;
  readonly rosterVersion: number;
  readonly chosen: AgentId;
  /** e.g. `idle 4:10, holds lang:es 3, product:loans 2`. */
  readonly because: string;
  /** At most 20, best first: all in a small centre, in a large one the chosen and ten others. */
  readonly candidates: readonly {
    readonly agentId: AgentId;
    readonly name: string;
    readonly verdict: string;
  }[];
  /** How many more there were: able and idle, able and taken, not able; absent where all are listed. */
  readonly more?: { readonly idle: number; readonly taken: number; readonly unable: number };
}

/** GET /callbacks/{id}/decisions: which agent each offer and each call by hand went to, oldest first; at most the latest 100. */
export interface DecisionsView {
  readonly callbackId: CallbackId;
  readonly decisions: readonly KeptDecisionView[];
}

/** A decision as it was kept, and what the same rule gives today from what it was made from. */
export interface KeptDecisionView {
  readonly reservationId: ReservationId;
  readonly at: number;
  readonly agentId: AgentId;
  readonly agent: string;
  readonly fence: number;
  /** What became of it, as far as it is known, and when. */
  readonly state: ReservationState;
  readonly since: number;
  readonly why: DecisionView;
  /** Whom the rule chooses when it decides again; nobody, where nobody of those kept with it could serve. */
  readonly replayed: { readonly same: boolean; readonly agentId?: AgentId; readonly agent?: string };
}

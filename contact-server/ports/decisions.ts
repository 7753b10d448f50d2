import type { DecisionView } from '../../contracts/decisions.ts';
import type { AgentId, CallbackId, ReservationId } from '../../contracts/ids.ts';
import type { ReservationState } from '../../contracts/states.ts';

/** Why an agent was reserved for a callback, with what was looked at. */
export interface KeptDecision {
  readonly callbackId: CallbackId;
  readonly agentId: AgentId;
  readonly at: number;
  readonly fence: number;
  readonly epoch: number;
  readonly why: DecisionView;
  /** What it was made from, enough to make it again: written by routing, and read by nobody else. */
  readonly basis: string;
}

/** What became of a reservation, and since when. */
export interface Became {
  readonly state: ReservationState;
  readonly since: number;
}

/** News of a reservation: that it was made and why, what became of it, or both. */
export interface DecisionNews {
  readonly reservationId: ReservationId;
  readonly made?: KeptDecision;
  readonly became?: Became;
}

/** Every decision of routing, one for each reservation. */
export interface DecisionStore {
  /** Resolves when all of it is durable. The same news twice changes nothing; what became of an unknown one is left out. */
  keep(news: readonly DecisionNews[]): Promise<void>;
  /** Those about one callback, oldest first; of more than `most` the latest. */
  about(
    callbackId: CallbackId,
    most: number,
  ): Promise<readonly (KeptDecision & Became & { readonly reservationId: ReservationId })[]>;
}

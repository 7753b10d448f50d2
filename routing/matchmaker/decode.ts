import type { AgentId, CallbackId, ReservationId } from '../../contracts/ids.ts';
import type { ReservationState } from '../../contracts/states.ts';
import type { DecisionInputs } from '../domain/decision.ts';
import type { AgentStatus } from '../routing.ts';

/** A reservation as the scripts write it; the decision is still made of ids. */
export interface RawReservation {
  readonly id: ReservationId;
  readonly contactId: CallbackId;
  readonly entry: number;
  readonly agentId: AgentId;
  readonly state: ReservationState;
  /** Digits, since Lua's JSON would round a number of that size. */
  readonly fence: string;
  readonly epoch: number;
  readonly createdAt: number;
  readonly deadline: number;
  readonly class: string;
  readonly why: DecisionInputs;
}

/** What the scripts wrote as JSON, in the shape they promise. */
export function readReservation(text: unknown): RawReservation {
  return JSON.parse(text as string) as RawReservation;
}

export function readStatus(text: unknown): AgentStatus {
  return JSON.parse(text as string) as AgentStatus;
}

/** A flat list of names and numbers as a map. */
export function numbersByName(flat: unknown): Map<string, number> {
  const map = new Map<string, number>();
  const list = flat as readonly string[];
  for (let i = 0; i + 1 < list.length; i += 2) map.set(list[i] ?? '', Number(list[i + 1]));
  return map;
}

import type { DecisionView } from '../../../contracts/agent.ts';
import type { AgentId, CallId } from '../../../contracts/ids.ts';
import type { Callback } from '../../domain/callback.ts';
import type { CallbackRecord, ConsentRecord } from '../../ports/stores.ts';

/** A callback as it stands in MongoDB. */
export interface CallbackDoc {
  _id: string;
  centre: string;
  schemaVersion: 1;
  version: number;
  callback: Callback;
  /** Until it has ended. */
  open?: true;
  /** While an agent's phone or desk is bound by it: unique, so that MongoDB decides once. */
  claimedBy?: AgentId;
  /** The number, until it has ended: unique, one open callback for each. */
  openPhone?: string;
  /** Its place in a bookable span, until it has ended: unique, so that MongoDB decides who gets the last. */
  slot?: string;
  /** The time it was booked for. */
  slotAt?: number;
  agentDial?: { callId: CallId; fence: number };
  tokenHash: string;
  origin: string;
  key: string;
  bodyHash: string;
  consent: ConsentRecord;
  /** Until the consent has a copy of its own, which outlives the callback. */
  owesConsent?: true;
  notes: { text: string; version: number; savedAt?: number };
  promise?: { from: number; to: number; madeAt: number };
  promiseBroken: boolean;
  decision?: DecisionView;
  identityChecked: boolean;
  endedAt?: number;
  /** Deleted by MongoDB some time after this. */
  expireAt?: Date;
}

/** Its place in a bookable span. */
export type Slot = Required<Pick<CallbackDoc, 'slot' | 'slotAt'>>;

/** Whether an agent's phone or desk is bound by it. */
export function bindsAgent(callback: Callback): boolean {
  switch (callback.phase.state) {
    case 'dialing-agent':
    case 'dialing-customer':
    case 'connected':
    case 'wrap-up':
      return true;
    default:
      return false;
  }
}

export function records(docs: readonly CallbackDoc[]): readonly CallbackRecord[] {
  return docs.flatMap((doc) => record(doc) ?? []);
}

export function record(doc: CallbackDoc | null): CallbackRecord | undefined {
  if (!doc) return undefined;
  const { callback, version, notes, promise, promiseBroken, decision, identityChecked } = doc;
  return {
    callback,
    version,
    notes,
    ...(promise && { promise }),
    promiseBroken,
    ...(decision && { decision }),
    identityChecked,
  };
}

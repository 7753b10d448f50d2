import type { DecisionView } from '../../../contracts/agent.ts';
import type { AgentId, CallId } from '../../../contracts/ids.ts';
import type { CallbackRecord, ConsentRecord } from '../../ports/stores.ts';
import type { Slot, SlotDoc } from './slot-places.ts';

export interface CallbackDoc extends SlotDoc, Partial<Slot> {
  schemaVersion: 1;
  version: number;
  /** Until it has ended. */
  open?: true;
  /** While an agent's phone or desk is bound by it: unique, so that MongoDB decides once. */
  claimedBy?: AgentId;
  /** Who was bound by it last. */
  lastWith?: AgentId;
  /** The number, until it has ended: unique, one open callback for each. */
  openPhone?: string;
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

/** The line is looked at all the time: of each that waits only what is used of it. */
export const inShort = {
  'callback.startedAt': 1,
  'callback.terms.must': 1,
  'callback.wish.service': 1,
} as const;

/** What `record` takes: what else is stored of a request is as much again. */
export const shown = {
  callback: 1,
  version: 1,
  notes: 1,
  promise: 1,
  promiseBroken: 1,
  decision: 1,
  lastWith: 1,
  identityChecked: 1,
} as const;

export function records(docs: readonly CallbackDoc[]): readonly CallbackRecord[] {
  return docs.flatMap((doc) => record(doc) ?? []);
}

export function record(doc: CallbackDoc | null): CallbackRecord | undefined {
  if (!doc) return undefined;
  const { callback, version, notes, promise, promiseBroken, decision, lastWith, identityChecked } = doc;
  return {
    callback,
    version,
    notes,
    ...(promise && { promise }),
    promiseBroken,
    ...(decision && { decision }),
    ...(lastWith !== undefined && { lastWith }),
    identityChecked,
  };
}

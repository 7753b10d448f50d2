import type { DecisionView } from '../../contracts/agent.ts';
import type { AgentId, CallbackId, CallId, SessionId } from '../../contracts/ids.ts';
import type { Call } from '../domain/call.ts';
import type { Attempt, Callback, Terms, Wish } from '../domain/callback.ts';
import type { Session } from '../domain/session.ts';
import type { StoredLeg } from './telephony.ts';

/** A callback as it is kept: the machine's state and what hangs on it. */
export interface CallbackRecord {
  readonly callback: Callback;
  /** Grows with every write to the machine's part. */
  readonly version: number;
  readonly notes: { readonly text: string; readonly version: number; readonly savedAt?: number };
  /** The last range told to the visitor. */
  readonly promise?: { readonly from: number; readonly to: number; readonly madeAt: number };
  /** An earlier range was withdrawn because it would have been missed. */
  readonly promiseBroken: boolean;
  /** Why the agent of the present claim was chosen. */
  readonly decision?: DecisionView;
  /** Who has it on their desk, or had it there last. */
  readonly lastWith?: AgentId;
  /** An agent has checked who it is. */
  readonly identityChecked: boolean;
}

/** A callback as it was inserted, in whatever state. */
export function justStored(callback: Callback): CallbackRecord {
  return {
    callback,
    version: 1,
    notes: { text: '', version: 0 },
    promiseBroken: false,
    identityChecked: false,
  };
}

/** A place in a bookable span (epoch ms) of its service: granted while fewer than `capacity` are taken in it. */
export interface Booking {
  readonly from: number;
  readonly to: number;
  readonly capacity: number;
}

export interface NewCallback {
  readonly callback: Callback;
  /** The place it takes with its picked time, until that is moved or the callback is over. */
  readonly booking?: Booking;
  readonly tokenHash: string;
  readonly origin: string;
  readonly idempotencyKey: string;
  /** Hash of the body: the same key with another body is refused. */
  readonly bodyHash: string;
  readonly consent: ConsentRecord;
}

/** Proof of what the visitor agreed to; never changed, never without its callback. */
export interface ConsentRecord {
  readonly purpose: 'call' | 'pages';
  readonly text: string;
  readonly version: string;
  readonly language?: string;
  readonly anyHour?: boolean;
  readonly at: number;
  readonly page?: string;
  readonly timezone?: string;
  /** Keyed hashes: enough to prove, not to find. */
  readonly phoneHash?: string;
  readonly ipHash: string;
  readonly userAgent?: string;
  readonly callbackId?: CallbackId;
  readonly sessionId?: SessionId;
}

export type InLine = Pick<Callback, 'startedAt'> & Pick<Callback['wish'], 'service'> & Pick<Terms, 'must'>;

/** Callbacks in the one place that must survive. A write resolves when it is durable. */
export interface CallbackStore {
  /** Acceptance itself. `known`: the key was used before, for this body or another. */
  insert(
    fresh: NewCallback,
  ): Promise<
    'inserted' | { readonly known: CallbackRecord; readonly sameBody: boolean } | 'phone-busy' | 'slot-full'
  >;
  find(id: CallbackId): Promise<CallbackRecord | undefined>;
  findByKey(
    origin: string,
    key: string,
  ): Promise<{ readonly record: CallbackRecord; readonly bodyHash: string } | undefined>;
  findByToken(id: CallbackId, tokenHash: string): Promise<CallbackRecord | undefined>;
  /**
   * Saves `next` if nobody wrote since `version`. `agent-taken`: another callback holds the claim's agent. With a
   * booking it takes a place there instead of the one it had; with null it gives that up.
   */
  save(
    id: CallbackId,
    version: number,
    next: Callback,
    decision?: DecisionView,
    booking?: Booking | null,
  ): Promise<'saved' | 'stale' | 'agent-taken' | 'slot-full'>;
  /** The fenced step before the agent's phone rings: true once for a call, and only while it is the present one. */
  recordAgentDial(id: CallbackId, callId: CallId, fence: number): Promise<boolean>;
  /** The fenced step before the customer's phone rings: true once for a call, and only while it is the present one. */
  recordAttempt(id: CallbackId, attempt: Attempt): Promise<boolean>;
  /** All that have not ended, oldest first. */
  open(): Promise<readonly CallbackRecord[]>;
  /** Of all that have not ended and are for one of these services, the service of each. */
  openFor(services: readonly string[]): Promise<readonly string[]>;
  /** Of all who wait in line what the line in short needs: much less than `open`, since it is looked at all the time. */
  line(): Promise<readonly InLine[]>;
  overdue(now: number, limit: number): Promise<readonly CallbackId[]>;
  /** With the agent now, or last with them and not yet wrapped up. */
  ofAgent(agentId: AgentId): Promise<readonly CallbackRecord[]>;
  ofSession(sessionId: SessionId): Promise<readonly CallbackRecord[]>;
  /** Ended since the time given. */
  endedSince(at: number): Promise<readonly CallbackRecord[]>;
  /** The agent of the last talk that ended since the time given with this number, or this customer where one is named. */
  lastAgent(who: Pick<Wish, 'phone' | 'customerId'>, since: number): Promise<AgentId | undefined>;
  saveNotes(id: CallbackId, text: string, version: number, at: number): Promise<number | 'stale'>;
  /** `broke`: the promise before this one will not be kept. */
  savePromise(
    id: CallbackId,
    promise: { from: number; to: number; madeAt: number },
    broke: boolean,
  ): Promise<void>;
  markIdentityChecked(id: CallbackId): Promise<void>;
  /** The proof of consent has a copy of its own. */
  consentCopied(id: CallbackId): Promise<void>;
  /** Consents of callbacks asked for before this time that have no copy of their own yet. */
  consentsOwed(before: number, limit: number): Promise<readonly ConsentRecord[]>;
}

export interface CallStore {
  /** In one write with the leg that begins, which takes the place of an earlier one of its side. */
  put(call: Call, begun?: StoredLeg): Promise<void>;
  find(id: CallId): Promise<Call | undefined>;
  legs(id: CallId): Promise<readonly StoredLeg[]>;
  /** Not ended, of all agents. */
  live(): Promise<readonly Call[]>;
}

export interface SessionStore {
  find(id: SessionId): Promise<Session | undefined>;
  /** Reads, changes and writes in one go, again when somebody else wrote meanwhile; creates where `create` is given. */
  update(
    id: SessionId,
    change: (session: Session) => Session,
    create?: Session,
  ): Promise<Session | undefined>;
}

export interface Customer {
  readonly id: string;
  readonly name: string;
  readonly phones: readonly string[];
  readonly since?: string;
  readonly language?: string;
  readonly preferredAgent?: string;
  readonly products: readonly { readonly name: string; readonly status: string }[];
  readonly tickets: readonly { readonly number: string; readonly title: string; readonly state: string }[];
}

/** What the company knows of whoever asks to be called. */
export interface CustomerStore {
  /** The customer, by their id where it is proved and else by their number. An agent waits for it: it is one read. */
  known(
    who: Pick<Wish, 'phone' | 'customerId'>,
    beside: CallbackId,
  ): Promise<{
    readonly customer?: Customer;
    /** How many callbacks of the number are kept beside this one, up to a thousand. */
    readonly otherVisits: number;
  }>;
}

export interface AuditEntry {
  readonly at: number;
  /** Agent id, `visitor`, or the part of the server that acted. */
  readonly who: string;
  readonly what: string;
  readonly about?: string;
  readonly detail?: string;
}

/** Append-only. */
export interface AuditStore {
  add(entry: AuditEntry): Promise<void>;
  /** Newest first. */
  latest(what: readonly string[], limit: number): Promise<readonly AuditEntry[]>;
}

/** At most `max` within `windowMs`. */
export interface Window {
  readonly key: string;
  readonly max: number;
  readonly windowMs: number;
}

/** Counts per key and window, shared by all processes; and things that happen once. */
export interface Limits {
  /**
   * Counts one more in every window, in one step. With `request`, only the first time within `validMs` counts, as long as the
   * repeats keep within a window of their own; `isNew` tells it. If all had room, it also takes one in each of its places; where
   * one has none left it takes none, and is not known. `waitsMs` tells of each window, then of each place, how long it will
   * be full: 0, it had room.
   */
  allowAll(
    windows: readonly Window[],
    request?: {
      readonly key: string;
      readonly validMs: number;
      readonly repeats: Window;
      readonly places: readonly Window[];
    },
  ): Promise<{ readonly isNew: boolean; readonly waitsMs: readonly number[] }>;
  /** What was counted last under these keys does not count; with `request`, only if that holds its places, and it is forgotten. */
  giveBack(keys: readonly string[], request?: string): Promise<void>;
  /** Counts one more; false when more than `max` happened within `windowMs` (the refused one is counted too). */
  allow(key: string, max: number, windowMs: number): Promise<boolean>;
  /** True the first time within `validMs`, and for whoever was first. */
  once(key: string, validMs: number, who?: string): Promise<boolean>;
  /** True while `once` was not asked for this key, or its time is over. */
  free(key: string): Promise<boolean>;
}

/** Numbers whose owners do not want to be rung; kept as keyed hashes only. */
export interface Suppressions {
  has(phoneHash: string): Promise<boolean>;
  add(phoneHash: string, why: string, at: number): Promise<void>;
  /** Another text whenever a number has come or gone. */
  mark(): Promise<string>;
  /** All of them; undefined if there are more than `most`. */
  all(most: number): Promise<ReadonlySet<string> | undefined>;
}

export interface ConsentStore {
  /** The same consent for the same callback twice is one. */
  add(record: ConsentRecord): Promise<void>;
}

/** A small value that must survive a restart: the cursor of an event consumer. */
export interface CursorStore {
  read(name: string): Promise<string | undefined>;
  write(name: string, cursor: string): Promise<void>;
}

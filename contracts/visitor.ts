import type { CallbackId, SessionId } from './ids.ts';
import type { AttemptOutcome, CallbackState } from './states.ts';

/** Times on the visitor API are RFC 3339 strings in UTC. */
export interface TimeSpan {
  readonly from: string;
  readonly to: string;
}

/** What a visitor may know of their callback: the body of every answer and every event about it. */
export interface CallbackView {
  readonly id: CallbackId;
  readonly state: CallbackState;
  readonly service: string;
  /** When it was accepted. */
  readonly requestedAt: string;
  /** The number we will ring, as the visitor may see it: `+44 •••• 0199`. */
  readonly phone: string;
  /** 1 is next among all who could be given the same agents. Only while queued, and only when the line is known. */
  readonly place?: number;
  /** When we expect to ring; 8 in 10 such promises are kept. */
  readonly estimate?: TimeSpan;
  /** The time asked for, or the time of the next try; in line, the next opening for one who is not reached before closing. */
  readonly at?: string;
  /** The caller ID that will show. From `dialing-agent` on. */
  readonly callerId?: string;
  /** First name only. From `reserved` on. */
  readonly agent?: { readonly name: string };
  /** The word the agent says first, e.g. `AMBER-17`. Only while the visitor's phone rings and 60 s after. */
  readonly codeWord?: string;
  readonly attempts: number;
  readonly lastOutcome?: AttemptOutcome;
  /** Why it was refused or failed, in one plain sentence. */
  readonly reason?: string;
  /** What the visitor may do now; nothing else is shown. */
  readonly allowed: readonly VisitorAction[];
  /** Changes with every change of what is above. */
  readonly revision: number;
}

export type VisitorAction = 'cancel' | 'move' | 'retry';

/** The answer to POST /callbacks. `token` is shown once; it alone opens the callback again. */
export interface CallbackCreated extends CallbackView {
  readonly token: string;
  /** Ticket of the page session that was begun for a visitor who had none; goes into the next `hello`. */
  readonly session?: string;
}

/** One thing a visitor can ask for. Texts are the company's. */
export interface ServiceView {
  readonly id: string;
  readonly name: string;
  readonly channels: readonly ('voice' | 'chat')[];
}

/** Who would be there for this visitor and this service, now and later. */
export interface AvailabilityView {
  readonly service: string;
  /** Somebody who can help is on duty now. */
  readonly open: boolean;
  /** Range for a callback asked for now; absent when closed or unknown. */
  readonly estimate?: TimeSpan;
  /** When the service opens next, if it is closed or will be before one who asks now is reached. Absent: none is planned. */
  readonly opensAt?: string;
  readonly slots: readonly TimeSpan[];
  /** The words the visitor must agree to; sent back with the request, and stored. */
  readonly consent: { readonly text: string; readonly version: string };
  /** Signed, single use, bound to the site's origin; goes back in `proof`. */
  readonly form: { readonly token: string; readonly difficulty: number };
  /** The country whose numbers are typed without a prefix, ISO 3166-1 alpha-2. */
  readonly country: string;
  /** How many days after its end a callback is kept, with the number and the name. */
  readonly keepDays: number;
  /** Present when the service is not offered any more: what can be asked for instead. The times are for who asked before. */
  readonly instead?: readonly { readonly id: string; readonly name: string }[];
}

/** `GET /callbacks/{id}/events`: each event is a whole view, so that losing one loses nothing. */
export interface CallbackEvents {
  'callback.changed': CallbackView;
  /** The promise will be missed: the page says so before it is. */
  'callback.promise-broken': CallbackView;
}

/**
 * WebSocket `/api/v1/session`: the page session, spoken by the widget in the visitor's browser and, with a
 * viewer ticket, in the page frame of an agent or manager. JSON text messages.
 */
export type PageSays =
  /** First message on every connection; `seq` is this tab's last used number. */
  | {
      readonly type: 'hello';
      readonly tab: string;
      readonly url: string;
      readonly title?: string;
      readonly seq: number;
      /** Proof of an earlier session, so that a reload, a new tab or a new address continues it. */
      readonly ticket?: string;
      /** A viewer's one-time ticket (from the page's fragment) or the credential it was exchanged for. */
      readonly viewer?: string;
    }
  /** This tab is now at `url`. `seq` grows by one a message of this kind, per tab; a repeat is ignored. */
  | {
      readonly type: 'navigated';
      readonly seq: number;
      readonly url: string;
      readonly title?: string;
      readonly how: 'load' | 'history' | 'hash';
      /** The number of the `go` that caused it, if one did: then it is an echo and moves nobody. */
      readonly because?: number;
    }
  /** The tab came to the front: with several, this is the one that is shared. */
  | { readonly type: 'focused' }
  /** Page sharing, given or withdrawn by the visitor. */
  | { readonly type: 'consent'; readonly pages: boolean; readonly text?: string; readonly version?: string };

export type PageHears =
  | {
      readonly type: 'welcome';
      readonly role: 'visitor' | 'viewer';
      readonly session: SessionId;
      /** To be kept by the page and shown again with the next hello. Absent for viewers. */
      readonly ticket?: string;
      /** A viewer's credential for the life of its frame. */
      readonly credential?: string;
      /** Page sharing is on. */
      readonly sharing: boolean;
    }
  /** Go to this page (same origins only; checked again by the widget). */
  | { readonly type: 'go'; readonly n: number; readonly url: string; readonly by: 'agent' | 'visitor' }
  /** Somebody asks to see this visitor's pages; answer with `consent`. */
  | {
      readonly type: 'consent-asked';
      readonly agent: string;
      readonly text: string;
      readonly version: string;
    }
  /** Sharing began, ended, or changed hands. `viewers` are first names. */
  | { readonly type: 'sharing'; readonly on: boolean; readonly viewers: readonly string[] }
  /** Six digits to read out to an agent on the phone, together with the visitor's address; single use. */
  | {
      readonly type: 'code';
      readonly code: string;
      readonly validForS: number;
      readonly address?: string;
    }
  /** This connection is over and must not come back with the same credential. */
  | { readonly type: 'ended'; readonly reason: 'left' | 'unregistered' | 'refused' | 'expired' }
  | { readonly type: 'problem'; readonly problem: string; readonly title: string };

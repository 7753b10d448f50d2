import type { DecisionsView, DecisionView, KeptDecisionView } from './decisions.ts';
import type { AgentId, CallbackId, CallId, ReservationId, SessionId } from './ids.ts';
import type { Figure, FlowView } from './figures.ts';
import type {
  AgentState,
  AttemptOutcome,
  CallbackState,
  Channel,
  ConnectionState,
  LegState,
  ReservationState,
  Role,
  TimeRange,
  ViewerMode,
} from './states.ts';

export type { DecisionsView, DecisionView, Figure, FlowView, KeptDecisionView };

/** Times on the agent API are epoch milliseconds; `serverNow` in snapshots lets a page correct its clock. */

export interface Me {
  readonly id: AgentId;
  readonly name: string;
  readonly roles: readonly ('agent' | 'manager')[];
  readonly state: AgentState;
  readonly reason?: string;
  readonly since: number;
  /** What follows the present contact, where that was asked for. */
  readonly next?: { readonly state: 'ready' | 'not-ready' | 'logged-off'; readonly reason?: string };
  readonly extension?: string;
  readonly phone: 'registered' | 'unreachable';
  readonly preferences: AgentPreferences;
  /** Reasons offered for not-ready. */
  readonly notReadyReasons: readonly string[];
  readonly dispositions: readonly string[];
  readonly allowed: readonly MeCommand[];
  /** `needed`: manager commands are refused until a second factor is set up. */
  readonly secondFactor?: 'off' | 'on' | 'needed';
}
export type MeCommand = 'ready' | 'not-ready' | 'log-out';

export interface AgentPreferences {
  readonly accept: 'portal' | 'phone' | 'auto';
  readonly sound: boolean;
}

/** What an agent sees of an offer before accepting. */
export interface OfferView {
  readonly reservationId: ReservationId;
  readonly callbackId: CallbackId;
  readonly deadline: number;
  readonly who: WhoView;
  readonly service: string;
  readonly needs: readonly string[];
  readonly waitedMs: number;
  readonly why: DecisionView;
  /** Where the visitor is, where page consent allows it. */
  readonly page?: PageView;
  readonly allowed: readonly ('accept' | 'reject')[];
}

/** The person at the other end. `standing` is `claimed` until the agent checked it or a signed token proved it. */
export interface WhoView {
  readonly name?: string;
  readonly phone: string;
  readonly standing: 'claimed' | 'proved';
  readonly tier: string;
  readonly since?: string;
  readonly visits: number;
  readonly language?: string;
  readonly products: readonly { readonly name: string; readonly status: string }[];
  readonly tickets: readonly { readonly number: string; readonly title: string; readonly state: string }[];
  /** The registration key: the visitor's address as the DMZ saw it, masked by policy. */
  readonly ip: string;
}

export interface PageView {
  readonly url: string;
  readonly title?: string;
  readonly at: number;
  /** Newest first, at most 20; only after the visitor's page consent. */
  readonly trail: readonly { readonly url: string; readonly title?: string; readonly at: number }[];
}

export interface LegView {
  readonly id: string;
  readonly role: Role;
  readonly name: string;
  readonly channel: Channel;
  readonly state: LegState;
  readonly since: number;
}

export interface SessionView {
  readonly id: SessionId;
  readonly state: 'open' | 'ended';
  readonly legs: readonly LegView[];
  /** Page sharing of this session, as this agent may use it. */
  readonly pages: PagesView;
}

export interface PagesView {
  /** `offline`: the visitor has no page open here. `asked`: waiting for the visitor's yes. */
  readonly sharing: 'offline' | 'off' | 'asked' | 'on' | 'paused' | 'declined';
  readonly registered: boolean;
  /** The registration, to end it by. */
  readonly registration?: string;
  /** The registration key, masked by policy; `earlier` when it changed during the session. */
  readonly address?: { readonly now: string; readonly earlier?: string };
  readonly mode: ViewerMode;
  readonly page?: PageView;
  readonly viewers: readonly { readonly name: string; readonly role: Role; readonly mode: ViewerMode }[];
  readonly allowed: readonly PageCommand[];
}
export type PageCommand = 'ask-consent' | 'open-view' | 'push' | 'lead' | 'follow' | 'stop';

export interface CallView {
  readonly id: CallId;
  readonly callbackId: CallbackId;
  readonly agent: ConnectionState;
  readonly customer: ConnectionState;
  readonly since: number;
  readonly talkingSince?: number;
  readonly callerId?: string;
  /** The word to say first; the visitor sees the same. */
  readonly codeWord?: string;
  readonly ended?: {
    readonly by: 'agent' | 'customer' | 'server';
    readonly cause: string;
    readonly at: number;
  };
  readonly allowed: readonly CallCommand[];
}
export type CallCommand = 'hold' | 'retrieve' | 'drop';

/** One contact on an agent's screen, whole: every event about it carries all of it. */
export interface ContactView {
  readonly callbackId: CallbackId;
  readonly reservationId?: ReservationId;
  readonly state: CallbackState;
  readonly service: string;
  readonly who: WhoView;
  readonly requestedAt: number;
  readonly attempts: readonly { readonly at: number; readonly outcome: AttemptOutcome | 'pending' }[];
  readonly call?: CallView;
  readonly session?: SessionView;
  readonly notes: { readonly text: string; readonly version: number; readonly savedAt?: number };
  /** What happened to it and whom it rang, in words, oldest first. */
  readonly history: readonly { readonly at: number; readonly what: string }[];
  /** Why it came to this agent, as stored with the claim; absent where the agent took it. */
  readonly why?: DecisionView;
  readonly allowed: readonly ContactCommand[];
}
export type ContactCommand = 'call-now' | 'complete' | 'check-identity';

/** GET /api/v1/me: the whole truth for one desk, and where the event stream goes on from it. */
export interface DeskSnapshot {
  readonly serverNow: number;
  /** Version of the running server; when it changes, the page loads itself anew. */
  readonly version: string;
  /** For `Last-Event-ID`, so that nothing between snapshot and stream is missed. */
  readonly cursor: string;
  readonly me: Me;
  readonly offers: readonly OfferView[];
  readonly contacts: readonly ContactView[];
  readonly line: LineView;
}

/** Who waits now and could be taken by the agent who is told; to managers who take no calls, all who wait. */
export interface LineView {
  readonly waiting: number;
  /** Oldest start time in line. */
  readonly longestSince?: number;
}

/** GET /line: the waiting contacts this agent could take, next first, at most 50. */
export interface WaitingView {
  /** Of all of them, also beyond the rows: who waits now, and who is booked for later. */
  readonly counts: { readonly waiting: number; readonly booked: number };
  readonly rows: readonly {
    readonly callbackId: CallbackId;
    readonly who: string;
    readonly service: string;
    readonly needs: readonly string[];
    readonly tier: string;
    readonly since: number;
    readonly state: 'queued' | 'scheduled';
    /** When a scheduled one is due. */
    readonly at?: number;
    /** The number may not be rung before. */
    readonly callableFrom?: number;
    /** `call-now`: POST /callbacks/{id}/call. Empty while the agent is on another contact, the phone is away, or the number may not be rung. */
    readonly allowed: readonly ContactCommand[];
  }[];
}

/** Answer to POST /me/totp: for the authenticator. It counts only once POST /me/totp/confirm has shown a code of it. */
export interface FreshSecondFactor {
  readonly secret: string;
  /** `otpauth://totp/…`, to be shown as a QR code. */
  readonly uri: string;
}

export interface BoardView {
  readonly serverNow: number;
  readonly line: readonly {
    readonly callbackId: CallbackId;
    /** 0 where it has none, or none is known. */
    readonly place: number;
    readonly who: string;
    /** What it was asked for, by name. */
    readonly service: string;
    readonly needs: readonly string[];
    readonly tier: string;
    readonly since: number;
    /** When it is expected to be served, as forecast now; while that is not known, what was promised. */
    readonly estimate?: TimeRange;
    /** What the visitor was told last for the present wait, and has to be kept. */
    readonly promised?: TimeRange;
    readonly state: CallbackState;
    readonly at?: number;
    /** Who could take it when nobody is free: the future reservation. */
    readonly candidates: readonly string[];
    /** Until then it is kept for its preferred agent alone, whoever else is free. */
    readonly waitsFor?: { readonly agent: string; readonly until: number };
    readonly allowed: readonly ('cancel' | 'move')[];
  }[];
  readonly reservations: readonly {
    readonly reservationId: ReservationId;
    readonly callbackId: CallbackId;
    readonly who: string;
    readonly agent: string;
    readonly state: ReservationState | 'future';
    readonly since: number;
    /** How it will end if nothing happens. */
    readonly deadline?: number;
  }[];
  readonly agents: readonly {
    readonly agentId: AgentId;
    readonly name: string;
    readonly state: AgentState;
    readonly reason?: string;
    readonly since: number;
    readonly with?: string;
    readonly phone: 'registered' | 'unreachable';
  }[];
  readonly live: readonly {
    readonly callbackId: CallbackId;
    readonly sessionId?: SessionId;
    readonly who: string;
    readonly agent: string;
    readonly state: CallbackState;
    readonly since: number;
    readonly page?: string;
  }[];
  /** How many there are: the lists are cut after so many rows as people still read. Those booked for later stand in `line`, too. */
  readonly counts?: { readonly waiting: number; readonly booked: number; readonly reservations: number };
  readonly figures: readonly Figure[];
  /** Absent where an older server answers. */
  readonly flow?: FlowView;
  readonly services: Readonly<
    Record<'redis' | 'mongodb' | 'sip' | 'dmz', { readonly up: boolean; readonly detail?: string }>
  >;
  /** Newest first, at most 50. */
  readonly trouble: readonly { readonly at: number; readonly text: string }[];
}

/** GET /callbacks/{id}: what is stored of one callback, for a manager; also when it is over. */
export interface StoryView {
  readonly callbackId: CallbackId;
  readonly who: string;
  readonly service: string;
  readonly state: CallbackState;
  readonly history: ContactView['history'];
  /** Why its latest agent was chosen. */
  readonly why?: DecisionView;
}

/** POST /callbacks/{id}/forecast: where one who waits stands, and would stand with one more free agent. */
export interface WhatIfView {
  readonly place: number;
  readonly estimate?: TimeRange;
  /** Place 0: they would be offered at once. */
  readonly then: { readonly place: number; readonly estimate?: TimeRange };
}

export type CallEventName =
  | 'call.service-initiated'
  | 'call.originated'
  | 'call.delivered'
  | 'call.established'
  | 'call.held'
  | 'call.retrieved'
  | 'call.failed'
  | 'call.connection-cleared'
  | 'call.cleared'
  | 'call.transferred';

export interface CallEvent {
  readonly name: CallEventName;
  readonly callId: CallId;
  readonly callbackId: CallbackId;
  readonly at: number;
  readonly leg?: 'agent' | 'customer';
  /** Who hung up, and the cause, on clearing and failing. */
  readonly by?: 'agent' | 'customer' | 'server';
  readonly cause?: string;
}

/** Everything the server tells an agent's portal over GET /events. A page ignores a name it does not know. */
export interface AgentEvents {
  'me.changed': Me;
  'offer.made': OfferView;
  'offer.withdrawn': {
    readonly reservationId: ReservationId;
    readonly callbackId: CallbackId;
    readonly reason: 'accepted' | 'rejected' | 'timeout' | 'canceled' | 'rescinded';
  };
  'contact.changed': ContactView;
  /** It leaves the screen. `why`: the visitor was not rung, since a rule forbids it, at this hour (until `callableFrom`) or altogether. */
  'contact.closed': {
    readonly callbackId: CallbackId;
    readonly why?: string;
    readonly callableFrom?: number;
  };
  'call.event': CallEvent;
  'line.changed': LineView;
  'board.changed': BoardView;
  'command.completed': { readonly requestId: string };
  'command.failed': { readonly requestId: string; readonly problem: string; readonly title: string };
  /** The gap cannot be served: ask GET /me again. */
  'stream.reset': Record<string, never>;
  /** Logged out, here or elsewhere. */
  'session.ended': { readonly reason: 'logged-out' | 'expired' | 'replaced' };
}

/** `id` of the server-sent event is the cursor. */
export type AgentMessage = {
  [Name in keyof AgentEvents]: { readonly type: Name; readonly data: AgentEvents[Name] };
}[keyof AgentEvents];

/** One handler for every event: leave one out and neither the server nor the browser compiles. */
export type Handlers<Events> = { [Name in keyof Events]: (data: Events[Name]) => void };

/** Answer to a command: it was taken, and completes by an event. */
export interface CommandTaken {
  readonly requestId: string;
}

/** POST /registrations: the session that was joined, and how to open each of its channels, independently of each other. */
export interface RegistrationView {
  readonly id: string;
  readonly sessionId: SessionId;
  readonly join: readonly ChannelDetails[];
}

/** `path` is of the agent API. What opens a page frame is handed out there, good once. */
export type ChannelDetails =
  | { readonly channel: 'data'; readonly method: 'GET'; readonly path: string; readonly as: 'event-stream' }
  | { readonly channel: 'pages'; readonly method: 'POST'; readonly path: string; readonly as: 'one-time-url' }
  /** A phone has no browser: the server holds its leg, and rings it. */
  | { readonly channel: 'voice'; readonly leg: string; readonly as: 'server-held-leg' };

/** POST /pages/{sessionId}/viewer: where to point the frame. The ticket lives 60 s and is used once. */
export interface ViewerTicket {
  readonly url: string;
}

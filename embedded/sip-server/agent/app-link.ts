import type { SipMessage } from '../sip/message.ts';
import type { Flow } from '../transport/flow.ts';

/** Where a message comes from: `application` also for the BYEs that this server makes itself. */
export type Source = 'network' | 'application';

/** One SIP message on its way to an application. */
export interface Delivery {
  readonly source: Source;
  readonly text: string;
  /** Absent for answers that this server made up. */
  readonly flow?: Flow | undefined;
  readonly txnId: string;
  readonly dialogId?: string;
  /** New requests also tell on which of our addresses they arrived. */
  readonly isNew?: boolean;
}

/** One application's control connection, as the SIP side sees it. */
export interface AppLink {
  readonly open: boolean;
  deliver(delivery: Delivery): void;
}

/** The one answer that each command of an application gets. */
export interface Answer {
  requestSent(text: string, flow: Flow | undefined, txnId: string): void;
  responseSent(text: string, flow: Flow, txnId: string, dialogId: string): void;
  refused(why: string): void;
  /** A final answer to a proxied request; more may follow. */
  proxied(text: string, flow: Flow): void;
  /** Nothing more follows. */
  proxyDone(): void;
}

/** A `sip` frame of an application: `txnId`, `dialogId` and `routeUri` are '' when not given. */
export interface AppCommand {
  readonly link: AppLink;
  readonly txnId: string;
  readonly dialogId: string;
  readonly routeUri: string;
  readonly text: string;
  readonly answer: Answer;
}

/** What the SIP side asks of all applications together. */
export interface Apps {
  /** The next application in turn that asked for requests of this method. */
  pick(method: string): AppLink | undefined;
  /** Tells those that asked about the life of calls: an attempt, a start with our role, or a stop with its reason. */
  cdr(kind: CdrKind, source: Source, message: SipMessage, detail?: string): void;
}

export type CdrKind = 'attempt' | 'start' | 'stop';

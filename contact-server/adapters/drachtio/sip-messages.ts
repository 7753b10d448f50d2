/** What drachtio-srf really hands out; its own type file differs in several places (status 5.0.29). */
interface SipHeaders {
  get(name: string): string | undefined;
  has(name: string): boolean;
  readonly body: string | undefined;
  /** Where it came from, as the SIP server saw it. */
  readonly source_address: string;
  readonly source_port: number;
  readonly protocol: string;
  /** `<Call-ID>;from-tag=<tag>`; empty outside a dialog. */
  readonly stackDialogId: string | undefined;
}

/** A request that came in, or the echo of one that went out. */
export interface SipRequest extends SipHeaders {
  readonly method: string;
  readonly uri: string;
  readonly stackTxnId: string;
}

/** A response that came in. */
export interface SipResponse extends SipHeaders {
  readonly status: number;
  readonly reason: string;
}

/** Our side of a request that came in. */
export interface SipReply {
  send(status: number, more?: { headers?: Record<string, string>; body?: string }): void;
}

/** Acknowledges a 2xx, or a reliable provisional response. */
export type Acknowledge = (more?: { body?: string }) => void;

/** One request to be sent. Without `dialogId` it stands alone and needs a `uri`. */
export interface Outgoing {
  readonly method: 'INVITE' | 'BYE' | 'OPTIONS';
  readonly uri?: string;
  readonly dialogId?: string;
  /** Sent here instead of to the host of `uri`. */
  readonly route?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What becomes of a request: `sent`, then responses until a final one, or `failed` once and nothing more. */
export interface OutgoingEvents {
  sent?(request: SipRequest): void;
  response(response: SipResponse, acknowledge: Acknowledge): void;
  failed(error: Error): void;
}

/** The link to the SIP server broke while a request was out: its outcome will not be heard. */
export class LinkLost extends Error {
  override readonly name = 'LinkLost';
  constructor() {
    super('the link to the SIP server is down');
  }
}

/** The SIP server knows no such dialog any more. */
export class NoSuchDialog extends Error {
  override readonly name = 'NoSuchDialog';
}

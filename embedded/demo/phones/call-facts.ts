import type { Call } from './call.ts';
import type { RtpAudio } from './rtp-audio.ts';
import type { Timers } from './timers.ts';
import type { SipResponse } from './sip-message.ts';
import type { Transactions } from './transactions.ts';

/** Which side of a call did something. */
export type Side = 'near' | 'far';

/** Why a call ended: `lost` means that the far end no longer answers us. */
export interface CallEnd {
  by: Side;
  cause: 'hung-up' | 'cancelled' | 'refused' | 'lost' | 'no-common-audio';
  /** The final SIP status of a call that never came up. */
  status?: number;
  /** The Reason header that came with the end (RFC 3326). */
  reason?: string;
}

/** What a call tells; `ended` comes exactly once and last. */
export interface CallEvents {
  ringing: [];
  established: [];
  held: [by: Side];
  retrieved: [by: Side];
  digit: [digit: string];
  info: [contentType: string, body: string];
  cancelled: [];
  ended: [end: CallEnd];
}

/** What a call needs of the phone it is on. */
export interface CallContext {
  transactions: Transactions;
  timers: Timers;
  host: string;
  contact: string;
  headers: readonly [string, string][];
  openAudio(): Promise<RtpAudio>;
  remember(call: Call): void;
  forget(call: Call): void;
}

/** How we say that the far end must wait. */
export type HoldStyle = 'sendonly' | 'inactive';

/** A refused change of a call that goes on as before. */
export class CallChangeRefused extends Error {
  readonly status: number;

  constructor(method: string, response: SipResponse) {
    super(`${method} refused: ${response.status} ${response.reason}`);
    this.status = response.status;
  }
}

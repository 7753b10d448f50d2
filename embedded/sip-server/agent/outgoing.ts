import type { Timer } from '../timing.ts';
import type { SipMessage } from '../sip/message.ts';
import type { ClientTransaction } from '../transaction/client-transaction.ts';
import type { AppLink } from './app-link.ts';
import type { Dialog } from './dialog.ts';

/** A request of an application that waits for its final response. */
export interface Outgoing {
  readonly txnId: string;
  readonly request: SipMessage;
  readonly link: AppLink;
  /** The dialog it begins or belongs to. */
  readonly dialog: Dialog | undefined;
  /** Whether it would begin the dialog. */
  readonly begins: boolean;
  transaction: ClientTransaction | undefined;
  /** A CANCEL waits here for the first 1xx, which the RFC wants to have seen (RFC 3261 section 9.1). */
  cancel: { message: SipMessage; sent: boolean; giveUp: NodeJS.Timeout | undefined } | undefined;
  provisional: boolean;
  /** Runs while an INVITE rings. */
  ringing: Timer;
  done: boolean;
}

import type { SipMessage } from '../sip/message.ts';
import type { ServerTransaction } from '../transaction/server-transaction.ts';
import type { AppLink } from './app-link.ts';
import type { Dialog } from './dialog.ts';
import type { Repetition } from './repetition.ts';

/** A request from the network that waits for the application's final response. */
export interface Incoming {
  readonly txnId: string;
  readonly transaction: ServerTransaction;
  readonly request: SipMessage;
  readonly link: AppLink;
  /** The dialog it belongs to, or the one it began with its first answer. */
  dialog: Dialog | undefined;
  /** Whether it would begin the dialog. */
  readonly begins: boolean;
  toTag: string;
  silence: NodeJS.Timeout;
  /** The last reliable provisional response, until its PRACK comes. */
  reliable: { rseq: number; repetition: Repetition } | undefined;
  rseq: number;
}

import { NOBODY } from '../transaction/client-transaction.ts';
import type { AppText } from './app-text.ts';
import type { Dialog } from './dialog.ts';
import type { Exchange } from './exchange.ts';
import { completeRequest } from './compose.ts';
import { Unreachable } from '../transport/transports.ts';
import type { Flow } from '../transport/flow.ts';

/** Ends a call without being asked to, and tells the application by a BYE that it did not send. */
export function hangUp(exchange: Exchange, dialog: Dialog, why: string): void {
  if (dialog.ended) return;
  const app = appBye(why);
  const base = dialog.request('BYE', dialog.nextSeq(), undefined, '');
  const out = dialog.wayOut;
  exchange.dialogs.remove(dialog);
  const send = (way: Flow | Unreachable | undefined): void => {
    const usable = way instanceof Unreachable ? undefined : way;
    const bye = completeRequest(base, app, usable ?? exchange.transports.home);
    if (usable) exchange.transactions.request(bye, usable, NOBODY)?.start();
    dialog.tell('application', bye.toString(), usable, 'unsolicited');
    exchange.apps.cdr('stop', 'application', bye, stopReason(why));
  };
  exchange.transports.reach(out, send);
}

function stopReason(why: string): string {
  return why.startsWith('ACK-BYE') ? 'system-error-initiated-termination' : 'system-initiated-termination';
}

/** A BYE as an application would write it, saying why in its Reason (RFC 3326). */
function appBye(why: string): AppText {
  const value = `SIP ;cause=200 ;text="${why}"`;
  return { start: '', headers: [{ key: 'reason', name: 'Reason', value }], body: '' };
}

import { SipMessage } from '../sip/message.ts';
import type { AppText } from './app-text.ts';

const FROM_INVITE = new Set('via max-forwards from to call-id cseq contact content-type'.split(' '));

/** The CANCEL of an INVITE (RFC 3261 section 9.1); of what the application wrote only further headers go along. */
export function cancelFor(invite: SipMessage, app?: AppText): SipMessage {
  const cancel = new SipMessage({ method: 'CANCEL', uri: invite.uri });
  cancel.add('Via', invite.get('via') ?? '').add('Max-Forwards', '70');
  for (const route of invite.all('route')) cancel.add('Route', route);
  cancel.add('From', invite.get('from') ?? '').add('To', invite.get('to') ?? '');
  cancel.add('Call-ID', invite.callId).add('CSeq', `${invite.cseq.seq} CANCEL`);
  for (const { key, name, value } of app?.headers ?? []) if (!FROM_INVITE.has(key)) cancel.add(name, value);
  return cancel.add('Content-Length', '0');
}

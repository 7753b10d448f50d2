import { SipMessage } from './message.ts';
import { phraseFor } from './status.ts';

/** The skeleton of a response: what RFC 3261 section 8.2.6.2 says must equal the request, and the To tag. */
export function responseTo(
  request: SipMessage,
  status: number,
  toTag: string,
  reason = phraseFor(status),
  body = '',
): SipMessage {
  const response = new SipMessage({ status, reason }, body);
  for (const via of request.all('via')) response.add('Via', via);
  response.add('From', request.get('from') ?? '');
  const to = request.get('to') ?? '';
  response.add('To', toTag === '' || request.toTag !== '' ? to : `${to};tag=${toTag}`);
  response.add('Call-ID', request.callId);
  response.add('CSeq', request.get('cseq') ?? '');
  return response;
}

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
  const copy = (key: string, name: string, more = ''): void => {
    const value = request.get(key); // a broken request may lack it
    if (value !== undefined) response.add(name, value + more);
  };
  copy('from', 'From');
  copy('to', 'To', toTag === '' || request.toTag !== '' ? '' : `;tag=${toTag}`);
  copy('call-id', 'Call-ID');
  copy('cseq', 'CSeq');
  return response;
}

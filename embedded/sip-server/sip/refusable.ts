import { parseVia } from './header-values.ts';
import { SipMessage } from './message.ts';
import { mendedHeaders, type Flaw } from './parse-message.ts';

const START = /^(?!SIP\/)([A-Za-z0-9.!%*_+`'~-]{1,64}) .*SIP\/(\d+\.\d+) *$/i;
const UNANSWERED = new Set<Flaw>(['keep-alive', 'unfinished', 'long-head', 'many-headers']);
const COPIED = new Set(['via', 'from', 'to', 'call-id', 'cseq']);

/**
 * A second look at a request that cannot be used: what of it a refusal repeats, and the status, when at least its first
 * Via says where that would go (RFC 3261 sections 8.2.6 and 21.4.1, RFC 4475 section 3.1.2). Undefined for all else.
 */
export function refusable(text: string, flaw: Flaw): { request: SipMessage; status: 400 | 505 } | undefined {
  if (UNANSWERED.has(flaw)) return undefined;
  const head = text.trimStart().split(/\r?\n\r?\n/, 1)[0] ?? '';
  const lines = head.split(/\r?\n/);
  const [, method = '', version = ''] = START.exec(lines[0] ?? '') ?? [];
  if (method === '' || method === 'ACK') return undefined;
  const request = new SipMessage({ method, uri: '' });
  for (const { key, name, value } of mendedHeaders(lines)) {
    if (COPIED.has(key) && (key === 'via' || request.get(key) === undefined)) request.add(name, value);
  }
  if (!parseVia(request.get('via') ?? '')) return undefined;
  return { request, status: version === '2.0' ? 400 : 505 };
}

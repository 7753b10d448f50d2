import { parseAddress, parseVia, splitList } from './header-values.ts';
import { headerKey, headersIn, SipMessage, type Header, type StartLine } from './message.ts';
import { trim } from './trim.ts';

/** Why a datagram or a stretch of a stream was no SIP message; counted, and answered where that can be done. */
export type Flaw =
  | 'keep-alive'
  | 'unfinished'
  | 'long-head'
  | 'many-headers'
  | 'start-line'
  | 'missing-header'
  | 'doubled-header'
  | 'bad-header'
  | 'content-length';

/** No honest message has a longer head than this. */
export const LONGEST_HEAD = 32_768;
const MOST_HEADERS = 256;

const REQUEST_LINE = /^([A-Za-z0-9.!%*_+`'~-]{1,64}) +([a-z][a-z0-9+.-]*:[^\s<>"]+) +SIP\/2\.0 *$/i;
const STATUS_LINE = /^SIP\/2\.0 +([1-6]\d\d)(?: +(.*))?$/i;
const TOKEN = /^[A-Za-z0-9.!%*_+`'~-]+$/;
const ADDRESS = /^[a-z][a-z0-9+.-]*:[^ \t<>"]+$/i;
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/g;
/** A head as nearly all senders write it, and as we would write it again. */
const PLAIN =
  /^(?:[A-Z]+ \S+ SIP\/2\.0|SIP\/2\.0 \d{3} (?:[^\x00-\x20\x7f][^\x00-\x1f\x7f]*)?)(?:\r\n[A-Za-z0-9.!%*_+`'~-]+: [^\x00-\x20\x7f](?:[^\x00-\x1f\x7f]*[^\x00-\x20\x7f])?)*$/;
const NEEDED = ['via', 'from', 'to', 'call-id', 'cseq'];
const ONCE = new Set(['from', 'to', 'call-id', 'cseq', 'content-length', 'max-forwards']);

/**
 * Reads one SIP message (RFC 3261 section 7) as tolerantly as is safe: bare line feeds, folded lines and lines that are no
 * header are put up with; what transactions and dialogs stand on must be whole.
 */
export function parseMessage(text: string): SipMessage | Flaw {
  let start = 0;
  while (text.charCodeAt(start) === 0x0d || text.charCodeAt(start) === 0x0a) start++;
  if (start === text.length) return 'keep-alive';
  let gap = 4;
  let end = text.indexOf('\r\n\r\n', start);
  if (end === -1) {
    end = text.indexOf('\n\n', start);
    gap = 2;
  }
  if (end === -1) return text.length > LONGEST_HEAD ? 'long-head' : 'unfinished';
  if (end - start > LONGEST_HEAD) return 'long-head';

  const head = text.slice(start, end);
  const isPlain = gap === 4 && PLAIN.test(head);
  const lines = head.split(gap === 4 ? '\r\n' : /\r?\n/);
  if (lines.length > MOST_HEADERS) return 'many-headers';
  const first = startOf(lines[0] ?? '');
  if (!first) return 'start-line';
  const headers = isPlain ? headersIn(lines) : mendedHeaders(lines);
  const message = new SipMessage(first, text.slice(end + gap), headers);
  const flaw = check(message);
  if (flaw) return flaw;
  const size = bodySize(message);
  if (size === undefined) return 'content-length';
  if (size < message.body.length) return new SipMessage(first, message.body.slice(0, size), headers);
  return isPlain ? message.writtenAs(start === 0 ? text : text.slice(start)) : message;
}

function startOf(line: string): StartLine | undefined {
  const request = REQUEST_LINE.exec(line);
  if (request) return { method: request[1] ?? '', uri: request[2] ?? '' };
  const status = STATUS_LINE.exec(line);
  return status ? { status: Number(status[1]), reason: (status[2] ?? '').replace(CONTROL, ' ') } : undefined;
}

/** The header lines behind the start line, unfolded and cleaned; what is no header is left out. */
export function mendedHeaders(lines: readonly string[]): Header[] {
  const headers: Header[] = [];
  for (let at = 1; at < lines.length; at++) {
    let line = lines[at] ?? '';
    while (isFolded(lines[at + 1])) line += ` ${trim(lines[++at] ?? '')}`;
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).trimEnd();
    const value = trim(line.slice(colon + 1).replace(CONTROL, ' '));
    if (TOKEN.test(name)) headers.push({ key: headerKey(name), name, value });
  }
  return headers;
}

function isFolded(line = ''): boolean {
  const first = line.charCodeAt(0);
  return first === 0x20 || first === 0x09;
}

function check(message: SipMessage): Flaw | undefined {
  const { headers } = message;
  const isSecond = (one: Header): boolean => headers.find(({ key }) => key === one.key) !== one;
  if (headers.some((header) => ONCE.has(header.key) && isSecond(header))) return 'doubled-header';
  for (const key of NEEDED) if (!message.get(key)) return 'missing-header';
  const top = message.get('via');
  if (message.via.host === '') return 'bad-header';
  for (const { key, value } of headers) {
    const isList = key === 'via' && (value !== top || value.includes(','));
    if (isList && !splitList(value).every(parseVia)) return 'bad-header';
    if ((key === 'from' || key === 'to') && !ADDRESS.test(parseAddress(value).uri)) return 'bad-header';
  }
  const { method } = message.cseq;
  return method === '' || (message.method && method !== message.method) ? 'bad-header' : undefined;
}

/** How long the body is; undefined when it was cut short, which makes it unusable (RFC 3261 section 18.3). */
function bodySize(message: SipMessage): number | undefined {
  const there = message.body.length; // bytes after the body do not belong to the message
  const length = message.get('content-length');
  if (length === undefined) return there;
  return /^\d{1,6}$/.test(length) && Number(length) <= there ? Number(length) : undefined;
}

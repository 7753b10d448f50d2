import { parseAddress, parseCSeq, parseVia, splitList } from './header-values.ts';
import { SipMessage } from './message.ts';
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

  const lines = text.slice(start, end).split(gap === 4 ? '\r\n' : /\r?\n/);
  const message = startOf(lines[0] ?? '', text.slice(end + gap));
  if (!message) return 'start-line';
  const flaw = readHeaders(message, lines) ?? check(message);
  if (flaw) return flaw;
  return fitBody(message);
}

function startOf(line: string, body: string): SipMessage | undefined {
  const request = REQUEST_LINE.exec(line);
  if (request) return new SipMessage({ method: request[1] ?? '', uri: request[2] ?? '' }, body);
  const status = STATUS_LINE.exec(line);
  if (!status) return undefined;
  return new SipMessage({ status: Number(status[1]), reason: (status[2] ?? '').replace(CONTROL, ' ') }, body);
}

/** Adds the header lines behind the start line, unfolded, to the message. */
export function readHeaders(message: SipMessage, lines: readonly string[]): Flaw | undefined {
  if (lines.length > MOST_HEADERS) return 'many-headers';
  for (let at = 1; at < lines.length; at++) {
    let line = lines[at] ?? '';
    while (isFolded(lines[at + 1])) line += ` ${trim(lines[++at] ?? '')}`;
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).trimEnd();
    if (TOKEN.test(name)) message.add(name, trim(line.slice(colon + 1).replace(CONTROL, ' ')));
  }
  return undefined;
}

function isFolded(line = ''): boolean {
  const first = line.charCodeAt(0);
  return first === 0x20 || first === 0x09;
}

function check(message: SipMessage): Flaw | undefined {
  const seen = new Set<string>();
  for (const { key } of message.headers) {
    if (ONCE.has(key) && seen.has(key)) return 'doubled-header';
    seen.add(key);
  }
  for (const key of ['via', 'from', 'to', 'call-id', 'cseq']) if (!message.get(key)) return 'missing-header';
  for (const { key, value } of message.headers) {
    if (key === 'via' && !splitList(value).every(parseVia)) return 'bad-header';
    if ((key === 'from' || key === 'to') && !ADDRESS.test(parseAddress(value).uri)) return 'bad-header';
  }
  const cseq = parseCSeq(message.get('cseq') ?? '');
  if (!cseq) return 'bad-header';
  if (message.method && cseq.method !== message.method) return 'bad-header';
  return undefined;
}

/** Bytes after the body do not belong to the message; a body cut short makes it unusable (RFC 3261 section 18.3). */
function fitBody(message: SipMessage): SipMessage | Flaw {
  const length = message.get('content-length');
  if (length === undefined) return message;
  if (!/^\d{1,6}$/.test(length)) return 'content-length';
  const size = Number(length);
  if (size > message.body.length) return 'content-length';
  if (size === message.body.length) return message;
  const start = message.method
    ? { method: message.method, uri: message.uri }
    : { status: message.status, reason: message.reason };
  const fitted = new SipMessage(start, message.body.slice(0, size));
  fitted.headers.push(...message.headers);
  return fitted;
}

import { parseAddress } from './sip-uri.ts';

const COMPACT: Readonly<Record<string, string>> = {
  v: 'via',
  f: 'from',
  t: 'to',
  m: 'contact',
  i: 'call-id',
  l: 'content-length',
  c: 'content-type',
  k: 'supported',
  s: 'subject',
  e: 'content-encoding',
  o: 'event',
  r: 'refer-to',
  b: 'referred-by',
  u: 'allow-events',
  x: 'session-expires',
};

function canonical(name: string): string {
  const lower = name.toLowerCase();
  return COMPACT[lower] ?? lower;
}

/** The header lines of one message in their order; names match in any case and in their compact form. */
export class SipHeaders {
  #lines: [name: string, value: string][];

  constructor(lines: Iterable<[string, string]> = []) {
    this.#lines = [...lines];
  }

  /** The first value of that name. */
  get(name: string): string | undefined {
    return this.all(name)[0];
  }

  /** Every line of that name, as written. */
  all(name: string): string[] {
    const wanted = canonical(name);
    return this.#lines.filter(([have]) => canonical(have) === wanted).map(([, value]) => value);
  }

  /** Every element of a header whose value is a list (Via, Route, Record-Route, Contact, Supported). */
  list(name: string): string[] {
    return this.all(name).flatMap(splitList);
  }

  /** Appends a line. */
  add(name: string, value: string): this {
    this.#lines.push([name, value]);
    return this;
  }

  /** Replaces every line of that name by this one. */
  set(name: string, value: string): this {
    const wanted = canonical(name);
    const at = this.#lines.findIndex(([have]) => canonical(have) === wanted);
    const others = this.#lines.filter(([have], index) => index === at || canonical(have) !== wanted);
    this.#lines = others;
    if (at < 0) return this.add(name, value);
    this.#lines[at] = [name, value];
    return this;
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.#lines[Symbol.iterator]();
  }
}

/** Splits at commas that stand outside quotes and angle brackets. */
function splitList(value: string): string[] {
  const items: string[] = [];
  let item = '';
  let quoted = false;
  let inUri = false;
  for (const char of value) {
    if (char === '"' && !item.endsWith('\\')) quoted = !quoted;
    else if (char === '<' && !quoted) inUri = true;
    else if (char === '>' && !quoted) inUri = false;
    if (char === ',' && !quoted && !inUri) {
      items.push(item.trim());
      item = '';
    } else item += char;
  }
  return [...items, item.trim()].filter((one) => one !== '');
}

/** A request as it is on the wire. */
export interface SipRequest {
  method: string;
  uri: string;
  headers: SipHeaders;
  body: string;
}

/** A response as it is on the wire. */
export interface SipResponse {
  status: number;
  reason: string;
  headers: SipHeaders;
  body: string;
}

/** Anything that one SIP datagram holds. */
export type SipMessage = SipRequest | SipResponse;

/** Reads one datagram (RFC 3261 sections 7 and 18.3), or says undefined if it is no SIP message. */
export function parseMessage(data: Buffer): SipMessage | undefined {
  const end = data.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [first = '', ...lines] = data
    .toString('utf8', 0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  const headers = new SipHeaders();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 1) return undefined;
    headers.add(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
  }
  const needed = ['Via', 'From', 'To', 'Call-ID', 'CSeq'];
  if (needed.some((name) => headers.get(name) === undefined)) return undefined;
  const length = Number(headers.get('Content-Length') ?? data.length);
  const body = data.toString('utf8', end + 4, Math.min(data.length, end + 4 + length));
  const [, status, reason = ''] = /^SIP\/2\.0 (\d{3}) ?(.*)$/.exec(first) ?? [];
  if (status !== undefined) return { status: Number(status), reason, headers, body };
  const [, method, uri] = /^([A-Z]+) (\S+) SIP\/2\.0$/.exec(first) ?? [];
  return method === undefined || uri === undefined ? undefined : { method, uri, headers, body };
}

/** Writes a message with its right Content-Length. */
export function formatMessage(message: SipMessage): Buffer {
  const first =
    'method' in message
      ? `${message.method} ${message.uri} SIP/2.0`
      : `SIP/2.0 ${message.status} ${message.reason}`;
  const body = Buffer.from(message.body);
  const headers = new SipHeaders(message.headers).set('Content-Length', String(body.length));
  const lines = [...headers].map(([name, value]) => `${name}: ${value}`);
  return Buffer.concat([Buffer.from([first, ...lines, '', ''].join('\r\n')), body]);
}

const REASONS: Readonly<Record<number, string>> = {
  100: 'Trying',
  180: 'Ringing',
  183: 'Session Progress',
  200: 'OK',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  420: 'Bad Extension',
  480: 'Temporarily Unavailable',
  481: 'Call/Transaction Does Not Exist',
  486: 'Busy Here',
  487: 'Request Terminated',
  488: 'Not Acceptable Here',
  491: 'Request Pending',
  500: 'Server Internal Error',
  503: 'Service Unavailable',
  600: 'Busy Everywhere',
  603: 'Decline',
};

/** What a response may carry beyond what it copies from its request. */
export interface ResponseParts {
  toTag?: string | undefined;
  headers?: Iterable<[string, string]>;
  body?: string;
}

/** The response to a request, with what RFC 3261 section 8.2.6 copies from it. */
export function responseTo(request: SipRequest, status: number, parts: ResponseParts = {}): SipResponse {
  const headers = new SipHeaders();
  for (const via of request.headers.all('Via')) headers.add('Via', via);
  headers.add('From', request.headers.get('From') ?? '');
  const to = request.headers.get('To') ?? '';
  const tagged = parts.toTag === undefined || parseAddress(to).params.has('tag');
  headers.add('To', tagged ? to : `${to};tag=${parts.toTag ?? ''}`);
  headers.add('Call-ID', request.headers.get('Call-ID') ?? '');
  headers.add('CSeq', request.headers.get('CSeq') ?? '');
  if (status > 100 && status < 300) {
    for (const route of request.headers.all('Record-Route')) headers.add('Record-Route', route);
  }
  for (const [name, value] of parts.headers ?? []) headers.add(name, value);
  return { status, reason: REASONS[status] ?? 'Unknown', headers, body: parts.body ?? '' };
}

/** The CSeq of a message: its number and its method. */
export function cseqOf(message: SipMessage): { number: number; method: string } {
  const [number = '', method = ''] = (message.headers.get('CSeq') ?? '').split(/\s+/);
  return { number: Number(number), method };
}

/** The tag of From or To, if it has one. */
export function tagOf(message: SipMessage, header: 'From' | 'To'): string | undefined {
  return parseAddress(message.headers.get(header) ?? '').params.get('tag');
}

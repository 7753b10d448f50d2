import { parseCSeq, parseVia, tagOf, type Via } from './header-values.ts';
import { remembering } from './own.ts';

/**
 * All SIP text in this server is a byte string: one character per byte (latin1), so its length is its size on the wire,
 * and bytes that are no valid UTF-8 survive the way from the network to the application and back.
 */
export interface Header {
  /** Lower-case long form, for looking up. */
  readonly key: string;
  /** As written by the sender. */
  readonly name: string;
  readonly value: string;
}

const COMPACT: Readonly<Record<string, string>> = {
  v: 'via',
  f: 'from',
  t: 'to',
  i: 'call-id',
  m: 'contact',
  l: 'content-length',
  c: 'content-type',
  e: 'content-encoding',
  s: 'subject',
  k: 'supported',
  r: 'refer-to',
  b: 'referred-by',
  o: 'event',
  u: 'allow-events',
  x: 'session-expires',
};

/** The name under which a header is looked up: lower case, compact forms written out (RFC 3261 section 7.3.3). */
export const headerKey = remembering((name) => {
  const lower = name.toLowerCase();
  return lower.length === 1 ? (COMPACT[lower] ?? lower) : lower;
});

/** The first line of a request or of a response. */
export type StartLine = { method: string; uri: string } | { status: number; reason: string };

/** One SIP request or response: start line, headers in their order, body. */
export class SipMessage {
  /** '' in a response. */
  readonly method: string;
  /** 0 in a request. */
  readonly status: number;
  readonly reason: string;
  readonly uri: string;
  #body: string;
  /** Undefined while only the text is there. */
  #headers: Header[] | undefined;
  /** The whole text, which is written once, however often it goes out; '' while nobody has asked for it. */
  #text = '';
  #cseq: { seq: number; method: string } | undefined;
  #via: Via | undefined;
  #fromTag: string | undefined;
  #toTag: string | undefined;

  constructor(start: StartLine, body = '', headers: Header[] = []) {
    this.method = 'method' in start ? start.method : '';
    this.uri = 'method' in start ? start.uri : '';
    this.status = 'method' in start ? 0 : start.status;
    this.reason = 'method' in start ? '' : start.reason;
    this.#body = body;
    this.#headers = headers;
  }

  get body(): string {
    if (!this.#headers) this.#unpack();
    return this.#body;
  }

  get headers(): readonly Header[] {
    return this.#headers ?? this.#unpack();
  }

  /** Keeps only its text until somebody asks for more: for messages that stay for half a minute and are hardly needed. */
  pack(): void {
    this.#text = this.toString();
    this.#body = '';
    this.#headers = this.#cseq = this.#via = this.#fromTag = this.#toTag = undefined;
  }

  #unpack(): Header[] {
    const end = this.#text.indexOf('\r\n\r\n');
    this.#body = this.#text.slice(end + 4);
    return (this.#headers = headersIn(this.#text.slice(0, end).split('\r\n')));
  }

  /** The first value under this lower-case long name. */
  get(key: string): string | undefined {
    for (const header of this.headers) if (header.key === key) return header.value;
    return undefined;
  }

  /** Every line under this name, in order. */
  all(key: string): string[] {
    return this.headers.filter((header) => header.key === key).map((header) => header.value);
  }

  /** Adds a line at the end and gives the message back. */
  add(name: string, value: string): this {
    (this.#headers ?? this.#unpack()).push({ key: headerKey(name), name, value });
    this.#text = '';
    return this;
  }

  /** Adds lines of another message at the end and gives the message back. */
  addAll(headers: readonly Header[]): this {
    (this.#headers ?? this.#unpack()).push(...headers);
    this.#text = '';
    return this;
  }

  /** Puts another value in the place of the first line of this name. */
  replaceFirst(key: string, value: string): void {
    const headers = this.#headers ?? this.#unpack();
    const at = headers.findIndex((header) => header.key === key);
    const old = headers[at];
    if (old) headers[at] = { key, name: old.name, value };
    if (key === 'via') this.#via = undefined;
    this.#text = '';
  }

  get callId(): string {
    return this.get('call-id') ?? '';
  }

  get cseq(): { seq: number; method: string } {
    this.#cseq ??= parseCSeq(this.get('cseq') ?? '') ?? { seq: 0, method: '' };
    return this.#cseq;
  }

  get fromTag(): string {
    return (this.#fromTag ??= tagOf(this.get('from') ?? ''));
  }

  get toTag(): string {
    return (this.#toTag ??= tagOf(this.get('to') ?? ''));
  }

  /** The topmost Via; a parsed message always has one. */
  get via(): Via {
    this.#via ??= parseVia(this.get('via') ?? '') ?? { protocol: 'udp', host: '', port: 0, params: '' };
    return this.#via;
  }

  /** The message as it goes out on the wire. */
  toString(): string {
    if (this.#text !== '') return this.#text;
    let text = this.method
      ? `${this.method} ${this.uri} SIP/2.0\r\n`
      : `SIP/2.0 ${this.status} ${this.reason}\r\n`;
    for (const { name, value } of this.headers) text += `${name}: ${value}\r\n`;
    return (this.#text = `${text}\r\n${this.body}`);
  }

  /** Takes the text that it was read from for its own, when it is what `toString` would write. */
  writtenAs(text: string): this {
    this.#text = text;
    return this;
  }
}

/** The header lines behind the start line, of a head as `toString` writes it. */
export function headersIn(lines: readonly string[]): Header[] {
  const headers: Header[] = [];
  for (let at = 1; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const colon = line.indexOf(': ');
    const name = line.slice(0, colon);
    headers.push({ key: headerKey(name), name, value: line.slice(colon + 2) });
  }
  return headers;
}

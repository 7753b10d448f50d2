import { parseCSeq, parseVia, tagOf, type Via } from './header-values.ts';
import { own, remembering } from './own.ts';

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

/** One SIP request or response: start line, headers in their order, body. */
export class SipMessage {
  /** '' in a response. */
  readonly method: string;
  /** 0 in a request. */
  readonly status: number;
  readonly reason: string;
  #uri: string;
  #body: string;
  #headers: Header[] = [];
  /** The whole text, in the place of all the parts; '' while they are there. */
  #packed = '';
  #cseq: { seq: number; method: string } | undefined;
  #via: Via | undefined;
  #fromTag: string | undefined;
  #toTag: string | undefined;

  constructor(start: { method: string; uri: string } | { status: number; reason: string }, body = '') {
    this.method = 'method' in start ? start.method : '';
    this.#uri = 'method' in start ? start.uri : '';
    this.status = 'method' in start ? 0 : start.status;
    this.reason = 'method' in start ? '' : start.reason;
    this.#body = body;
  }

  get uri(): string {
    return this.#uri;
  }

  get body(): string {
    this.#unpack();
    return this.#body;
  }

  get headers(): Header[] {
    this.#unpack();
    return this.#headers;
  }

  /** Keeps only its text until somebody asks for more: for messages that stay for half a minute and are hardly needed. */
  pack(): void {
    if (this.#packed !== '') return;
    this.#packed = own(this.toString());
    this.#uri = own(this.#uri);
    this.#body = '';
    this.#headers = [];
    this.#cseq = this.#via = this.#fromTag = this.#toTag = undefined;
  }

  #unpack(): void {
    if (this.#packed === '') return;
    const text = this.#packed;
    this.#packed = '';
    const end = text.indexOf('\r\n\r\n');
    this.#body = text.slice(end + 4);
    for (const line of text.slice(0, end).split('\r\n').slice(1)) {
      const colon = line.indexOf(': ');
      this.add(line.slice(0, colon), line.slice(colon + 2));
    }
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
    this.headers.push({ key: headerKey(name), name, value });
    return this;
  }

  /** Puts another value in the place of the first line of this name. */
  replaceFirst(key: string, value: string): void {
    const at = this.headers.findIndex((header) => header.key === key);
    const old = this.headers[at];
    if (old) this.headers[at] = { key, name: old.name, value };
    if (key === 'via') this.#via = undefined;
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
    if (this.#packed !== '') return this.#packed;
    let text = this.method
      ? `${this.method} ${this.uri} SIP/2.0\r\n`
      : `SIP/2.0 ${this.status} ${this.reason}\r\n`;
    for (const header of this.headers) text += `${header.name}: ${header.value}\r\n`;
    return `${text}\r\n${this.body}`;
  }
}

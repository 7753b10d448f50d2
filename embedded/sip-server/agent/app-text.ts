import { headerKey, type Header } from '../sip/message.ts';
import { remembering } from '../sip/own.ts';
import { trim } from '../sip/trim.ts';
import type { Endpoint, Protocol } from '../transport/flow.ts';
import { hostPort } from '../sip/uri.ts';

/** A SIP message as an application wrote it: only what it wants to set, the rest is ours to fill in. */
export interface AppText {
  readonly start: string;
  readonly headers: readonly Header[];
  readonly body: string;
}

const LINE = /^([A-Za-z0-9.!%*_+`'~-]+)\s*:\s*(.*)$/;
const WITH_OUR_ADDRESS = new Set(['from', 'to', 'contact', 'p-asserted-identity']);
/** These are the stack's own business, whatever the application says. */
const OURS = new Set(['via', 'route', 'record-route', 'rseq', 'content-length']);

/** Reads an application's message; lines that are no header are skipped. */
export function readAppText(text: string): AppText {
  const end = text.indexOf('\r\n\r\n');
  const [start = '', ...lines] = (end === -1 ? text : text.slice(0, end)).split('\r\n');
  const headers: Header[] = [];
  for (const line of lines) {
    const [, name, value] = LINE.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    const key = headerKey(name);
    if (!OURS.has(key)) headers.push({ key, name: prettyName(name), value: trim(value) });
  }
  return { start: trim(start), headers, body: end === -1 ? '' : text.slice(end + 4) };
}

/** The value an application set under this name. */
export function appHeader(app: AppText, key: string): string | undefined {
  return app.headers.find((header) => header.key === key)?.value;
}

/** Puts our address where the application wrote `@localhost`, and angle brackets where parameters will follow. */
export function withOurAddress(header: Header, protocol: Protocol, local: Endpoint): string {
  if (!WITH_OUR_ADDRESS.has(header.key)) return header.value;
  const bare = header.value !== '*' && !header.value.includes('<');
  const value = bare ? header.value.replace(/^[^;]*/, '<$&>') : header.value;
  const transport = header.key === 'contact' && protocol === 'tcp' && !/;transport=/i.test(value);
  return value.replace(
    /@localhost(?::\d+)?(?=[;>?\s]|$)/gi,
    `@${hostPort(local.address, local.port)}${transport ? ';transport=tcp' : ''}`,
  );
}

/** The Contact we give when the application gives none. */
export function ourContact(protocol: Protocol, local: Endpoint): string {
  return `<sip:${hostPort(local.address, local.port)}${protocol === 'tcp' ? ';transport=tcp' : ''}>`;
}

/** The type of a body: SDP is recognised, anything else the application must name; undefined when it did not. */
export function contentTypeOf(app: AppText): string | undefined {
  return appHeader(app, 'content-type') ?? (app.body.startsWith('v=0') ? 'application/sdp' : undefined);
}

const SPELLED: Readonly<Record<string, string>> = {
  'call-id': 'Call-ID',
  cseq: 'CSeq',
  'www-authenticate': 'WWW-Authenticate',
  rack: 'RAck',
  'mime-version': 'MIME-Version',
  'sip-etag': 'SIP-ETag',
  'sip-if-match': 'SIP-If-Match',
};

/** drachtio-srf lower-cases names; written as people and simple parsers expect them again. */
const prettyName = remembering((name) => {
  if (name.length === 1 || name !== name.toLowerCase()) return name;
  return SPELLED[name] ?? name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
});

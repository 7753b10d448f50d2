import type { AddressInfo } from 'node:net';

/** Where a datagram goes to or comes from. */
export type Address = Pick<AddressInfo, 'port'> & { host: string };

/** A SIP or tel URI taken apart (RFC 3261 section 19.1, RFC 3966). */
export interface SipUri {
  scheme: string;
  user: string;
  host: string;
  port: number | undefined;
  params: ReadonlyMap<string, string>;
}

/** The value of From, To, Contact, Route: a URI with a name and parameters (RFC 3261 section 20.10). */
export interface NameAddress {
  displayName: string;
  uri: string;
  params: ReadonlyMap<string, string>;
}

/** The topmost Via taken apart (RFC 3261 section 20.42). */
export interface Via {
  sentBy: string;
  host: string;
  port: number | undefined;
  params: ReadonlyMap<string, string>;
}

const URI = /^(sips?):(?:([^@]*)@)?(\[[^\]]+\]|[^:;?]+)(?::(\d+))?((?:;[^?]*)?)(?:\?.*)?$/i;
const TEL = /^tel:([^;]+)(.*)$/i;
const HOST_PORT = /^(\[[^\]]+\]|[^:]+)(?::(\d+))?$/;

function parametersOf(text: string): Map<string, string> {
  const params = new Map<string, string>();
  for (const part of text.split(';')) {
    const [name = '', ...value] = part.trim().split('=');
    if (name !== '') params.set(name.toLowerCase(), value.join('=').replace(/^"(.*)"$/, '$1'));
  }
  return params;
}

/** Takes a URI apart, or says undefined if it is none we can dial. */
export function parseUri(text: string): SipUri | undefined {
  const tel = TEL.exec(text);
  if (tel) {
    return {
      scheme: 'tel',
      user: tel[1] ?? '',
      host: '',
      port: undefined,
      params: parametersOf(tel[2] ?? ''),
    };
  }
  const match = URI.exec(text.trim());
  if (!match) return undefined;
  const [, scheme = '', userInfo = '', host = '', port, params = ''] = match;
  const [user = ''] = userInfo.split(':');
  return {
    scheme: scheme.toLowerCase(),
    user: decode(user.split(';')[0] ?? ''),
    host,
    port: port === undefined ? undefined : Number(port),
    params: parametersOf(params),
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Takes a name-addr or addr-spec apart; parameters after a bare URI belong to the header. */
export function parseAddress(value: string): NameAddress {
  const open = value.indexOf('<', value.startsWith('"') ? closingQuote(value) : 0);
  if (open < 0) {
    const [uri = '', ...params] = value.split(';');
    return { displayName: '', uri: uri.trim(), params: parametersOf(params.join(';')) };
  }
  const close = value.indexOf('>', open);
  const name = value.slice(0, open).trim();
  return {
    displayName: name.startsWith('"') ? name.slice(1, -1).replace(/\\(.)/g, '$1') : name,
    uri: value.slice(open + 1, close < 0 ? undefined : close).trim(),
    params: close < 0 ? new Map() : parametersOf(value.slice(close + 1)),
  };
}

function closingQuote(value: string): number {
  let at = 1;
  while (at < value.length && value[at] !== '"') at += value[at] === '\\' ? 2 : 1;
  return at;
}

/** Writes a name-addr, with the name quoted as RFC 3261 section 25.1 asks. */
export function formatAddress(uri: string, displayName = ''): string {
  const quoted = displayName.replace(/[\r\n]/g, ' ').replace(/(["\\])/g, '\\$1');
  return displayName === '' ? `<${uri}>` : `"${quoted}" <${uri}>`;
}

/** Takes a Via value apart. */
export function parseVia(value: string): Via {
  const [sent = '', ...params] = value.split(';');
  const sentBy = sent.trim().split(/\s+/).at(-1) ?? '';
  const [, host = '', port] = HOST_PORT.exec(sentBy) ?? [];
  return {
    sentBy,
    host,
    port: port === undefined ? undefined : Number(port),
    params: parametersOf(params.join(';')),
  };
}

/** The address behind a URI: its `maddr`, or its host, and port 5060 unless it names one. */
export function addressOf(uri: string): Address {
  const parsed = parseUri(uri);
  const host = parsed?.params.get('maddr') ?? parsed?.host ?? '';
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: parsed?.port ?? 5060 };
}

/** A SIP or tel URI taken apart (RFC 3261 section 19.1); `port` is 0 when none was written. */
export interface SipUri {
  readonly scheme: string;
  readonly user: string;
  readonly host: string;
  readonly port: number;
  readonly params: string;
}

const SIP_URI = /^(sips?):(?:([^@\s]*)@)?(\[[0-9a-f:.]+\]|[^:;?@\s[\]]+)(?::(\d{1,5}))?(;[^?]*)?(?:\?.*)?$/i;
const LONGEST_URI = 4096;

/** Takes a URI apart, or gives undefined when it is none that we can send to. */
export function parseUri(text: string): SipUri | undefined {
  if (text.length > LONGEST_URI) return undefined;
  if (/^tel:/i.test(text)) return { scheme: 'tel', user: text.slice(4), host: '', port: 0, params: '' };
  const found = SIP_URI.exec(text);
  if (!found) return undefined;
  const [, scheme = '', user = '', host = '', port = '0', params = ''] = found;
  if (Number(port) > 65_535) return undefined;
  return {
    scheme: scheme.toLowerCase(),
    user,
    host: host.toLowerCase().replace(/^\[|\]$/g, ''),
    port: Number(port),
    params,
  };
}

/** Whether a Route names a router of RFC 2543, which wants itself in the request line (RFC 3261 section 16.12.1). */
export function isStrictRouter(uri: string): boolean {
  return paramOf(parseUri(uri)?.params ?? '', 'lr') === undefined;
}

/** Writes an address so that a port can follow: IPv6 in brackets (RFC 3261 section 25.1, hostport). */
export function hostPort(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The value of one `;name=value` parameter, '' for a bare flag, undefined when absent; quotes are taken off. */
export function paramOf(params: string, name: string): string | undefined {
  let at = 0;
  while (at < params.length) {
    const end = endOfParam(params, at);
    const part = params.slice(at, end);
    const equals = part.indexOf('=');
    const key = (equals === -1 ? part : part.slice(0, equals)).trim().toLowerCase();
    if (key === name) return equals === -1 ? '' : unquoted(part.slice(equals + 1).trim());
    at = end + 1;
  }
  return undefined;
}

function endOfParam(params: string, from: number): number {
  if (!params.includes('"')) {
    const end = params.indexOf(';', from);
    return end === -1 ? params.length : end;
  }
  let quoted = false;
  for (let at = from; at < params.length; at++) {
    const char = params.charCodeAt(at);
    if (quoted && char === 0x5c) at++;
    else if (char === 0x22) quoted = !quoted;
    else if (char === 0x3b && !quoted) return at;
  }
  return params.length;
}

function unquoted(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
}

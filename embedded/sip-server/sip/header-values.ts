import { paramOf } from './uri.ts';

/** A `name-addr` or `addr-spec` with its header parameters (RFC 3261 section 20.10). */
export interface Address {
  readonly uri: string;
  readonly params: string;
}

/** The parts of one Via value (RFC 3261 section 20.42); `port` is 0 when none was written. */
export interface Via {
  readonly protocol: string;
  readonly host: string;
  readonly port: number;
  readonly params: string;
}

/** Splits a list header at its top-level commas, leaving quoted strings and angle brackets whole. */
export function splitList(value: string): string[] {
  if (!value.includes(',')) return [value.trim()];
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  let angled = false;
  for (let at = 0; at < value.length; at++) {
    const char = value.charCodeAt(at);
    if (quoted && char === 0x5c) at++;
    else if (char === 0x22) quoted = !quoted;
    else if (quoted) continue;
    else if (char === 0x3c) angled = true;
    else if (char === 0x3e) angled = false;
    else if (char === 0x2c && !angled) {
      parts.push(value.slice(start, at).trim());
      start = at + 1;
    }
  }
  parts.push(value.slice(start).trim());
  return parts.filter((part) => part !== '');
}

/** Finds the URI and the parameters of a From, To, Contact, Route or Refer-To value. */
export function parseAddress(value: string): Address {
  const open = openingAngle(value);
  if (open === -1) {
    const end = value.indexOf(';');
    return end === -1
      ? { uri: value.trim(), params: '' }
      : { uri: value.slice(0, end).trim(), params: value.slice(end) };
  }
  const close = value.indexOf('>', open);
  if (close === -1) return { uri: '', params: '' };
  return { uri: value.slice(open + 1, close).trim(), params: value.slice(close + 1) };
}

function openingAngle(value: string): number {
  let quoted = false;
  for (let at = 0; at < value.length; at++) {
    const char = value.charCodeAt(at);
    if (quoted && char === 0x5c) at++;
    else if (char === 0x22) quoted = !quoted;
    else if (char === 0x3c && !quoted) return at;
  }
  return -1;
}

/** The tag of a From or To value, '' when it has none. */
export function tagOf(value: string): string {
  return paramOf(parseAddress(value).params, 'tag') ?? '';
}

const VIA =
  /^SIP\s*\/\s*2\.0\s*\/\s*([a-z]{1,8})\s+(\[[0-9a-f:.]+\]|[^\s;:,[\]]+)\s*(?::\s*(\d{1,5}))?\s*(;.*)?$/i;

/** Takes the first Via apart, or gives undefined when it is malformed. */
export function parseVia(value: string): Via | undefined {
  const found = VIA.exec(splitList(value)[0] ?? '');
  if (!found) return undefined;
  const [, protocol = '', host = '', port = '0', params = ''] = found;
  if (Number(port) > 65_535) return undefined;
  return {
    protocol: protocol.toLowerCase(),
    host: host.toLowerCase().replace(/^\[|\]$/g, ''),
    port: Number(port),
    params,
  };
}

/** The number and method of a CSeq, or undefined when it is malformed (RFC 3261 section 20.16). */
export function parseCSeq(value: string): { seq: number; method: string } | undefined {
  const found = /^(\d{1,10})\s+([^\s]{1,64})$/.exec(value);
  if (!found) return undefined;
  const seq = Number(found[1]);
  return seq >= 2 ** 31 ? undefined : { seq, method: found[2] ?? '' };
}

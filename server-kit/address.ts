import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * One spelling for one address: IPv4 in IPv6 (RFC 4291 2.5.5.2) becomes IPv4, `::1` becomes 127.0.0.1, a zone, a
 * port and brackets are dropped. Undefined for what is no address.
 */
export function normalAddress(text: string): string | undefined {
  const bare = withoutPort(text.trim());
  // Looked at first by what throws nothing: ipaddr.js tells by errors, which cost more than the rest of a request's way here.
  if (isIPv4(bare)) return bare;
  if (!isIPv6(bare)) return undefined;
  const normal = ipaddr.process(bare.replace(/%.*$/, '')).toString();
  return normal === '::1' ? '127.0.0.1' : normal;
}

/** Addresses and networks (CIDR) that something is allowed to or trusted from. */
export class AddressList {
  readonly #ranges: readonly [ipaddr.IPv4 | ipaddr.IPv6, number][];

  /** Throws, naming the entry, where one is neither an address nor a network. */
  constructor(entries: readonly string[]) {
    this.#ranges = entries.map(rangeOf);
  }

  /** Whether the address, in any spelling, is on the list. */
  has(text: string): boolean {
    const normal = normalAddress(text);
    if (normal === undefined) return false;
    const address = ipaddr.parse(normal);
    return this.#ranges.some((range) => address.kind() === range[0].kind() && address.match(range));
  }
}

/**
 * Who really asks: X-Forwarded-For is walked from right to left, and only while the address that wrote an entry is
 * a trusted proxy. Whatever a stranger put further left is never reached.
 */
export function clientAddress(peer: string, forwardedFor: string | undefined, proxies: AddressList): string {
  let address = normalAddress(peer) ?? peer;
  if (forwardedFor === undefined) return address;
  const entries = forwardedFor.split(',').slice(-MAX_HOPS);
  for (const entry of entries.reverse()) {
    if (!proxies.has(address)) return address;
    const next = normalAddress(entry);
    if (next === undefined) return address;
    address = next;
  }
  return address;
}

/** What one subscriber can hardly change: the IPv4 address, or the /64 of an IPv6 address (privacy addresses rotate). */
export function subscriberOf(address: string): string {
  if (!isIPv6(address)) return address;
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address}/64`).toString()}/64`;
}

/** More hops than any honest chain of proxies has; the rest of a long header is not read. */
const MAX_HOPS = 20;

function rangeOf(entry: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  const [text = '', bits] = entry.split('/');
  if (bits === undefined) {
    const normal = normalAddress(text);
    if (normal === undefined) throw new Error(`"${entry}" is no address`);
    const address = ipaddr.parse(normal);
    return [address, address.kind() === 'ipv4' ? 32 : 128];
  }
  if (!ipaddr.isValidCIDR(entry)) throw new Error(`"${entry}" is no network`);
  const [address, length] = ipaddr.parseCIDR(entry);
  if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && length >= 96) {
    return [address.toIPv4Address(), length - 96];
  }
  return [address, length];
}

function withoutPort(text: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(text);
  if (bracketed?.[1] !== undefined) return bracketed[1];
  return /^\d+\.\d+\.\d+\.\d+:\d+$/.test(text) ? text.replace(/:\d+$/, '') : text;
}

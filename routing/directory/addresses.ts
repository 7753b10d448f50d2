import { isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';

const IPV4_WITHIN_IPV6 = '00000000000000000000ffff';

/**
 * An address as 32 hexadecimal digits, IPv4 within IPv6 (`::ffff:…`), so that all compare as text; undefined when it
 * is none.
 */
export function addressKey(text: string): string | undefined {
  const bare = text
    .trim()
    .replace(/^\[|\]$/g, '')
    .replace(/%.*$/, '');
  // What most visitors have; and the library tries one form after the other.
  if (isIPv4(bare)) return IPV4_WITHIN_IPV6 + hex(bare.split('.').map(Number));
  return ipaddr.isValid(bare) ? hex(bytesOf(ipaddr.process(bare))) : undefined;
}

/** First and last address of `10.0.0.0/8`, `2001:db8::/32` or a single address; undefined when it is none of these. */
export function addressRange(text: string): { first: string; last: string } | undefined {
  const [address = '', bits] = text.trim().split('/');
  if (!ipaddr.isValid(address)) return undefined;
  const parsed = ipaddr.parse(address);
  const width = parsed.kind() === 'ipv4' ? 32 : 128;
  const length = bits === undefined ? width : /^\d{1,3}$/.test(bits) ? Number(bits) : NaN;
  if (!(length <= width)) return undefined;
  const fixed = length + (128 - width);
  const bytes = bytesOf(parsed);
  return { first: hex(fill(bytes, fixed, 0)), last: hex(fill(bytes, fixed, 255)) };
}

function bytesOf(address: ipaddr.IPv4 | ipaddr.IPv6): number[] {
  const wide = address.kind() === 'ipv4' ? (address as ipaddr.IPv4).toIPv4MappedAddress() : address;
  return wide.toByteArray();
}

/** Sets all bits behind the first `fixed` to those of `filler`. */
function fill(bytes: readonly number[], fixed: number, filler: 0 | 255): number[] {
  return bytes.map((byte, i) => {
    const kept = Math.min(8, Math.max(0, fixed - i * 8));
    const mask = (0xff << (8 - kept)) & 0xff;
    return (byte & mask) | (filler & ~mask & 0xff);
  });
}

function hex(bytes: readonly number[]): string {
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The few ASN.1 values (X.690, distinguished encoding) that a certificate is made of. */
export const der = {
  sequence: (...parts: Buffer[]): Buffer => tagged(0x30, Buffer.concat(parts)),
  set: (...parts: Buffer[]): Buffer => tagged(0x31, Buffer.concat(parts)),
  /** A context tag around whole values, e.g. `[3]`. */
  explicit: (tag: number, value: Buffer): Buffer => tagged(0xa0 | tag, value),
  /** A context tag in place of a primitive value's own. */
  implicit: (tag: number, content: Buffer): Buffer => tagged(0x80 | tag, content),
  boolean: (value: boolean): Buffer => tagged(0x01, Buffer.of(value ? 0xff : 0)),
  /** A non-negative integer, most significant byte first. */
  integer: (bytes: Buffer): Buffer => {
    const first = bytes.findIndex((byte) => byte !== 0);
    const value = first === -1 ? Buffer.of(0) : bytes.subarray(first);
    return tagged(0x02, (value[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.of(0), value]) : value);
  },
  bitString: (content: Buffer, unusedBits = 0): Buffer =>
    tagged(0x03, Buffer.concat([Buffer.of(unusedBits), content])),
  octetString: (content: Buffer): Buffer => tagged(0x04, content),
  oid: (dotted: string): Buffer => {
    const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
    return tagged(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
  },
  utf8: (text: string): Buffer => tagged(0x0c, Buffer.from(text, 'utf8')),
  /** RFC 5280 4.1.2.5: two-digit years until 2049, four digits after that, always in UTC. */
  time: (epochMs: number): Buffer => {
    const digits = `${new Date(epochMs).toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`;
    return Number(digits.slice(0, 4)) < 2050
      ? tagged(0x17, Buffer.from(digits.slice(2)))
      : tagged(0x18, Buffer.from(digits));
  },
};

function tagged(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.of(tag), lengthOf(content.length), content]);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  if (length < 0x100) return Buffer.of(0x81, length);
  return Buffer.of(0x82, length >> 8, length & 0xff);
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let rest = value >> 7; rest > 0; rest >>= 7) bytes.unshift((rest & 0x7f) | 0x80);
  return bytes;
}

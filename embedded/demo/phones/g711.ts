const BIAS = 0x84;
const CLIP = 32_635;

/** One 16-bit sample as G.711 mu-law. */
export function encodeMuLaw(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(Math.abs(Math.round(sample)), CLIP) + BIAS;
  const exponent = 24 - Math.clz32(magnitude); // bit 7 is segment 0, bit 14 segment 7
  const mantissa = (magnitude >> (exponent + 3)) & 0x0f;
  return ~(sign | (exponent << 4) | mantissa) & 0xff;
}

const DECODED = Int16Array.from({ length: 256 }, (_, code) => {
  const bits = ~code & 0xff;
  const magnitude = ((((bits & 0x0f) << 3) + BIAS) << ((bits >> 4) & 7)) - BIAS;
  return bits & 0x80 ? -magnitude : magnitude;
});

/** A whole G.711 mu-law payload as 16-bit samples. */
export function decodeMuLaw(payload: Uint8Array): Int16Array {
  return Int16Array.from(payload, (code) => DECODED[code] ?? 0);
}

/**
 * A copy of a byte string, for what is remembered: a piece of a text holds on to the whole text, and a text that was put
 * together to all its pieces.
 */
export function own(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

/**
 * A copy of a byte string, for what is remembered: a piece of a text holds on to the whole text, and a text that was put
 * together to all its pieces.
 */
export function own(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

const MOST_REMEMBERED = 1000;
const LONGEST_REMEMBERED = 40;

/** The same function of names, which gives the answers for the first thousand of them from memory: there are some dozens. */
export function remembering(work: (name: string) => string): (name: string) => string {
  const known = new Map<string, string>();
  return (name) => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const result = work(name);
    if (known.size < MOST_REMEMBERED && name.length <= LONGEST_REMEMBERED) known.set(own(name), own(result));
    return result;
  };
}

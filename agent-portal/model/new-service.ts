import type { RuleItem } from './rules.ts';

/** A service with the usual settings, and an id that is made of its name and is nobody else's. */
export function newService(name: string, taken: readonly string[], hours: string): RuleItem<'services'> {
  return {
    id: idFor(name, taken),
    name,
    hours,
    must: [],
    prefer: [],
    rings: [],
    preferredWaitMs: 0,
    lastAgent: false,
    ageMsPerPriority: 0,
    autoAccept: false,
    offerMs: 20_000,
    entitled: false,
    slotMinutes: 30,
    slotCapacity: 4,
    callerIds: [],
  };
}

const LONGEST = 40;

/** `Returns & repairs` is `returns-repairs`; a name in other letters than ours is `service`. */
export function idFor(name: string, taken: readonly string[]): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-/, '')
    .slice(0, LONGEST)
    .replace(/-$/, '');
  const id = plain === '' ? 'service' : plain;
  for (let n = 1; ; n += 1) {
    const it = n === 1 ? id : `${id}-${String(n)}`;
    if (!taken.includes(it)) return it;
  }
}

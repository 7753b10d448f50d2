import type { Requirement, Ring } from './qualification.ts';

/** The part of a service's rule that says how a requirement widens with waiting. */
export interface Widening {
  readonly requirement: Requirement;
  readonly rings?: readonly Ring[];
}

/** What must be had for a contact that has waited so long (ms): by the last of the rings that has come, else as it was asked. */
export function mustAfter(
  asked: Requirement['must'],
  rings: readonly Ring[] | undefined,
  waitedMs: number,
): Requirement['must'] {
  const due = (rings ?? []).filter((it) => it.afterMs <= waitedMs);
  return due.toSorted((a, b) => a.afterMs - b.afterMs).at(-1)?.must ?? asked;
}

/**
 * What a contact of this service needs after each of its rings, in their order. What the contact wishes beside the
 * service's own words (a language) it goes on wishing.
 */
export function widened(asked: Requirement, service: Widening): readonly Ring[] {
  const { requirement, rings = [] } = service;
  const named = new Set([...requirement.must, ...requirement.prefer].map((it) => it.name));
  const own = asked.prefer.filter((it) => !named.has(it.name));
  return [...rings]
    .sort((a, b) => a.afterMs - b.afterMs)
    .map(({ afterMs, must, prefer }) => ({
      afterMs,
      must,
      prefer: [...prefer, ...own],
      ...(asked.channel !== undefined && { channel: asked.channel }),
    }));
}

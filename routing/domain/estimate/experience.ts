import type { ClassId, ProfileId } from '../match.ts';
import type { Knowledge } from './forward.ts';
import type { Counts, Law } from './law.ts';
import { learnedLaw } from './law.ts';

/**
 * What a centre has counted so far. Old counts fade: when one bin of a law reaches `FULL`, all of that law is halved,
 * and with the law of all kinds what was counted of visitors' and agents' habits.
 */
export interface Experience {
  /** By class; `*` holds all kinds together. */
  readonly laws: ReadonlyMap<ClassId, Counts>;
  /** Offers that lapsed, and how long those agents were away altogether. */
  readonly lapses: number;
  readonly awayMs: number;
  /** Visitors who left the line by themselves, and how long all together stood in it. */
  readonly cancels: number;
  readonly waitedMs: number;
  /** Who came lately and may go before others. */
  readonly comers: readonly Comer[];
}

export interface Comer {
  readonly class: ClassId;
  /** The urgency in their scores. */
  readonly urgencyScore: number;
  /** How long before they came their waiting had begun. */
  readonly headStartMs: number;
  readonly perMs: number;
}

/** All kinds of contacts together. */
export const ALL: ClassId = '*';
/** A law is halved when one of its bins holds so many. */
export const FULL = 256;

/** Believed until it was seen: an agent takes what is offered, and after a miss is away that long, the offer included; so many say so. */
const USUAL_AWAY_MS = 120_000;
const TRUST = 5;
/** A centre in which nobody ever cancelled is believed to have seen a part of one. */
const HALF_A_CANCEL = 0.5;

/** What a forecast needs to know, out of what was counted. */
export function knowledgeFrom(
  experience: Experience,
  serves: (profile: ProfileId, id: ClassId) => boolean,
  usualHandleMs: number,
): Knowledge {
  const { laws, lapses, awayMs, cancels, waitedMs, comers } = experience;
  const none: Counts = new Map();
  const all = laws.get(ALL) ?? none;
  const known = new Map<ClassId, Law>();
  const law = (id: ClassId): Law => {
    const mine = known.get(id) ?? learnedLaw(laws.get(id) ?? none, all, usualHandleMs);
    known.set(id, mine);
    return mine;
  };
  const handled = [...all.values()].reduce((sum, n) => sum + n, 0);
  return {
    law,
    serves,
    habits: {
      lapse: {
        share: lapses / (handled + lapses + TRUST),
        awayMs: (awayMs + USUAL_AWAY_MS * TRUST) / (lapses + TRUST),
      },
      patienceMs: waitedMs === 0 ? Infinity : waitedMs / Math.max(HALF_A_CANCEL, cancels),
      overtakers: comers.map((it) => ({
        class: it.class,
        offset: it.urgencyScore - it.headStartMs,
        perMs: it.perMs,
      })),
    },
  };
}

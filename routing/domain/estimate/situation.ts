import type { ClassId, ProfileId } from '../match.ts';

/** One moment of a centre: all that a forecast starts from. Times are epoch ms. */
export interface Situation {
  readonly at: number;
  /** Agents held by a contact, from the offer to the end of after-call work; where they may have several, each of their seats. */
  readonly busy: readonly Busy[];
  readonly idle: readonly OnShift[];
  /** Agents whose shift begins later, where a plan is known. */
  readonly coming: readonly (OnShift & { readonly at: number })[];
  /** Who waits, in the order of service; where the line is too long, its beginning without a gap. */
  readonly line: readonly Waiting[];
  /** The line goes on after the last of `line`. */
  readonly more: boolean;
  /** Of a very big centre only one in so many agents and contacts stands here. */
  readonly oneIn: number;
}

interface OnShift {
  readonly profile: ProfileId;
  /** They finish what they have then and leave, where that is known. */
  readonly until?: number;
}

export interface Busy extends OnShift {
  readonly class: ClassId;
  readonly since: number;
}

export interface Waiting {
  readonly class: ClassId;
  readonly score: number;
}

/** What was learned of people in this centre. */
export interface Habits {
  /** Share of offers that lapse, and how long such an agent is away. */
  readonly lapse: { readonly share: number; readonly awayMs: number };
  /** How long visitors wait before they cancel, in the mean; Infinity where nobody ever did. */
  readonly patienceMs: number;
  /** Contacts that come later and go before others: urgent ones, and those that began to wait elsewhere. */
  readonly overtakers: readonly Overtaker[];
}

export interface Overtaker {
  readonly class: ClassId;
  /** Their score less the moment they come. */
  readonly offset: number;
  readonly perMs: number;
}

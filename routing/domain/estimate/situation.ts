import type { AgentId } from '../../../contracts/ids.ts';
import type { ClassId, ProfileId } from '../match.ts';
import { startOf } from '../order.ts';

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
  /** Of those only whom somebody waits for alone. */
  readonly agentId?: AgentId;
  /** They finish what they have then and leave, where that is known. */
  readonly until?: number;
  /** And log off: nobody waits for them alone any more. */
  readonly logsOff?: boolean;
}

export interface Busy extends OnShift {
  readonly class: ClassId;
  readonly since: number;
}

export interface Waiting {
  readonly class: ClassId;
  readonly score: number;
  /** What of its score is priority that counts as time waited. */
  readonly boostMs?: number;
  /** What its class will be from which moment on, if it still waits then; in their order. */
  readonly rings?: readonly { readonly at: number; readonly class: ClassId }[];
  /** Until then it waits for this agent alone. */
  readonly waitsFor?: { readonly agentId: AgentId; readonly until: number };
}

/** What it needs now, and what it may come to. */
export function classesOf({ class: id, rings = [] }: Pick<Waiting, 'class' | 'rings'>): readonly ClassId[] {
  return [id, ...rings.map((it) => it.class)];
}

/** Whether time alone may bring it an agent who is idle already. */
export function isChanging({ rings = [], waitsFor }: Waiting): boolean {
  return rings.length > 0 || waitsFor !== undefined;
}

/**
 * All that two who wait have in common where one forecast is good for both: what they need, and what will become of that
 * how long after their start.
 */
export function kindOf(it: Waiting): string {
  if (!isChanging(it)) return it.class;
  const start = startOf(it.score);
  const rings = (it.rings ?? []).map((ring) => ` ${ring.at - start} ${ring.class}`).join('');
  const { waitsFor } = it;
  return `${it.class}${rings}${waitsFor ? ` @${waitsFor.until - start} ${waitsFor.agentId}` : ''}`;
}

/** The same with all its times so much later; the score too, unless it is given. */
export function later(it: Waiting, ms: number, score = it.score + ms): Waiting {
  const { rings, waitsFor, boostMs } = it;
  return {
    class: it.class,
    score,
    ...(boostMs !== undefined && { boostMs }),
    ...(rings && { rings: rings.map((ring) => ({ ...ring, at: ring.at + ms })) }),
    ...(waitsFor && { waitsFor: { ...waitsFor, until: waitsFor.until + ms } }),
  };
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

import type { AgentId } from '../../contracts/ids.ts';
import type { Qualification, Requirement } from './qualification.ts';
import type { Overtaken } from './fairness.ts';
import type { ClassId, ProfileId } from './match.ts';
import { JUST_IDLE } from './channels.ts';
import { canServe, compareRanks, rankOf } from './match.ts';

/** What the matchmaker wrote down at the moment it decided: enough to decide again, and to say why. */
export interface DecisionInputs {
  readonly how: 'idle' | 'freed' | 'preferred' | 'claimed';
  readonly version: number;
  readonly class: ClassId;
  readonly at: number;
  /** Of each profile looked at, who was first among the idle, and where they stood (`idleScore`): so exactly was it decided. */
  readonly heads: readonly (readonly [ProfileId, AgentId, number])[];
  /** How far the requirement had widened; absent: it was as asked. */
  readonly ring?: number;
  /** Who started earlier and was not served by this. */
  readonly overtook?: Overtaken;
  /**
   * In a small centre, where everybody stood: `state profile since reason`, the state of who has other than one call in
   * hand as `busy+chat+chat`.
   */
  readonly states?: Readonly<Record<string, string>>;
}

/** A decision with the meaning of every short name in it: to be kept, and decided again without Redis or roster. */
export interface DecisionRecord {
  readonly inputs: DecisionInputs;
  readonly requirement: Requirement;
  readonly profiles: Readonly<Record<ProfileId, readonly Qualification[]>>;
}

/** More heads than this decide nothing any more. */
const MOST_HEADS = 50;

/**
 * The same decision in bounded size, to be kept: of many heads the best and that of the chosen one, so that decided
 * again it gives the same; and only the profiles that are spoken of.
 */
export function bounded(record: DecisionRecord, chosen: AgentId): DecisionRecord {
  const { inputs, requirement, profiles } = record;
  if (inputs.heads.length <= MOST_HEADS) return record;
  const best = new Set(
    inOrder(requirement, heads(inputs, profiles))
      .slice(0, MOST_HEADS)
      .map((it) => it.agentId),
  );
  const few = inputs.heads.filter(([, agentId]) => best.has(agentId) || agentId === chosen);
  return {
    inputs: { ...inputs, heads: few },
    requirement,
    profiles: Object.fromEntries(few.map(([profile]) => [profile, profiles[profile] ?? []])),
  };
}

/** Decides again from what was written down: the matchmaker's own rule, in its second form. */
export function replay({ inputs, requirement, profiles }: DecisionRecord): AgentId | undefined {
  return best(requirement, heads(inputs, profiles))?.agentId;
}

/**
 * Who would have been chosen with one more idle agent of these qualifications; `newcomer` when it is them. Whoever was
 * idle longer, with nothing in hand, goes before them where both are as good.
 */
export function replayWith(
  { inputs, requirement, profiles }: DecisionRecord,
  more: readonly Qualification[],
): AgentId | 'newcomer' | undefined {
  const newcomer = { agentId: 'newcomer' as const, has: more, since: JUST_IDLE };
  // Who was preferred, or took it by hand, would have got it all the same.
  if (inputs.how === 'preferred' || inputs.how === 'claimed') return inputs.heads[0]?.[1];
  return best<AgentId | 'newcomer'>(requirement, [...heads(inputs, profiles), newcomer])?.agentId;
}

interface Idle<out Id extends string> {
  readonly agentId: Id;
  readonly has: readonly Qualification[];
  readonly since: number;
}

function heads(inputs: DecisionInputs, profiles: DecisionRecord['profiles']): readonly Idle<AgentId>[] {
  return inputs.heads.map(([profile, agentId, since]) => ({ agentId, since, has: profiles[profile] ?? [] }));
}

function best<Id extends string>(requirement: Requirement, idle: readonly Idle<Id>[]): Idle<Id> | undefined {
  return inOrder(requirement, idle)[0];
}

/** Who can serve, the best first. */
function inOrder<Id extends string>(
  requirement: Requirement,
  idle: readonly Idle<Id>[],
): readonly Idle<Id>[] {
  return idle
    .filter((it) => canServe(it.has, requirement))
    .map((it) => ({ ...it, rank: rankOf(it.has, requirement) }))
    .sort((a, b) => compareRanks(a.rank, b.rank) || a.since - b.since || (a.agentId < b.agentId ? -1 : 1));
}

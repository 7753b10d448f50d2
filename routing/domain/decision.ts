import type { DecisionView } from '../../contracts/agent.ts';
import type { AgentId } from '../../contracts/ids.ts';
import type { Qualification, Requirement } from './qualification.ts';
import type { Overtaken } from './fairness.ts';
import type { ClassId, ProfileId } from './match.ts';
import type { RoutedChannel } from './channels.ts';
import { isChannel, JUST_IDLE, readIdleScore, roomFor } from './channels.ts';
import { canServe, capacityOf, compareRanks, lack, levelOf, rankOf } from './match.ts';

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

/** What names and ids in a decision mean. */
export interface DecisionContext {
  readonly requirement: Requirement;
  profile(id: ProfileId): readonly Qualification[];
  agentName(id: AgentId): string;
}

const MOST = 20;
const CALL: readonly RoutedChannel[] = ['voice'];
const AT_WORK: ReadonlySet<string> = new Set(['reserved', 'busy', 'working-after-call']);
const WORDS = { voice: ['call', 'calls'], chat: ['chat', 'chats'] } as const;

interface Candidate {
  readonly agentId: AgentId;
  readonly profile: ProfileId;
  readonly has: readonly Qualification[];
  readonly state: string;
  readonly inHand: readonly RoutedChannel[] | number;
  readonly since: number;
  readonly reason: string;
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
  return idle
    .filter((it) => canServe(it.has, requirement))
    .map((it) => ({ ...it, rank: rankOf(it.has, requirement) }))
    .sort((a, b) => compareRanks(a.rank, b.rank) || a.since - b.since || (a.agentId < b.agentId ? -1 : 1))[0];
}

/** Why this agent, for people: the chosen one first, then the others, each with what spoke against them. */
export function explain(chosen: AgentId, inputs: DecisionInputs, context: DecisionContext): DecisionView {
  const { requirement } = context;
  const all = candidates(inputs, context);
  const winner = all.find((it) => it.agentId === chosen);
  const because = reason(winner, inputs, requirement);
  const others = all
    .filter((it) => it.agentId !== chosen)
    .map((it) => ({
      ...it,
      verdict: verdict(it, winner, inputs, requirement),
      order: order(it, requirement),
    }))
    .sort((a, b) => a.order - b.order || a.since - b.since || (a.agentId < b.agentId ? -1 : 1));
  const shown = [{ agentId: chosen, verdict: `chosen: ${because}` }, ...others].slice(0, MOST);
  return {
    at: inputs.at,
    rosterVersion: inputs.version,
    chosen,
    because,
    candidates: shown.map((it) => ({
      agentId: it.agentId,
      name: context.agentName(it.agentId),
      verdict: it.verdict,
    })),
  };
}

function candidates(inputs: DecisionInputs, context: DecisionContext): Candidate[] {
  const found = new Map<AgentId, Candidate>();
  for (const [id, text] of Object.entries(inputs.states ?? {})) {
    const [stood = '', profile = '', since = '0', ...words] = text.split(' ');
    const [state = '', ...channels] = stood.split('+');
    const agentId = id as AgentId;
    const inHand = channels.length > 0 ? channels.filter(isChannel) : AT_WORK.has(state) ? CALL : [];
    const seen = { agentId, profile, has: context.profile(profile), state, inHand, since: Number(since) };
    found.set(agentId, { ...seen, reason: words.join(' ') });
  }
  for (const [profile, agentId, score] of inputs.heads) {
    const has = context.profile(profile);
    found.set(agentId, { agentId, profile, has, state: 'ready', reason: '', ...readIdleScore(score) });
  }
  return [...found.values()];
}

function reason(winner: Candidate | undefined, inputs: DecisionInputs, requirement: Requirement): string {
  const busy = winner === undefined ? 0 : count(winner.inHand);
  const beside = busy === 0 ? '' : `${busy} in hand and room for more, `;
  const idle = winner === undefined ? '' : `${beside}idle ${clock(inputs.at - winner.since)}`;
  const named = [...requirement.must, ...requirement.prefer].map((it) => it.name);
  const held = [...new Set(named)]
    .map((name) => ({ name, level: levelOf(winner?.has ?? [], name) }))
    .filter((it) => it.level > 0);
  const holds = held.length === 0 ? '' : `, holds ${held.map((it) => `${it.name} ${it.level}`).join(', ')}`;
  const skills = `${holds}${inputs.ring === undefined ? '' : `, asked for less after waiting (ring ${inputs.ring})`}`;
  switch (inputs.how) {
    case 'idle':
      return `${idle}${skills}`;
    case 'freed':
      return `became free first${skills}`;
    case 'preferred':
      return `preferred agent, ${idle}${skills}`;
    case 'claimed':
      return `took it: call now${skills}`;
  }
}

function verdict(
  it: Candidate,
  winner: Candidate | undefined,
  inputs: DecisionInputs,
  requirement: Requirement,
): string {
  const missing = lack(it.has, requirement);
  if (missing !== undefined) return missing;
  const full = roomWords(it, requirement.channel ?? 'voice');
  if (full !== undefined) return full;
  if (it.state !== 'ready' && (count(it.inHand) === 0 || it.state === 'reserved')) return stateWords(it);
  if (inputs.how === 'preferred') return 'able and idle; another agent was preferred';
  if (inputs.how === 'claimed') return 'able and idle; another agent took it';
  const ours = rankOf(it.has, requirement);
  const best = winner === undefined ? ours : rankOf(winner.has, requirement);
  if (ours.wishes < best.wishes) return 'able and idle; meets fewer wishes';
  if (ours.proficiency < best.proficiency) {
    return `able and idle; proficiency ${ours.proficiency}, chosen ${best.proficiency}`;
  }
  const [mine, theirs] = [count(it.inHand), count(winner?.inHand ?? 0)];
  if (mine > theirs) return `able; has ${mine} in hand, chosen ${theirs}`;
  return `able; idle only ${clock(inputs.at - it.since)}`;
}

/** The failed test of their capacity, if that was it: nothing of the channel at all, blocked by another, or as many as they may. */
function roomWords(it: Candidate, channel: RoutedChannel): string | undefined {
  const { profile, inHand, state } = it;
  const capacity = capacityOf(profile);
  const { most } = capacity[channel];
  const [one, many] = WORDS[channel];
  if (most === 0) return `capacity: takes no ${many}`;
  if (typeof inHand === 'number') return undefined;
  const full = roomFor(channel, capacity, inHand);
  if (full === undefined) return undefined;
  if (full.why === 'blocked') return `blocked: has a ${WORDS[full.by][0]} in hand, no ${one} beside it`;
  if (most === 1) return stateWords(it);
  const held = inHand.filter((other) => other === channel).length;
  return `capacity: ${held} of ${most} ${many} in hand${state === 'reserved' ? ', one of them offered' : ''}`;
}

function count(inHand: Candidate['inHand']): number {
  return typeof inHand === 'number' ? inHand : inHand.length;
}

function stateWords({ state, reason: why }: Candidate): string {
  const words: Readonly<Record<string, string>> = {
    reserved: 'has an offer',
    busy: 'busy',
    'working-after-call': 'writing up',
    'not-ready': why === '' ? 'not ready' : `not ready: ${why}`,
  };
  return words[state] ?? state;
}

/** Able and idle, able and taken, not able. */
function order(it: Candidate, requirement: Requirement): number {
  if (!canServe(it.has, requirement)) return 3;
  return it.state === 'ready' && roomWords(it, requirement.channel ?? 'voice') === undefined ? 1 : 2;
}

function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

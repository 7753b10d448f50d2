import type { DecisionView } from '../../contracts/agent.ts';
import type { AgentId } from '../../contracts/ids.ts';
import type { RoutedChannel } from './channels.ts';
import { isChannel, readIdleScore, roomFor } from './channels.ts';
import type { DecisionInputs } from './decision.ts';
import type { ProfileId, Rank } from './match.ts';
import { capacityOf, compareRanks, lack, lackOf, levelOf, rankOf, serves } from './match.ts';
import type { Qualification, Requirement } from './qualification.ts';

/** What names and ids in a decision mean. */
export interface DecisionContext {
  readonly requirement: Requirement;
  profile(id: ProfileId): readonly Qualification[];
  agentName(id: AgentId): string;
  /** In a large centre, who else was logged in, as far as it is known. */
  others(): readonly Present[];
}

/** What somebody who is logged in does. */
export interface Present {
  readonly agentId: AgentId;
  readonly profile: ProfileId;
  readonly state: string;
  readonly since: number;
  readonly reason: string;
  readonly inHand: readonly RoutedChannel[];
}

/** Beside the chosen one: of so many or fewer all are listed. */
const MOST = 19;
/** Of more than that so many idle, taken and unable ones; what one kind does not need is left to the others. */
const SHARES = { idle: 4, taken: 3, unable: 3 };
const AT_WORK: ReadonlySet<string> = new Set(['reserved', 'busy', 'working-after-call']);
const WORDS = { voice: ['call', 'calls'], chat: ['chat', 'chats'] } as const;

type Kind = keyof typeof SHARES;
const KINDS: readonly Kind[] = ['idle', 'taken', 'unable'];

interface Candidate extends Omit<Present, 'inHand'> {
  readonly has: readonly Qualification[];
  readonly inHand: readonly RoutedChannel[] | number;
  /** Read from what the matchmaker wrote down, and not from what was heard of them. */
  readonly isSure: boolean;
}

/** A candidate and how they compare. */
interface Compared extends Candidate {
  readonly kind: Kind;
  readonly rank: Rank;
  readonly lacks: number;
}

/** What an agent has in hand while in a state, where nothing else is known: one call, or nothing. */
export function usuallyInHand(state: string): readonly RoutedChannel[] {
  return AT_WORK.has(state) ? ['voice'] : [];
}

/** Why this agent, for people: the chosen one first, then the others, each with what spoke against them. */
export function explain(chosen: AgentId, inputs: DecisionInputs, context: DecisionContext): DecisionView {
  const { requirement } = context;
  const all = candidates(inputs, context);
  const winner = all.get(chosen);
  const because = reason(winner, inputs, requirement);
  all.delete(chosen);
  const compare = comparison(requirement);
  const best = winner && compare(winner);
  const others = [...all.values()]
    .map(compare)
    .filter((it) => it.isSure || best === undefined || !wouldHaveWon(it, best, inputs))
    .sort(inOrder);
  const { listed, more } = selection(others);
  const shown = listed.map((it) => ({
    agentId: it.agentId,
    verdict: verdict(it, best, inputs, requirement),
  }));
  return {
    at: inputs.at,
    rosterVersion: inputs.version,
    chosen,
    because,
    candidates: [{ agentId: chosen, verdict: `chosen: ${because}` }, ...shown].map((it) => ({
      agentId: it.agentId,
      name: context.agentName(it.agentId),
      verdict: it.verdict,
    })),
    ...(more && { more }),
  };
}

function candidates(inputs: DecisionInputs, context: DecisionContext): Map<AgentId, Candidate> {
  const found = new Map<AgentId, Candidate>();
  const add = (it: Omit<Candidate, 'has'>): void => {
    found.set(it.agentId, { ...it, has: context.profile(it.profile) });
  };
  if (inputs.states === undefined) for (const it of context.others()) add({ ...it, isSure: false });
  for (const [id, text] of Object.entries(inputs.states ?? {})) {
    const [stood = '', profile = '', since = '0', ...words] = text.split(' ');
    const [state = '', ...channels] = stood.split('+');
    const inHand = channels.length > 0 ? channels.filter(isChannel) : usuallyInHand(state);
    const seen = { agentId: id as AgentId, profile, state, inHand, since: Number(since) };
    add({ ...seen, reason: words.join(' '), isSure: true });
  }
  for (const [profile, agentId, score] of inputs.heads) {
    add({ agentId, profile, state: 'ready', reason: '', ...readIdleScore(score), isSure: true });
  }
  return found;
}

/** Compares candidates; what all of a profile have in common is worked out once. */
function comparison(requirement: Requirement): (it: Candidate) => Compared {
  const known = new Map<ProfileId, Pick<Compared, 'rank' | 'lacks'> & { readonly isAble: boolean }>();
  return (it) => {
    const of = known.get(it.profile) ?? {
      isAble: serves(it.profile, it.has, requirement),
      rank: rankOf(it.has, requirement),
      lacks: lackOf(it.has, requirement),
    };
    known.set(it.profile, of);
    const { rank, lacks } = of;
    const isFree = it.state === 'ready' || (it.state !== 'reserved' && count(it.inHand) > 0);
    const hasRoom = isFree && roomWords(it, requirement.channel ?? 'voice') === undefined;
    return { ...it, rank, lacks, kind: !of.isAble ? 'unable' : hasRoom ? 'idle' : 'taken' };
  };
}

/** Able and idle, able and taken, not able; the best first, and of who is not able the nearest. */
function inOrder(a: Compared, b: Compared): number {
  return (
    KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) ||
    (a.kind === 'unable' ? a.lacks - b.lacks : 0) ||
    inTurn(a, b)
  );
}

/** As the matchmaker takes them. */
function inTurn(a: Compared, b: Compared): number {
  return (
    compareRanks(a.rank, b.rank) ||
    count(a.inHand) - count(b.inHand) ||
    a.since - b.since ||
    (a.agentId < b.agentId ? -1 : 1)
  );
}

/** What was heard of this one is older than the decision: idle, they would have been chosen. */
function wouldHaveWon(it: Compared, winner: Compared, { how }: DecisionInputs): boolean {
  return (how === 'idle' || how === 'freed') && it.kind === 'idle' && inTurn(it, winner) < 0;
}

/** All of few; of many some of each kind, and how many more there were. */
function selection(others: readonly Compared[]): {
  readonly listed: readonly Compared[];
  readonly more?: NonNullable<DecisionView['more']>;
} {
  if (others.length <= MOST) return { listed: others };
  const some = KINDS.map((kind) => ({ of: others.filter((it) => it.kind === kind), most: SHARES[kind] }));
  let left = some.reduce((sum, { of, most }) => sum + Math.max(0, most - of.length), 0);
  const shares = some.map(({ of, most }) => {
    const extra = Math.min(left, Math.max(0, of.length - most));
    left -= extra;
    return { listed: of.slice(0, most + extra), more: Math.max(0, of.length - most - extra) };
  });
  const [idle = 0, taken = 0, unable = 0] = shares.map((it) => it.more);
  return { listed: shares.flatMap((it) => it.listed), more: { idle, taken, unable } };
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
  it: Compared,
  winner: Compared | undefined,
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
  const ours = it.rank;
  const best = winner?.rank ?? ours;
  if (ours.wishes < best.wishes) return 'able and idle; meets fewer wishes';
  if (ours.proficiency < best.proficiency) {
    return `able and idle; proficiency ${ours.proficiency}, chosen ${best.proficiency}`;
  }
  const [mine, theirs] = [count(it.inHand), count(winner?.inHand ?? 0)];
  if (mine > theirs) return `able; has ${mine} in hand, chosen ${theirs}`;
  const chosen = winner === undefined ? '' : `, chosen ${clock(inputs.at - winner.since)}`;
  return `able; idle only ${clock(inputs.at - it.since)}${chosen}`;
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

function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

import type { DecisionView } from '../../contracts/agent.ts';
import type { AgentId } from '../../contracts/ids.ts';
import type { Capacity, RoutedChannel } from './channels.ts';
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
  others(): Iterable<Present>;
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
const ONE_CALL: readonly RoutedChannel[] = ['voice'];
const NOTHING: readonly RoutedChannel[] = [];
const WORDS = { voice: ['call', 'calls'], chat: ['chat', 'chats'] } as const;

type Kind = keyof typeof SHARES;
const KINDS: readonly Kind[] = ['idle', 'taken', 'unable'];

interface Candidate extends Omit<Present, 'inHand'> {
  readonly inHand: readonly RoutedChannel[] | number;
}

/** What all of a profile have in common. */
interface Able {
  readonly has: readonly Qualification[];
  readonly isAble: boolean;
  readonly rank: Rank;
  readonly lacks: number;
  readonly capacity: Capacity;
}

/** A candidate and how they compare. */
interface Compared {
  readonly candidate: Candidate;
  readonly able: Able;
  readonly kind: Kind;
}

/** What an agent has in hand while in a state, where nothing else is known: one call, or nothing. */
export function usuallyInHand(state: string): readonly RoutedChannel[] {
  return AT_WORK.has(state) ? ONE_CALL : NOTHING;
}

/**
 * Why this agent, for people: the chosen one first, then the others, each with what spoke against them. An offer waits for
 * it, and there may be thousands of others: they are gone through once, and only the best of each kind are looked at closely.
 */
export function explain(chosen: AgentId, inputs: DecisionInputs, context: DecisionContext): DecisionView {
  const { requirement } = context;
  const sure = writtenDown(inputs);
  const compared = comparison(context);
  const candidate = sure.get(chosen);
  const winner = candidate && compared(candidate);
  const because = reason(winner, inputs, requirement);
  const others: Readonly<Record<Kind, Best>> = { idle: new Best(), taken: new Best(), unable: new Best() };
  const add = (one: Compared): void => others[one.kind].add(one);
  for (const it of sure.values()) if (it.agentId !== chosen) add(compared(it));
  for (const it of inputs.states === undefined ? context.others() : []) {
    if (sure.has(it.agentId)) continue;
    const one = compared(it);
    if (winner === undefined || !wouldHaveWon(one, winner, inputs)) add(one);
  }
  const { listed, more } = selection(others);
  const shown = listed.map((it) => [it.candidate.agentId, verdict(it, winner, inputs, requirement)] as const);
  return {
    at: inputs.at,
    rosterVersion: inputs.version,
    chosen,
    because,
    candidates: [[chosen, `chosen: ${because}`] as const, ...shown].map(([agentId, words]) => ({
      agentId,
      name: context.agentName(agentId),
      verdict: words,
    })),
    ...(more && { more }),
  };
}

/** Those of whom the matchmaker wrote down where they stood. */
function writtenDown(inputs: DecisionInputs): ReadonlyMap<AgentId, Candidate> {
  const found = new Map<AgentId, Candidate>();
  for (const [id, text] of Object.entries(inputs.states ?? {})) {
    const [stood = '', profile = '', since = '0', ...words] = text.split(' ');
    const [state = '', ...channels] = stood.split('+');
    const agentId = id as AgentId;
    const inHand = channels.length > 0 ? channels.filter(isChannel) : usuallyInHand(state);
    found.set(agentId, { agentId, profile, state, inHand, since: Number(since), reason: words.join(' ') });
  }
  for (const [profile, agentId, score] of inputs.heads) {
    found.set(agentId, { agentId, profile, state: 'ready', reason: '', ...readIdleScore(score) });
  }
  return found;
}

/** Compares candidates; what all of a profile have in common is worked out once. */
function comparison(context: DecisionContext): (it: Candidate) => Compared {
  const { requirement } = context;
  const channel = requirement.channel ?? 'voice';
  const known = new Map<ProfileId, Able>();
  const ofProfile = (id: ProfileId): Able => {
    const has = context.profile(id);
    const able = {
      has,
      isAble: serves(id, has, requirement),
      rank: rankOf(has, requirement),
      lacks: lackOf(has, requirement),
      capacity: capacityOf(id),
    };
    known.set(id, able);
    return able;
  };
  return (candidate) => {
    const able = known.get(candidate.profile) ?? ofProfile(candidate.profile);
    const kind = able.isAble ? (isIdle(candidate, able, channel) ? 'idle' : 'taken') : 'unable';
    return { candidate, able, kind };
  };
}

/** Has nothing in hand, or room beside it. */
function isIdle({ state, inHand }: Candidate, { capacity }: Able, channel: RoutedChannel): boolean {
  if (state === 'reserved') return false;
  if (count(inHand) === 0) return state === 'ready';
  return typeof inHand === 'number' || roomFor(channel, capacity, inHand) === undefined;
}

/** The best of one kind, and how many there were of it. */
class Best {
  readonly listed: Compared[] = [];
  count = 0;

  add(one: Compared): void {
    const { listed } = this;
    this.count += 1;
    const last = listed.at(-1);
    if (listed.length === MOST && last && inTurn(one, last) > 0) return;
    listed.splice(listed.findLastIndex((it) => inTurn(it, one) < 0) + 1, 0, one);
    if (listed.length > MOST) listed.pop();
  }
}

/** As the matchmaker takes them; of who is not able the nearest first. */
function inTurn(one: Compared, other: Compared): number {
  const [a, b] = [one.candidate, other.candidate];
  return (
    (one.kind === 'unable' ? one.able.lacks - other.able.lacks : 0) ||
    compareRanks(one.able.rank, other.able.rank) ||
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
function selection(others: Readonly<Record<Kind, Best>>): {
  readonly listed: readonly Compared[];
  readonly more?: NonNullable<DecisionView['more']>;
} {
  const kinds = KINDS.map((kind) => ({
    listed: others[kind].listed,
    count: others[kind].count,
    most: SHARES[kind],
  }));
  if (kinds.reduce((sum, it) => sum + it.count, 0) <= MOST)
    return { listed: kinds.flatMap((it) => it.listed) };
  let left = kinds.reduce((sum, it) => sum + Math.max(0, it.most - it.count), 0);
  const shares = kinds.map(({ listed, count: all, most }) => {
    const extra = Math.min(left, Math.max(0, all - most));
    left -= extra;
    return { listed: listed.slice(0, most + extra), more: Math.max(0, all - most - extra) };
  });
  const [idle = 0, taken = 0, unable = 0] = shares.map((it) => it.more);
  return { listed: shares.flatMap((it) => it.listed), more: { idle, taken, unable } };
}

function reason(won: Compared | undefined, inputs: DecisionInputs, requirement: Requirement): string {
  const winner = won?.candidate;
  const busy = winner === undefined ? 0 : count(winner.inHand);
  const beside = busy === 0 ? '' : `${busy} in hand and room for more, `;
  const idle = winner === undefined ? '' : `${beside}idle ${clock(inputs.at - winner.since)}`;
  const named = [...requirement.must, ...requirement.prefer].map((it) => it.name);
  const held = [...new Set(named)]
    .map((name) => ({ name, level: levelOf(won?.able.has ?? [], name) }))
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
  { candidate: it, able }: Compared,
  winner: Compared | undefined,
  inputs: DecisionInputs,
  requirement: Requirement,
): string {
  const missing = lack(able.has, requirement);
  if (missing !== undefined) return missing;
  const full = roomWords(it, able.capacity, requirement.channel ?? 'voice');
  if (full !== undefined) return full;
  if (it.state !== 'ready' && (count(it.inHand) === 0 || it.state === 'reserved')) return stateWords(it);
  if (inputs.how === 'preferred') return 'able and idle; another agent was preferred';
  if (inputs.how === 'claimed') return 'able and idle; another agent took it';
  const ours = able.rank;
  const best = winner?.able.rank ?? ours;
  if (ours.wishes < best.wishes) return 'able and idle; meets fewer wishes';
  if (ours.proficiency < best.proficiency) {
    return `able and idle; proficiency ${ours.proficiency}, chosen ${best.proficiency}`;
  }
  const [mine, theirs] = [count(it.inHand), count(winner?.candidate.inHand ?? 0)];
  if (mine > theirs) return `able; has ${mine} in hand, chosen ${theirs}`;
  const chosen = winner === undefined ? '' : `, chosen ${clock(inputs.at - winner.candidate.since)}`;
  return `able; idle only ${clock(inputs.at - it.since)}${chosen}`;
}

/** The failed test of their capacity, if that was it: nothing of the channel at all, blocked by another, or as many as they may. */
function roomWords(it: Candidate, capacity: Capacity, channel: RoutedChannel): string | undefined {
  const { inHand, state } = it;
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

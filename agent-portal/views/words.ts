import type {
  BoardView,
  CallView,
  ContactView,
  DecisionView,
  KeptDecisionView,
  Me,
  PagesView,
} from '../../contracts/agent.ts';
import type { AgentState, CallbackState, ReservationState } from '../../contracts/states.ts';
import type { Desk } from '../model/desk.ts';
import { languageName, timeToTheSecond } from '../model/format.ts';

export type Tone = 'waiting' | 'reserved' | 'live' | 'trouble' | 'rest';

const agentStates: Readonly<Record<AgentState, { readonly words: string; readonly tone: Tone }>> = {
  'logged-off': { words: 'Logged off', tone: 'rest' },
  'not-ready': { words: 'Not ready', tone: 'waiting' },
  ready: { words: 'Ready', tone: 'live' },
  reserved: { words: 'Offered', tone: 'reserved' },
  busy: { words: 'In a contact', tone: 'live' },
  'working-after-call': { words: 'After call', tone: 'waiting' },
};

/** An agent's state in words and colour, with the reason where there is one. */
export function agentWords(
  state: AgentState,
  reason?: string,
): { readonly words: string; readonly tone: Tone } {
  const { words, tone } = agentStates[state];
  if (state === 'not-ready' && reason === 'missed') return { words: 'Not ready, missed', tone: 'trouble' };
  return { words: state === 'not-ready' && reason !== undefined ? `${words}, ${reason}` : words, tone };
}

const nextWords = { ready: 'Ready', 'not-ready': 'Not ready', 'logged-off': 'Logged off' } as const;

/** What follows the present contact: `then Ready`. */
export function nextInWords(me: Me): string | undefined {
  if (me.next === undefined) return undefined;
  const reason = me.next.reason === undefined ? '' : `, ${me.next.reason}`;
  return `then ${nextWords[me.next.state]}${reason}`;
}

/** How many wait whom this agent could take, as a sentence. */
export function waitWords(waiting: number): string {
  if (waiting === 0) return 'Nobody waits for you.';
  return waiting === 1
    ? 'One visitor waits for you.'
    : `${waiting.toLocaleString('en')} visitors wait for you.`;
}

/** So long a phone has to register once its owner has logged in, before it is called unreachable. */
const REGISTERS_WITHIN_MS = 10_000;

/** Whether an agent's phone is there; one that may only just register after the log-in is no trouble yet. */
export function phoneWords(
  me: Me,
  now: number,
): { readonly words: string; readonly tone: Tone; readonly isDown: boolean } {
  if (me.phone === 'registered') return { words: 'phone on', tone: 'live', isDown: false };
  const hasJustCome = me.state === 'not-ready' && me.reason === 'logged in';
  if (hasJustCome && now - me.since < REGISTERS_WITHIN_MS)
    return { words: 'phone connecting', tone: 'waiting', isDown: false };
  return { words: 'phone unreachable', tone: 'trouble', isDown: true };
}

const callbackStates: Readonly<Record<CallbackState, { readonly words: string; readonly tone: Tone }>> = {
  requested: { words: 'Requested', tone: 'waiting' },
  screened: { words: 'Screened', tone: 'waiting' },
  queued: { words: 'In line', tone: 'waiting' },
  scheduled: { words: 'Scheduled', tone: 'waiting' },
  matched: { words: 'Matched', tone: 'reserved' },
  reserved: { words: 'Reserved', tone: 'reserved' },
  'dialing-agent': { words: 'Ringing the agent', tone: 'reserved' },
  'dialing-customer': { words: 'Ringing the visitor', tone: 'reserved' },
  connected: { words: 'Talking', tone: 'live' },
  'wrap-up': { words: 'After call', tone: 'waiting' },
  completed: { words: 'Completed', tone: 'rest' },
  cancelled: { words: 'Cancelled', tone: 'rest' },
  expired: { words: 'Expired', tone: 'trouble' },
  unreached: { words: 'Not reached', tone: 'trouble' },
  refused: { words: 'Refused', tone: 'trouble' },
  failed: { words: 'Failed', tone: 'trouble' },
};

/** Where a callback stands, in words and colour. */
export function callbackWords(state: CallbackState): { readonly words: string; readonly tone: Tone } {
  return callbackStates[state];
}

const reservationStates: Readonly<Record<ReservationState | 'future', string>> = {
  pending: 'offered',
  future: 'future',
  accepted: 'accepted',
  wrapping: 'after call',
  completed: 'done',
  rejected: 'declined',
  timeout: 'missed',
  canceled: 'taken back',
  rescinded: 'taken back',
};

/** Where a reservation stands, in a word. */
export function reservationWords(state: ReservationState | 'future'): string {
  return reservationStates[state];
}

/** Candidates of a decision that are not listed: how many, and of which kind. */
export function moreInWords({ idle, taken, unable }: NonNullable<DecisionView['more']>): string {
  const kinds = [
    [idle, 'able and idle'],
    [taken, 'able and taken'],
    [unable, 'not able'],
  ] as const;
  const some = kinds.filter(([count]) => count > 0);
  return `And ${idle + taken + unable} more: ${some.map(([count, words]) => `${count} ${words}`).join(', ')}.`;
}

/** Whether the rule, given what a decision was made from, decides the same today. */
export function replayInWords({ same, agent }: KeptDecisionView['replayed']): string {
  if (same) return 'Replayed: the same agent.';
  return `Replayed: ${agent === undefined ? 'nobody could be chosen' : `${agent} would be chosen`}.`;
}

/** A qualification as people say it: `sales` for `service:sales 1`, `Portuguese` for `lang:pt 3`. */
export function needInWords(need: string): string {
  const [, kind, name = need] = /^(?:(\w+):)?(.+?)(?: \d+)?$/.exec(need) ?? [];
  return kind === 'lang' ? languageName(name) : name;
}

/** What somebody asks for: the service, what else an agent must have for it, and what they are owed. */
export function wantsInWords(it: Pick<BoardView['line'][number], 'service' | 'needs' | 'tier'>): string {
  const others = it.needs.filter((need) => !need.startsWith('service:')).map(needInWords);
  return [it.service, ...others, it.tier].filter((word) => word !== '').join(', ');
}

/** Why somebody waits: for one agent alone, or each who could take it, by name, and what keeps them from it. */
export function waitReasonInWords(
  { candidates, waitsFor }: Pick<BoardView['line'][number], 'candidates' | 'waitsFor'>,
  agents: BoardView['agents'],
): string {
  const kept = (name: string): string => {
    const agent = agents.find((it) => it.name === name);
    return agent ? `${name} (${agentWords(agent.state, agent.reason).words.toLowerCase()})` : name;
  };
  if (waitsFor) {
    const until = timeToTheSecond(waitsFor.until);
    return `Kept for the preferred agent, ${kept(waitsFor.agent)}, until ${until}; then for whoever can take it.`;
  }
  if (candidates.length === 0) return 'Nobody logged in has what it needs.';
  return `Nobody who could take it is free: ${candidates.map(kept).join(', ')}.`;
}

/** What an agent has missed, in a sentence. */
export function missedWords(missed: Desk['missed']['value']): string {
  if (missed === undefined) return 'You missed an offer, or its call.';
  const who = missed.who ?? 'a visitor';
  return missed.what === 'offer' ? `You missed an offer from ${who}.` : `You missed the call with ${who}.`;
}

/** True while either side of a call is held. */
export function isHeld(call: CallView): boolean {
  return call.agent === 'hold' || call.customer === 'hold';
}

/** Where the call of a contact stands, spoken to the agent who has it. */
export function contactWords(contact: ContactView): { readonly words: string; readonly tone: Tone } {
  const { call, state } = contact;
  if (state === 'dialing-agent') return { words: 'Your phone is ringing: lift it', tone: 'reserved' };
  if (state === 'dialing-customer') return { words: 'Ringing the visitor', tone: 'reserved' };
  if (state === 'reserved') return { words: 'Accepted, the call is being set up', tone: 'reserved' };
  if (state === 'connected' && call !== undefined && isHeld(call))
    return { words: 'On hold', tone: 'waiting' };
  return callbackWords(state);
}

const enders = {
  agent: 'You ended the call',
  customer: 'The visitor hung up',
  server: 'The call was ended',
} as const;

/** Who ended a call and why, in one sentence. */
export function endWords(ended: NonNullable<CallView['ended']>): string {
  return `${enders[ended.by]} (${ended.cause})`;
}

/** Page sharing, in a sentence the agent can act on. */
export function sharingWords(pages: PagesView): { readonly words: string; readonly tone: Tone } {
  switch (pages.sharing) {
    case 'offline':
      return { words: 'The visitor has no page open', tone: 'rest' };
    case 'off':
      return { words: 'The page is not shared', tone: 'rest' };
    case 'asked':
      return { words: 'Asked: waiting for the visitor’s yes', tone: 'waiting' };
    case 'on':
      return { words: 'Sharing', tone: 'live' };
    case 'paused':
      return { words: 'Paused: a page with private fields', tone: 'waiting' };
    case 'declined':
      return { words: 'The visitor declined to share', tone: 'trouble' };
  }
}

/** `3`, `2 booked for later`, or `3, and 2 booked for later`. */
export function inLineWords({
  waiting,
  booked,
}: {
  readonly waiting: number;
  readonly booked: number;
}): string {
  const later = booked === 0 ? [] : [`${booked.toLocaleString('en')} booked for later`];
  const now = waiting === 0 && booked > 0 ? [] : [waiting.toLocaleString('en')];
  return [...now, ...later].join(', and ');
}

import type { CallbackState } from '../../contracts/states.ts';
import type { Callback, Claim, Fact, In, Order, Phase, Step } from './callback.ts';
import type { CallbackRules } from './callback-rules.ts';

/** The moves the machine is made of: each gives the callback in its new state, and what has to be done about it. */

const MAX_HISTORY = 100;
/** A timer may be so early. */
const EARLY_MS = 1_000;

type Age = Pick<Claim, 'epoch' | 'fence'>;

function isNewer(claim: Age, than: Age): boolean {
  return claim.epoch === than.epoch ? claim.fence > than.fence : claim.epoch > than.epoch;
}

/** Told again of a claim that is over: routing's events come once more after a crash, and late where somebody was slow. */
function isSpent({ phase, lastClaim }: Callback, claim: Claim): boolean {
  if ('claim' in phase && phase.claim.reservationId === claim.reservationId) return false;
  return lastClaim !== undefined && !isNewer(claim, lastClaim);
}

export function claimed(now: Callback, { epoch, fence }: Claim): Callback {
  const claim = { epoch, fence };
  return now.lastClaim && !isNewer(claim, now.lastClaim) ? now : { ...now, lastClaim: claim };
}

/** The time they picked, if it is still to come: who calls before it takes nothing from it. */
export function pickedTime({ wish }: Callback, at: number): number | undefined {
  const { wantedAt } = wish;
  return wantedAt !== undefined && wantedAt > at + EARLY_MS ? wantedAt : undefined;
}

export function dialingAgent(
  now: Callback,
  fact: Extract<Fact, { type: 'offer-accepted' }>,
  rules: CallbackRules,
  ...before: readonly Order[]
): Step {
  const { claim, callId, at } = fact;
  if (isSpent(now, claim)) return stay(now);
  return {
    next: enterState(
      claimed(now, claim),
      { state: 'dialing-agent', claim, callId },
      at,
      'accepted',
      at + rules.agentRingMs + 10_000,
    ),
    orders: [...before, { do: 'ring-agent', callId, claim }],
  };
}

/** As soon as somebody is free: who gives up a time that was picked waits from now on, not from then. */
export function sooner(now: Callback, at: number): Callback {
  return { ...wanting(now, undefined), startedAt: Math.min(now.startedAt, at) };
}

/** MongoDB refused the claim: somebody else holds this agent. Routing is told, and the contact waits on. */
export function agentTaken(
  now: Callback,
  fact: Extract<Fact, { type: 'agent-taken' }>,
  rules: CallbackRules,
  ...before: readonly Order[]
): Step {
  const { at, claim } = fact;
  if (isSpent(now, claim)) return stay(now);
  const release: Order = { do: 'release-agent', claim, next: 'not-ready', reason: 'missed' };
  return waiting(claimed(now, claim), at, rules, 'agent held by another callback', ...before, release);
}

/** It waits again: in line, or for the time that was picked. */
export function waiting(
  now: Callback,
  at: number,
  rules: CallbackRules,
  why: string,
  ...before: readonly Order[]
): Step {
  const picked = pickedTime(now, at);
  if (picked === undefined) return queued(now, at, rules, why, ...before);
  return scheduled(now, at, { at: picked, why: 'asked' }, ...before);
}

export function queued(
  now: Callback,
  at: number,
  rules: CallbackRules,
  why: string,
  ...before: readonly Order[]
): Step {
  // Someone who waits again after a try or a picked time has the whole patience once more.
  const until = Math.max(now.startedAt, at) + rules.maxWaitMs;
  const entered = { ...now, entry: now.entry + 1, patience: { until, isKept: false } };
  return {
    next: enterState(entered, { state: 'queued' }, at, why, until),
    orders: [...before, { do: 'enter-line' }],
  };
}

export function scheduled(
  now: Callback,
  at: number,
  to: Omit<In<'scheduled'>, 'state'>,
  ...before: readonly Order[]
): Step {
  return booked(now, at, to, to.why, before);
}

/** `told`: what its history says. */
function booked(
  now: Callback,
  at: number,
  to: Omit<In<'scheduled'>, 'state'>,
  told: string,
  before: readonly Order[],
): Step {
  // A picked time is a new start of waiting; a retry or closed hours are not the visitor's doing.
  const startedAt = to.why === 'asked' ? to.at : now.startedAt;
  // Who was in line or called is over there: an agent who calls before it is time takes them by a later entry.
  const entry = now.entry === 0 && !now.lastClaim ? 0 : now.entry + 1;
  return {
    next: enterState({ ...now, startedAt, entry }, { state: 'scheduled', ...to }, at, told, to.at + 60_000),
    orders: [...before, { do: 'schedule', at: to.at }],
  };
}

/** To the time that was asked for. */
export function movedTo(
  now: Callback,
  { at, to, anyway, by }: Extract<Fact, { type: 'moved' }> & { readonly to: number },
  ...before: readonly Order[]
): Step {
  const time = { at: to, why: 'asked', ...(anyway && { anyway }) } as const;
  return booked(wanting(now, to), at, time, by === undefined ? 'moved' : `moved by the ${by}`, before);
}

export function end(now: Callback, phase: Phase, at: number, why: string, ...orders: readonly Order[]): Step {
  return { next: enterState(now, phase, at, why), orders };
}

export function stay(now: Callback): Step {
  return { next: now, orders: [] };
}

export function enterState(
  now: Callback,
  phase: Phase,
  at: number,
  why: string,
  deadline?: number,
): Callback {
  const { deadline: _old, ...rest } = noted(now, phase.state, at, why);
  return deadline === undefined ? { ...rest, phase } : { ...rest, phase, deadline };
}

export function noted(now: Callback, state: CallbackState, at: number, why: string): Callback {
  return { ...now, history: [...now.history, { at, state, why }].slice(-MAX_HISTORY) };
}

export function concluded(
  now: Callback,
  callId: string,
  outcome: Callback['attempts'][number]['outcome'],
  detail?: string,
): Callback {
  return {
    ...now,
    attempts: now.attempts.map((it) =>
      it.callId === callId && it.outcome === 'pending'
        ? { ...it, outcome, ...(detail !== undefined && { detail }) }
        : it,
    ),
  };
}

export function wanting(now: Callback, at: number | undefined): Callback {
  const { wantedAt: _old, ...wish } = now.wish;
  return { ...now, wish: at === undefined ? wish : { ...wish, wantedAt: at } };
}

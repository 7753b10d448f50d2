import type { Callback, Claim, Fact, In, Order, Step } from './callback.ts';
import {
  concluded,
  end,
  enterState,
  movedTo,
  pickedTime,
  queued,
  scheduled,
  stay,
  waiting,
} from './callback-moves.ts';
import { type CallbackRules, countsAsTry, waitAfter, worthRetrying } from './callback-rules.ts';

/** The states in which a phone rings or is talked on. */

export function whileDialingAgent(
  now: Callback,
  phase: In<'dialing-agent'>,
  fact: Fact,
  rules: CallbackRules,
): Step {
  switch (fact.type) {
    case 'agent-answered': {
      if (fact.callId !== phase.callId) return stay(now);
      const { claim, callId } = phase;
      return {
        next: enterState(
          { ...now, agentFailures: 0 },
          { state: 'dialing-customer', claim, callId, ringing: false },
          fact.at,
          'agent answered',
          fact.at + rules.customerRingMs + 15_000,
        ),
        orders: [{ do: 'dial-customer', callId, claim }],
      };
    }
    case 'agent-failed':
      if (fact.callId !== phase.callId) return stay(now);
      return (fact.ours ? lost : agentSideFailed)(now, phase.claim, fact.at, rules, fact.detail);
    case 'call-cleared':
      if (fact.callId !== phase.callId) return stay(now);
      return fact.by === 'server'
        ? lost(now, phase.claim, fact.at, rules, fact.cause)
        : agentSideFailed(now, phase.claim, fact.at, rules, fact.cause);
    case 'cancelled':
      return end(now, { state: 'cancelled', by: fact.by }, fact.at, fact.by, ...letGo(phase, 'cancelled'));
    case 'moved':
      if (fact.to === undefined) return stay(now);
      return movedTo(now, { ...fact, to: fact.to }, ...letGo(phase, 'moved'));
    case 'dial-refused':
      return dialRefused(now, phase, fact);
    case 'deadline-passed': {
      const failed = agentSideFailed(now, phase.claim, fact.at, rules, 'agent leg past its deadline');
      return {
        ...failed,
        orders: [{ do: 'hang-up', callId: phase.callId, cause: 'deadline' }, ...failed.orders],
      };
    }
    case 'screened':
    case 'refused':
    case 'due':
    case 'agent-reserved':
    case 'offer-ended':
    case 'offer-accepted':
    case 'agent-taken':
    case 'customer-ringing':
    case 'customer-joined':
    case 'customer-failed':
    case 'wrapped-up':
    case 'terms-renewed':
    case 'postponed':
    case 'out-of-line':
      return stay(now);
  }
}

export function whileDialingCustomer(
  now: Callback,
  phase: In<'dialing-customer'>,
  fact: Fact,
  rules: CallbackRules,
): Step {
  switch (fact.type) {
    case 'customer-ringing':
      if (fact.callId !== phase.callId || phase.ringing) return stay(now);
      return { next: { ...now, phase: { ...phase, ringing: true } }, orders: [] };
    case 'customer-joined': {
      if (fact.callId !== phase.callId) return stay(now);
      const { claim, callId } = phase;
      return {
        next: enterState(
          concluded(now, callId, 'answered'),
          { state: 'connected', claim, callId },
          fact.at,
          'both talk',
          fact.at + rules.maxTalkMs + 60_000,
        ),
        orders: [],
      };
    }
    case 'customer-failed':
      if (fact.callId !== phase.callId) return stay(now);
      return customerFailed(
        concluded(now, phase.callId, fact.outcome, fact.detail),
        phase,
        fact.at,
        fact.outcome,
        rules,
      );
    case 'dial-refused':
      return dialRefused(now, phase, fact);
    case 'call-cleared':
      if (fact.callId !== phase.callId) return stay(now);
      // The agent's side went away before the customer answered: nobody was reached, and no attempt is counted.
      return (fact.by === 'server' ? lost : agentSideFailed)(
        concluded(now, phase.callId, 'agent-lost', fact.cause),
        phase.claim,
        fact.at,
        rules,
        fact.cause,
      );
    case 'cancelled':
      return end(
        concluded(now, phase.callId, 'cancelled'),
        { state: 'cancelled', by: fact.by },
        fact.at,
        fact.by,
        ...letGo(phase, 'cancelled'),
      );
    case 'moved':
      // Once it rings for them, an agent waits for the answer: they may take the call, or cancel it.
      if (fact.to === undefined || phase.ringing) return stay(now);
      return movedTo(
        concluded(now, phase.callId, 'cancelled'),
        { ...fact, to: fact.to },
        ...letGo(phase, 'moved'),
      );
    case 'deadline-passed': {
      const failed = customerFailed(
        concluded(now, phase.callId, 'trunk-error', 'deadline'),
        phase,
        fact.at,
        'trunk-error',
        rules,
      );
      return failed;
    }
    case 'screened':
    case 'refused':
    case 'due':
    case 'agent-reserved':
    case 'offer-ended':
    case 'offer-accepted':
    case 'agent-taken':
    case 'agent-answered':
    case 'agent-failed':
    case 'wrapped-up':
    case 'terms-renewed':
    case 'postponed':
    case 'out-of-line':
      return stay(now);
  }
}

export function whileConnected(
  now: Callback,
  phase: In<'connected'>,
  fact: Fact,
  rules: CallbackRules,
): Step {
  switch (fact.type) {
    case 'call-cleared':
    case 'deadline-passed': {
      if (fact.type === 'call-cleared' && fact.callId !== phase.callId) return stay(now);
      const { claim, callId } = phase;
      const why =
        fact.type === 'call-cleared' ? `${fact.by} hung up: ${fact.cause}` : 'call past its deadline';
      const orders: Order[] = [{ do: 'wrap-up-agent', claim }];
      if (fact.type === 'deadline-passed') orders.unshift({ do: 'hang-up', callId, cause: 'deadline' });
      return {
        next: enterState(now, { state: 'wrap-up', claim, callId }, fact.at, why, fact.at + rules.maxWrapUpMs),
        orders,
      };
    }
    case 'screened':
    case 'refused':
    case 'due':
    case 'agent-reserved':
    case 'offer-ended':
    case 'offer-accepted':
    case 'agent-taken':
    case 'agent-answered':
    case 'agent-failed':
    case 'dial-refused':
    case 'customer-ringing':
    case 'customer-joined':
    case 'customer-failed':
    case 'wrapped-up':
    case 'terms-renewed':
    case 'cancelled':
    case 'moved':
    case 'postponed':
    case 'out-of-line':
      return stay(now);
  }
}

export function whileWrappingUp(now: Callback, phase: In<'wrap-up'>, fact: Fact): Step {
  switch (fact.type) {
    case 'wrapped-up':
      return end(now, { state: 'completed', disposition: fact.disposition }, fact.at, fact.disposition, {
        do: 'release-agent',
        claim: phase.claim,
        next: fact.next,
      });
    case 'deadline-passed':
      return end(now, { state: 'completed', disposition: 'none' }, fact.at, 'wrap-up past its deadline', {
        do: 'release-agent',
        claim: phase.claim,
        next: 'not-ready',
        reason: 'wrap-up',
      });
    case 'screened':
    case 'refused':
    case 'due':
    case 'agent-reserved':
    case 'offer-ended':
    case 'offer-accepted':
    case 'agent-taken':
    case 'agent-answered':
    case 'agent-failed':
    case 'dial-refused':
    case 'customer-ringing':
    case 'customer-joined':
    case 'customer-failed':
    case 'call-cleared':
    case 'cancelled':
    case 'moved':
    case 'terms-renewed':
    case 'postponed':
    case 'out-of-line':
      return stay(now);
  }
}

/** The agent's phone was not answered, or the agent was lost: no attempt; back into the line with the same start time. */
function agentSideFailed(now: Callback, claim: Claim, at: number, rules: CallbackRules, why: string): Step {
  return again(now, at, rules, why, { do: 'release-agent', claim, next: 'not-ready', reason: 'missed' });
}

/** A fault of ours ended it: the agent, who did nothing wrong, is as they wished. */
function lost(now: Callback, claim: Claim, at: number, rules: CallbackRules, why: string): Step {
  return again(now, at, rules, why, { do: 'release-agent', claim, next: 'as-wished' });
}

/** Bounded, by rings of agents and by dials of the customer: what is broken must not ring people for ever. */
function again(now: Callback, at: number, rules: CallbackRules, why: string, release: Order): Step {
  // A broken phone that is tried before the time they picked costs them nothing.
  if (pickedTime(now, at) !== undefined) return waiting(now, at, rules, why, release);
  const failures = now.agentFailures + 1;
  const dials = now.attempts.filter((it) => it.outcome !== 'trunk-error').length;
  if (Math.max(failures, dials) >= rules.maxAgentFailures) {
    return end(now, { state: 'failed', reason: 'We could not connect you to anybody.' }, at, why, release);
  }
  return queued({ ...now, agentFailures: failures }, at, rules, why, release);
}

function customerFailed(
  now: Callback,
  phase: In<'dialing-customer'>,
  at: number,
  outcome: Exclude<Extract<Fact, { type: 'customer-failed' }>['outcome'], never>,
  rules: CallbackRules,
): Step {
  const orders = letGo(phase, outcome);
  if (worthRetrying(outcome) && pickedTime(now, at) !== undefined) {
    return waiting(now, at, rules, outcome, ...orders);
  }
  if (outcome === 'trunk-error') return lineFailed(now, at, rules, orders);
  const tries = now.attempts.filter((it) => countsAsTry(it.outcome)).length;
  if (!worthRetrying(outcome) || tries >= rules.maxAttempts) {
    return end(now, { state: 'unreached' }, at, outcome, ...orders);
  }
  return scheduled(now, at, { at: at + waitAfter(tries, rules), why: 'retry' }, ...orders);
}

/** Nobody was rung, and it is not their doing: tried more and more seldom, for as long as such a fault may last. */
function lineFailed(now: Callback, at: number, rules: CallbackRules, orders: readonly Order[]): Step {
  const failures = now.attempts.filter((it) => it.outcome === 'trunk-error').length;
  if (failures >= rules.maxLineFailures) {
    const reason = 'The telephone network did not take our call.';
    return end(now, { state: 'failed', reason }, at, 'trunk-error', ...orders);
  }
  return scheduled(now, at, { at: at + waitAfter(failures, rules), why: 'retry' }, ...orders);
}

/** It may not be rung now: nobody's doing, and tried again when it may. */
function dialRefused(
  now: Callback,
  phase: In<'dialing-agent' | 'dialing-customer'>,
  { at, callId, rule, reason, notBefore }: Extract<Fact, { type: 'dial-refused' }>,
): Step {
  if (callId !== phase.callId) return stay(now);
  const orders = letGo(phase, rule);
  return notBefore === undefined
    ? end(now, { state: 'refused', rule, reason }, at, rule, ...orders)
    : scheduled(now, at, { at: Math.max(notBefore, pickedTime(now, at) ?? 0), why: 'hours' }, ...orders);
}

/** Ends what is up and frees the agent, who did nothing wrong. */
function letGo(phase: In<'dialing-agent' | 'dialing-customer'>, cause: string): readonly Order[] {
  return [
    { do: 'hang-up', callId: phase.callId, cause },
    { do: 'release-agent', claim: phase.claim, next: 'as-wished' },
  ];
}

import {
  whileConnected,
  whileDialingAgent,
  whileDialingCustomer,
  whileWrappingUp,
} from './callback-calling.ts';
import {
  agentTaken,
  claimed,
  dialingAgent,
  end,
  enterState,
  movedTo,
  noted,
  queued,
  scheduled,
  sooner,
  stay,
  wanting,
} from './callback-moves.ts';
import type { CallbackRules } from './callback-rules.ts';
import type { Callback, Fact, In, Step } from './callback.ts';

/**
 * What a fact does to a callback. Pure: no clock, no I/O. A late or repeated fact changes nothing (`next` is the very
 * same object), because queues redeliver and SIP races.
 */
export function step(now: Callback, fact: Fact, rules: CallbackRules): Step {
  const { phase } = now;
  // Told of a deadline of an earlier state: somebody else moved it on in the meantime.
  if (fact.type === 'deadline-passed' && now.deadline !== undefined && fact.at < now.deadline)
    return stay(now);
  switch (phase.state) {
    case 'requested':
    case 'screened':
      return whileScreening(now, fact, rules);
    case 'scheduled':
      return whileScheduled(now, phase, fact, rules);
    case 'queued':
      return whileQueued(now, fact, rules);
    case 'reserved':
      return whileReserved(now, phase, fact, rules);
    case 'dialing-agent':
      return whileDialingAgent(now, phase, fact, rules);
    case 'dialing-customer':
      return whileDialingCustomer(now, phase, fact, rules);
    case 'connected':
      return whileConnected(now, phase, fact, rules);
    case 'wrap-up':
      return whileWrappingUp(now, phase, fact);
    case 'completed':
    case 'cancelled':
    case 'expired':
    case 'unreached':
    case 'refused':
    case 'failed':
      return stay(now);
  }
}

function whileScreening(now: Callback, fact: Fact, rules: CallbackRules): Step {
  switch (fact.type) {
    case 'screened': {
      const screened = enterState(
        { ...now, terms: fact.terms },
        { state: 'screened' },
        fact.at,
        fact.terms.tier,
      );
      return fact.startAt !== undefined && fact.startAt > fact.at
        ? scheduled(screened, fact.at, {
            at: fact.startAt,
            why: now.wish.wantedAt === undefined ? 'hours' : 'asked',
          })
        : queued(screened, fact.at, rules, 'screened');
    }
    case 'refused':
      return end(now, { state: 'refused', rule: fact.rule, reason: fact.reason }, fact.at, fact.rule);
    case 'cancelled':
      return end(now, { state: 'cancelled', by: fact.by }, fact.at, fact.by);
    case 'moved':
      return { next: wanting(now, fact.to), orders: [] };
    case 'deadline-passed':
      return { next: { ...now, deadline: fact.at + rules.screenMs }, orders: [{ do: 'screen' }] };
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
    case 'wrapped-up':
    case 'terms-renewed':
    case 'postponed':
    case 'out-of-line':
      return stay(now);
  }
}

function whileScheduled(now: Callback, phase: In<'scheduled'>, fact: Fact, rules: CallbackRules): Step {
  switch (fact.type) {
    case 'due':
    case 'deadline-passed':
      // A late timer is as good as a punctual one; an early one (clock set back) waits for its time.
      return fact.at + 1_000 >= phase.at ? queued(now, fact.at, rules, 'due') : stay(now);
    case 'moved': {
      const { at, to, earliest = 0 } = fact;
      if (to !== undefined) return movedTo(now, { ...fact, to });
      return earliest > at
        ? scheduled(sooner(now, at), at, { at: earliest, why: 'hours' })
        : queued(sooner(now, at), at, rules, 'moved', { do: 'unschedule' });
    }
    case 'postponed': {
      const { at, from, next } = fact;
      // Told of a time it had before.
      if (from !== phase.at) return stay(now);
      if (next.ok) return scheduled(now, at, { at: next.at, why: 'hours' });
      return end(now, { state: 'refused', rule: next.rule, reason: next.reason }, at, next.rule, {
        do: 'unschedule',
      });
    }
    case 'offer-accepted':
      return dialingAgent(now, fact, rules, { do: 'unschedule' });
    case 'agent-taken':
      return agentTaken(now, fact, rules, { do: 'unschedule' });
    case 'terms-renewed':
      return renewed(now, fact);
    case 'cancelled':
      return end(now, { state: 'cancelled', by: fact.by }, fact.at, fact.by, { do: 'unschedule' });
    case 'screened':
    case 'refused':
    case 'agent-reserved':
    case 'offer-ended':
    case 'agent-answered':
    case 'agent-failed':
    case 'dial-refused':
    case 'customer-ringing':
    case 'customer-joined':
    case 'customer-failed':
    case 'call-cleared':
    case 'wrapped-up':
    case 'out-of-line':
      return stay(now);
  }
}

function whileQueued(now: Callback, fact: Fact, rules: CallbackRules): Step {
  switch (fact.type) {
    case 'agent-reserved': {
      if (fact.entry !== now.entry) return stay(now);
      const matched = noted(claimed(now, fact.claim), 'matched', fact.at, fact.claim.agentId);
      const deadline = fact.claim.deadline + rules.offerGraceMs;
      return {
        next: enterState(matched, { state: 'reserved', claim: fact.claim }, fact.at, 'offered', deadline),
        orders: [],
      };
    }
    case 'offer-accepted':
      return dialingAgent(now, fact, rules);
    case 'agent-taken':
      return agentTaken(now, fact, rules);
    case 'moved':
      return fact.to === undefined ? stay(now) : movedTo(now, { ...fact, to: fact.to }, { do: 'leave-line' });
    case 'terms-renewed':
      return renewed(now, fact);
    case 'out-of-line':
      // At the old place, and only the entry is another: routing takes none that is over.
      return fact.entry === now.entry
        ? { next: { ...now, entry: now.entry + 1 }, orders: [{ do: 'enter-line' }] }
        : stay(now);
    case 'cancelled':
      return end(now, { state: 'cancelled', by: fact.by }, fact.at, fact.by, { do: 'leave-line' });
    case 'deadline-passed': {
      // Nobody is there, and nobody was told to go: once, the waiting goes on into the next opening.
      const { keepUntil: until = 0 } = fact;
      if (until > fact.at && now.patience?.isKept !== true) {
        const kept = { ...now, patience: { until, isKept: true } };
        return { next: enterState(kept, { state: 'queued' }, fact.at, 'kept', until), orders: [] };
      }
      return end(now, { state: 'expired' }, fact.at, 'waited too long', { do: 'leave-line' });
    }
    case 'screened':
    case 'refused':
    case 'due':
    case 'offer-ended':
    case 'agent-answered':
    case 'agent-failed':
    case 'dial-refused':
    case 'customer-ringing':
    case 'customer-joined':
    case 'customer-failed':
    case 'call-cleared':
    case 'wrapped-up':
    case 'postponed':
      return stay(now);
  }
}

/** Asked for anew, at the old place: nothing else of it changes. */
function renewed(now: Callback, { must, prefer }: Extract<Fact, { type: 'terms-renewed' }>): Step {
  const { terms } = now;
  const isOld = terms && JSON.stringify([terms.must, terms.prefer]) !== JSON.stringify([must, prefer]);
  return isOld ? { next: { ...now, terms: { ...terms, must, prefer } }, orders: [] } : stay(now);
}

function whileReserved(now: Callback, phase: In<'reserved'>, fact: Fact, rules: CallbackRules): Step {
  switch (fact.type) {
    case 'offer-accepted':
      return dialingAgent(now, fact, rules);
    case 'agent-taken':
      return agentTaken(now, fact, rules);
    case 'offer-ended':
      // Routing has filed the contact again in the same step, or offered it to the next: the entry stays.
      if (fact.reservationId !== phase.claim.reservationId) return stay(now);
      return {
        next: enterState(
          now,
          { state: 'queued' },
          fact.at,
          fact.why,
          now.patience?.until ?? now.startedAt + rules.maxWaitMs,
        ),
        orders: [],
      };
    case 'agent-reserved':
      if (fact.entry !== now.entry || fact.claim.fence <= phase.claim.fence) return stay(now);
      return {
        next: enterState(
          noted(claimed(now, fact.claim), 'matched', fact.at, fact.claim.agentId),
          { state: 'reserved', claim: fact.claim },
          fact.at,
          'offered to the next',
          fact.claim.deadline + rules.offerGraceMs,
        ),
        orders: [],
      };
    case 'moved':
      return fact.to === undefined ? stay(now) : movedTo(now, { ...fact, to: fact.to }, { do: 'leave-line' });
    case 'cancelled':
      return end(now, { state: 'cancelled', by: fact.by }, fact.at, fact.by, { do: 'leave-line' });
    case 'deadline-passed':
      // Routing should have told us by now: leave and enter anew, which is safe because the entry grows.
      return queued(now, fact.at, rules, 'offer lapsed unseen', { do: 'leave-line' });
    case 'screened':
    case 'refused':
    case 'due':
    case 'agent-answered':
    case 'agent-failed':
    case 'dial-refused':
    case 'customer-ringing':
    case 'customer-joined':
    case 'customer-failed':
    case 'call-cleared':
    case 'wrapped-up':
    case 'terms-renewed':
    case 'postponed':
    case 'out-of-line':
      return stay(now);
  }
}

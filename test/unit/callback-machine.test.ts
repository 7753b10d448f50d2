import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { AgentId, CallbackId, CallId, ReservationId, SessionId } from '../../contracts/ids.ts';
import {
  type Callback,
  type Claim,
  claimOf,
  type Fact,
  isOver,
  type Order,
  type Step,
} from '../../contact-server/domain/callback.ts';
import { step } from '../../contact-server/domain/callback-machine.ts';
import { usualRules as rules } from '../../contact-server/domain/callback-rules.ts';

const callA = 'call-a' as CallId;
const callB = 'call-b' as CallId;

function claim(n: number): Claim {
  return {
    reservationId: `r${String(n)}` as ReservationId,
    agentId: (n % 2 === 0 ? 'ana' : 'rui') as AgentId,
    fence: n,
    epoch: 1,
    deadline: 20_000 * n,
  };
}

const fresh: Callback = {
  id: 'c1' as CallbackId,
  wish: {
    service: 'sales',
    phone: '+442079460101',
    sessionId: 's1' as SessionId,
    ip: '198.51.100.7',
    standing: 'claimed',
    anyHour: false,
  },
  phase: { state: 'requested' },
  requestedAt: 0,
  startedAt: 0,
  entry: 0,
  attempts: [],
  agentFailures: 0,
  deadline: rules.screenMs,
  history: [],
};
const terms = { tier: 'standard', priority: 0, must: [], prefer: [] };

/** The callback after these facts, and every order on the way. */
function after(...facts: readonly Fact[]): Step {
  return facts.reduce<Step>(
    (now, fact) => {
      const next = step(now.next, fact, rules);
      return { next: next.next, orders: [...now.orders, ...next.orders] };
    },
    { next: fresh, orders: [] },
  );
}

const screened: Fact = { type: 'screened', at: 1, terms };
const offered: Fact = { type: 'agent-reserved', at: 2, entry: 1, claim: claim(1) };
const accepted: Fact = { type: 'offer-accepted', at: 3, claim: claim(1), callId: callA };
const agentUp: Fact = { type: 'agent-answered', at: 4, callId: callA };
const joined: Fact = { type: 'customer-joined', at: 9, callId: callA };
const cleared: Fact = { type: 'call-cleared', at: 20, callId: callA, by: 'customer', cause: 'hung up' };
const did = (orders: readonly Order[]): string[] => orders.map((it) => it.do);

/** Records the attempt as the dial gate does. */
function dialled(callback: Callback, callId: CallId, n: number): Callback {
  const attempt = { n, at: 5, callId, fence: 1, outcome: 'pending' as const };
  return { ...callback, attempts: [...callback.attempts, attempt] };
}

describe('A callback whose service asks for something else now [MG4]', () => {
  const needs = { must: [{ name: 'lang:es', level: 2 }], prefer: [] };
  const renewed: Fact = { type: 'terms-renewed', at: 5, ...needs };

  it('waits for that at its old place, in line or until its time', () => {
    for (const facts of [[screened], [{ ...screened, startAt: 9_000 }]]) {
      const before = after(...facts);
      const { next, orders } = after(...facts, renewed);
      assert.deepEqual(next, { ...before.next, terms: { ...terms, ...needs } });
      assert.deepEqual(orders, before.orders, 'nothing is done twice');
      assert.equal(step(next, renewed, rules).next, next, 'told again it changes nothing');
    }
  });

  it('keeps what it was offered by', () => {
    const { next } = after(screened, offered);
    assert.equal(step(next, renewed, rules).next, next);
  });
});

describe('A callback goes well', () => {
  it('through the line, the agent and the visitor to the wrap-up, with each order once [CB1]', () => {
    const { next, orders } = after(screened, offered, accepted, agentUp, joined, cleared, {
      type: 'wrapped-up',
      at: 30,
      disposition: 'resolved',
      next: 'ready',
    });
    assert.equal(next.phase.state, 'completed');
    assert.deepEqual(did(orders), [
      'enter-line',
      'ring-agent',
      'dial-customer',
      'wrap-up-agent',
      'release-agent',
    ]);
    assert.deepEqual(
      next.history.map((it) => it.state),
      [
        'screened',
        'queued',
        'matched',
        'reserved',
        'dialing-agent',
        'dialing-customer',
        'connected',
        'wrap-up',
        'completed',
      ],
    );
  });
});

describe('A visitor cannot be reached', () => {
  for (const outcome of ['busy', 'no-answer'] as const) {
    it(`and is tried again after 5, then 15 minutes, and no more after the third attempt: ${outcome} [CB5]`, () => {
      let now = after(screened, offered, accepted, agentUp).next;
      const waits: number[] = [];
      for (let n = 1; n <= 3; n++) {
        now = dialled(now, callA, n);
        const failed = step(
          now,
          { type: 'customer-failed', at: 100, callId: callA, outcome, detail: '' },
          rules,
        );
        assert.ok(did(failed.orders).includes('hang-up') && did(failed.orders).includes('release-agent'));
        now = failed.next;
        if (now.phase.state !== 'scheduled') break;
        waits.push(now.phase.at - 100);
        const again = step(now, { type: 'due', at: now.phase.at }, rules).next;
        const held = step(again, { ...offered, entry: again.entry, claim: claim(n + 1) }, rules).next;
        const taken = step(
          held,
          { type: 'offer-accepted', at: 0, claim: claim(n + 1), callId: callA },
          rules,
        ).next;
        now = step(taken, agentUp, rules).next;
      }
      assert.deepEqual(waits, [5 * 60_000, 15 * 60_000]);
      assert.equal(now.phase.state, 'unreached');
      assert.equal(now.attempts.length, 3);
    });
  }

  it('because the number is wrong: nobody tries again [CB5]', () => {
    const now = dialled(after(screened, offered, accepted, agentUp).next, callA, 1);
    const { next } = step(
      now,
      { type: 'customer-failed', at: 9, callId: callA, outcome: 'bad-number', detail: '404' },
      rules,
    );
    assert.equal(next.phase.state, 'unreached');
  });
});

describe('The telephone network does not take the call', () => {
  const noLine = (at: number): Fact => ({
    type: 'customer-failed',
    at,
    callId: callA,
    outcome: 'trunk-error',
    detail: 'hourly limit of the trunk reached',
  });
  /** After so many calls that the network did not take, and how long it waited after each (minutes). */
  function tried(times: number): { now: Callback; waits: number[] } {
    let now = after(screened, offered, accepted, agentUp).next;
    const waits: number[] = [];
    for (let n = 1; n <= times && !isOver(now); n++) {
      now = step(dialled(now, callA, n), noLine(100), rules).next;
      if (now.phase.state !== 'scheduled') break;
      waits.push((now.phase.at - 100) / 60_000);
      now = nextDial(now, now.phase.at, n + 1);
    }
    return { now, waits };
  }
  function nextDial(callback: Callback, at: number, n: number): Callback {
    const facts: Fact[] = [
      { type: 'due', at },
      { type: 'agent-reserved', at, entry: callback.entry + 1, claim: claim(n) },
      { type: 'offer-accepted', at, claim: claim(n), callId: callA },
      { type: 'agent-answered', at, callId: callA },
    ];
    return facts.reduce((now, fact) => step(now, fact, rules).next, callback);
  }

  it('which is no try of theirs: they are called when it does, and have all their attempts then [CB2] [CB5]', () => {
    const { now, waits } = tried(4);
    assert.deepEqual(waits, [5, 15, 30, 60]);
    const busy: Fact = { type: 'customer-failed', at: 100, callId: callA, outcome: 'busy', detail: '' };
    const { phase } = step(dialled(now, callA, 5), busy, rules).next;
    assert.deepEqual(phase, { state: 'scheduled', at: 100 + 5 * 60_000, why: 'retry' });
  });

  it('nor does it count as a phone of ours that fails', () => {
    const { now } = tried(rules.maxAgentFailures);
    const gone: Fact = { ...cleared, by: 'agent' };
    assert.equal(step(dialled(now, callA, 99), gone, rules).next.phase.state, 'queued');
  });

  it('and after half a day of that they are told so, instead of agents being rung for it for ever', () => {
    const { now, waits } = tried(99);
    assert.equal(now.phase.state, 'failed');
    assert.equal(waits.length, rules.maxLineFailures - 1);
    const hours = waits.reduce((sum, it) => sum + it, 0) / 60;
    assert.ok(hours > 8 && hours < 24, String(hours));
  });
});

describe('An agent does not come to the phone', () => {
  it('which is no attempt: the visitor is back in line with the same start time [CB6]', () => {
    const { next, orders } = after(screened, offered, accepted, {
      type: 'agent-failed',
      at: 30,
      callId: callA,
      detail: 'no answer',
    });
    assert.equal(next.phase.state, 'queued');
    assert.equal(next.startedAt, fresh.startedAt);
    assert.equal(next.attempts.length, 0);
    assert.deepEqual(did(orders).slice(-2), ['release-agent', 'enter-line']);
  });

  it('and after nine such agents in a row the callback ends as failed instead of going on for ever [CB6]', () => {
    let now = after(screened).next;
    for (let n = 1; n <= rules.maxAgentFailures; n++) {
      now = step(now, { type: 'agent-reserved', at: 2, entry: now.entry, claim: claim(n) }, rules).next;
      now = step(now, { type: 'offer-accepted', at: 3, claim: claim(n), callId: callB }, rules).next;
      now = step(now, { type: 'agent-failed', at: 4, callId: callB, detail: '' }, rules).next;
    }
    assert.equal(now.phase.state, 'failed');
  });
});

describe('A time was picked, and an agent calls before it [CB9] [AD9]', () => {
  const picked = 9_000_000;
  const booked: Callback = { ...fresh, wish: { ...fresh.wish, wantedAt: picked }, startedAt: picked };
  const called = [{ ...screened, startAt: picked }, accepted].reduce<Callback>(
    (now, fact) => step(now, fact, rules).next,
    booked,
  );
  const failed: Fact = { type: 'agent-failed', at: 30, callId: callA, detail: 'no answer' };
  const cases: [string, Callback, Fact][] = [
    ['whose phone does not answer', called, failed],
    ['whose call a fault of ours ends', called, { ...failed, ours: true }],
    [
      'and does not reach them',
      dialled(step(called, agentUp, rules).next, callA, 1),
      { type: 'customer-failed', at: 40, callId: callA, outcome: 'no-answer', detail: '' },
    ],
    [
      'at an hour at which they may not be rung',
      called,
      { type: 'dial-refused', at: 30, callId: callA, rule: 'r', reason: '', notBefore: 500_000 },
    ],
  ];
  for (const [how, now, fact] of cases) {
    it(`${how}: they are called at their time all the same`, () => {
      const { next, orders } = step(now, fact, rules);
      const why = fact.type === 'dial-refused' ? 'hours' : 'asked';
      assert.deepEqual(next.phase, { state: 'scheduled', at: picked, why });
      assert.equal(next.startedAt, picked);
      assert.ok(next.entry > now.entry, 'so that routing lets an agent call them once more before it');
      assert.ok(did(orders).includes('release-agent') && did(orders).includes('schedule'));
      assert.equal(next.agentFailures, 0, 'which does not count against them');
    });
  }

  it('whom somebody else holds: they are called at their time all the same', () => {
    const before = step(booked, { ...screened, startAt: picked }, rules).next;
    const { next } = step(before, { type: 'agent-taken', at: 3, claim: claim(1) }, rules);
    assert.deepEqual(next.phase, { state: 'scheduled', at: picked, why: 'asked' });
  });

  it('in vain however often: at their time there is still a try', () => {
    let now = called;
    for (let n = 1; n <= rules.maxAttempts; n++) {
      now = step(now, { type: 'offer-accepted', at: 3, claim: claim(n), callId: callA }, rules).next;
      now = dialled(step(now, agentUp, rules).next, callA, n);
      now = step(
        now,
        { type: 'customer-failed', at: 40, callId: callA, outcome: 'busy', detail: '' },
        rules,
      ).next;
    }
    assert.equal(now.phase.state, 'scheduled');
  });
});

describe('A time was picked, and then they would rather be called at once', () => {
  it('and they wait from now on, not from the time that they gave up', () => {
    const booked: Callback = { ...fresh, wish: { ...fresh.wish, wantedAt: 9_000_000 }, startedAt: 9_000_000 };
    const before = step(booked, { ...screened, startAt: 9_000_000 }, rules).next;
    const soon = step(before, { type: 'moved', at: 5_000 }, rules).next;
    assert.deepEqual([soon.phase.state, soon.startedAt], ['queued', 5_000]);
    const morning = step(before, { type: 'moved', at: 5_000, earliest: 60_000 }, rules).next;
    assert.deepEqual([morning.phase.state, morning.startedAt], ['scheduled', 5_000]);
  });
});

describe('Routing has no place for one who waits, and takes this entry no more', () => {
  const lost: Fact = { type: 'out-of-line', at: 50, entry: 1 };

  it('so that they go into line anew, at the old place and as patient as before, once [CB2]', () => {
    const before = after(screened).next;
    const { next, orders } = step(before, lost, rules);
    assert.deepEqual(next, { ...before, entry: 2 });
    assert.deepEqual(did(orders), ['enter-line']);
    assert.equal(step(next, lost, rules).next, next, 'told again it changes nothing');
  });

  it('or does not wait any more: nothing is changed by it [CB7]', () => {
    for (const now of [after(screened, offered).next, after(screened, offered, accepted).next])
      assert.equal(step(now, lost, rules).next, now);
  });
});

describe('Facts come late, twice or in a silly order', () => {
  it('and a yes from an agent whose offer went to the next changes nothing [CB7]', () => {
    const second: Fact = { type: 'agent-reserved', at: 3, entry: 1, claim: claim(2) };
    const now = after(screened, offered, second).next;
    assert.equal(step(now, accepted, rules).next, now);
  });

  it('and a yes told again when that agent was let go long ago rings nobody [CB7] [CB10]', () => {
    const again: Fact = { ...accepted, callId: callB };
    const busy: Fact = { type: 'customer-failed', at: 9, callId: callA, outcome: 'busy', detail: '' };
    const noAgent: Fact = { type: 'agent-failed', at: 9, callId: callA, detail: 'no answer' };
    const held: Fact = { type: 'agent-taken', at: 3, claim: claim(1) };
    const waits = [
      after(screened, offered, accepted, noAgent).next,
      after(screened, offered, accepted, agentUp, busy).next,
      after(screened, offered, held).next,
    ];
    assert.deepEqual(
      waits.map((it) => it.phase.state),
      ['queued', 'scheduled', 'queued'],
    );
    for (const now of waits) {
      assert.equal(step(now, again, rules).next, now, now.phase.state);
      assert.equal(step(now, held, rules).next, now, now.phase.state);
    }
  });

  it('and a yes that crosses a move to another time does not ring them before it [CB9]', () => {
    const now = after(screened, offered, { type: 'moved', at: 3, to: 9_000_000 }).next;
    assert.equal(step(now, accepted, rules).next, now);
    const later: Fact = { type: 'offer-accepted', at: 9, claim: claim(2), callId: callB };
    assert.equal(step(now, later, rules).next.phase.state, 'dialing-agent', 'an agent who calls now may');
  });

  it('and a fact about another call changes nothing [CB7]', () => {
    const now = after(screened, offered, accepted).next;
    for (const fact of [
      { ...agentUp, callId: callB },
      { type: 'agent-failed', at: 9, callId: callB, detail: '' },
      { ...cleared, callId: callB },
    ] as Fact[]) {
      assert.equal(step(now, fact, rules).next, now);
    }
  });

  const anyClaim = fc.integer({ min: 1, max: 4 }).map(claim);
  const anyCall = fc.constantFrom(callA, callB);
  const at = fc.integer({ min: 0, max: 200_000_000 });
  const anyFact: fc.Arbitrary<Fact> = fc.oneof(
    fc.record({ type: fc.constant('screened' as const), at, terms: fc.constant(terms) }),
    fc.record({ type: fc.constant('due' as const), at }),
    fc.record({ type: fc.constant('deadline-passed' as const), at }),
    fc.record({
      type: fc.constant('agent-reserved' as const),
      at,
      entry: fc.integer({ min: 1, max: 4 }),
      claim: anyClaim,
    }),
    fc.record({ type: fc.constant('offer-accepted' as const), at, claim: anyClaim, callId: anyCall }),
    fc.record({ type: fc.constant('agent-taken' as const), at, claim: anyClaim }),
    anyClaim.chain((it) =>
      fc.record({
        type: fc.constant('offer-ended' as const),
        at,
        reservationId: fc.constant(it.reservationId),
        why: fc.constant('timeout'),
      }),
    ),
    fc.record({ type: fc.constant('agent-answered' as const), at, callId: anyCall }),
    fc.record({ type: fc.constant('agent-failed' as const), at, callId: anyCall, detail: fc.constant('') }),
    fc.record({ type: fc.constant('customer-joined' as const), at, callId: anyCall }),
    fc.record({
      type: fc.constant('customer-failed' as const),
      at,
      callId: anyCall,
      outcome: fc.constantFrom('busy' as const, 'no-answer' as const, 'bad-number' as const),
      detail: fc.constant(''),
    }),
    fc.record({
      type: fc.constant('call-cleared' as const),
      at,
      callId: anyCall,
      by: fc.constantFrom('agent' as const, 'customer' as const, 'server' as const),
      cause: fc.constant(''),
    }),
    fc.record({
      type: fc.constant('wrapped-up' as const),
      at,
      disposition: fc.constant('resolved'),
      next: fc.constant('ready' as const),
    }),
    fc.record({
      type: fc.constant('cancelled' as const),
      at,
      by: fc.constantFrom('visitor' as const, 'manager' as const),
    }),
    fc.record({ type: fc.constant('moved' as const), at, to: at }),
    fc.record({ type: fc.constant('moved' as const), at, earliest: at }),
    fc.record({
      type: fc.constant('postponed' as const),
      at,
      from: at,
      next: fc.record({ ok: fc.constant(true as const), at }),
    }),
    fc.record({
      type: fc.constant('dial-refused' as const),
      at,
      callId: anyCall,
      rule: fc.constant('dial/outside-hours'),
      reason: fc.constant(''),
      notBefore: at,
    }),
    fc.record({ type: fc.constant('moved' as const), at }),
    fc.record({
      type: fc.constant('out-of-line' as const),
      at,
      entry: fc.integer({ min: 1, max: 4 }),
    }),
  );

  it('and whatever comes, nobody is left without a deadline, no claim is dropped unreleased, and an end is an end [CB8]', () => {
    fc.assert(
      fc.property(fc.array(anyFact, { maxLength: 60 }), (facts) => {
        let now = fresh;
        for (const fact of facts) {
          const { next, orders } = step(now, fact, rules);
          if (isOver(now)) assert.equal(next, now, 'nothing leads out of an end');
          assert.equal(next.deadline === undefined, isOver(next), `${next.phase.state} has its deadline`);
          const was = claimOf(now);
          const is = claimOf(next);
          const bound = now.phase.state !== 'reserved' && was !== undefined;
          if (bound && was.reservationId !== is?.reservationId) {
            assert.ok(
              orders.some((it) => it.do === 'release-agent' && it.claim.reservationId === was.reservationId),
              `${now.phase.state} → ${next.phase.state} lets the agent go`,
            );
          }
          if (next.phase.state === 'queued' && next.entry !== now.entry)
            assert.ok(did(orders).includes('enter-line'));
          if (next !== now) {
            const again = step(next, fact, rules).next;
            const { type } = fact;
            // Time passing and moving are not about one moment: told again, they may move it again.
            if (!['deadline-passed', 'moved', 'due', 'agent-taken'].includes(type)) {
              assert.equal(again.phase.state, next.phase.state, `${type} told twice`);
            }
          }
          now = next;
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

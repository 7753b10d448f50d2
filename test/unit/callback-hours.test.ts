import assert from 'node:assert/strict';
import { step } from '../../contact-server/domain/callback-machine.ts';
import { usualRules as rules } from '../../contact-server/domain/callback-rules.ts';
import type { Callback, Claim, Phase } from '../../contact-server/domain/callback.ts';
import type { CallId } from '../../contracts/ids.ts';

const claim = { reservationId: 'r1', agentId: 'ana', fence: 1 } as Claim;
const callId = 'call-a' as CallId;

const callback = (phase: Phase): Callback => ({
  id: 'c1' as Callback['id'],
  wish: { service: 'sales', phone: '+442079460101', wantedAt: 1_000, anyHour: false } as Callback['wish'],
  phase,
  requestedAt: 0,
  startedAt: 1_000,
  entry: 1,
  attempts: [],
  agentFailures: 0,
  history: [],
});
const booked = (more: object = {}): Callback =>
  callback({ state: 'scheduled', at: 1_000, why: 'asked', ...more });
const refusal = { ok: false, rule: 'hours/never-open', reason: 'Nobody will be here.' } as const;

describe('A callback whose booked time is none any more', () => {
  it('waits for the next time, with its old start; told again, or of a time it had before, it stays [CB7] [AV9]', () => {
    const fact = { type: 'postponed', at: 1_001, from: 1_000, next: { ok: true, at: 9_000 } } as const;
    const { next, orders } = step(booked(), fact, rules);
    assert.deepEqual(next.phase, { state: 'scheduled', at: 9_000, why: 'hours' });
    assert.deepEqual(orders, [{ do: 'schedule', at: 9_000 }]);
    assert.deepEqual([next.startedAt, next.deadline], [1_000, 69_000]);
    assert.equal(step(next, fact, rules).next, next);
    const inLine = callback({ state: 'queued' });
    assert.equal(step(inLine, fact, rules).next, inLine);
  });

  it('ends with the reason where there is no other [AV2]', () => {
    const fact = { type: 'postponed', at: 1_001, from: 1_000, next: refusal } as const;
    const { next, orders } = step(booked(), fact, rules);
    const { rule, reason } = refusal;
    assert.deepEqual(next.phase, { state: 'refused', rule, reason });
    assert.deepEqual(orders, [{ do: 'unschedule' }]);
  });
});

describe('A callback that is moved', () => {
  it('to as soon as possible waits until it can be called, and wants no time any more', () => {
    const { next, orders } = step(booked(), { type: 'moved', at: 500, earliest: 700 }, rules);
    assert.deepEqual(next.phase, { state: 'scheduled', at: 700, why: 'hours' });
    assert.deepEqual(orders, [{ do: 'schedule', at: 700 }]);
    assert.equal(next.wish.wantedAt, undefined);
    assert.equal(step(booked(), { type: 'moved', at: 500 }, rules).next.phase.state, 'queued');
  });

  it('to a closed time by one who wants it so, remembers that; moved once more it forgets [MG2]', () => {
    const { next } = step(booked(), { type: 'moved', at: 500, to: 3_000, anyway: true }, rules);
    assert.deepEqual(next.phase, { state: 'scheduled', at: 3_000, why: 'asked', anyway: true });
    const { next: again } = step(next, { type: 'moved', at: 600, to: 4_000 }, rules);
    assert.deepEqual(again.phase, { state: 'scheduled', at: 4_000, why: 'asked' });
    assert.equal(again.history.at(-1)?.why, 'moved');
    const { next: last } = step(again, { type: 'moved', at: 700, to: 5_000, by: 'manager' }, rules);
    assert.equal(last.history.at(-1)?.why, 'moved by the manager');
  });
});

describe('A number that may not be rung any more', () => {
  it('is found out before the agent’s phone rings: the agent is as wished, and the callback waits [CB1]', () => {
    const dialing = callback({ state: 'dialing-agent', claim, callId });
    const fact = { type: 'dial-refused', at: 1_500, callId, rule: 'dial/outside-hours', reason: '' } as const;
    const { next, orders } = step(dialing, { ...fact, notBefore: 9_000 }, rules);
    assert.deepEqual(next.phase, { state: 'scheduled', at: 9_000, why: 'hours' });
    assert.deepEqual(orders, [
      { do: 'hang-up', callId, cause: fact.rule },
      { do: 'release-agent', claim, next: 'as-wished' },
      { do: 'schedule', at: 9_000 },
    ]);
    const other = step(dialing, { ...fact, callId: 'call-b' as CallId }, rules);
    assert.equal(other.next, dialing, 'another call’s refusal is none of its');
    assert.equal(step(dialing, fact, rules).next.phase.state, 'refused');
  });
});

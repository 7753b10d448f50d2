import assert from 'node:assert/strict';
import { Visitors } from '../../contact-server/app/visitors.ts';
import type { CallbackState } from '../../contracts/states.ts';
import { ProblemError } from '../../server-kit/problem.ts';

/** What a visitor hears who takes back a callback that is in this state, and stays there. */
async function answerIn(state: CallbackState): Promise<string | undefined> {
  const record = { callback: { id: 'c1', phase: { state }, history: [{ at: 0 }] } };
  const visitors = new Visitors({
    store: { findByToken: () => Promise.resolve(record) },
    callbacks: { note: () => Promise.resolve(record) },
    clock: { now: () => 1 },
  } as unknown as ConstructorParameters<typeof Visitors>[0]);
  const ask = { visitor: { ip: '198.51.100.7' }, params: { id: 'c1' }, token: 'token', node: 'dmz' };
  const refused = await visitors.answer('callback.cancel', ask).catch((error: unknown) => error);
  assert.ok(refused instanceof ProblemError);
  assert.equal(refused.problem.type, 'not-now');
  return refused.problem.detail;
}

describe('A visitor who cancels too late', () => {
  it('is told to hang up while they talk, and that it is over when it is', async () => {
    assert.match((await answerIn('connected')) ?? '', /hang up/);
    for (const state of ['wrap-up', 'completed', 'failed', 'expired', 'unreached', 'refused'] as const) {
      assert.equal(await answerIn(state), 'This call is over: there is nothing left to cancel.', state);
    }
  });
});

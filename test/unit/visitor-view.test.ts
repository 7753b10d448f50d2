import assert from 'node:assert/strict';
import { VisitorViews } from '../../contact-server/app/visitor-view.ts';
import type { Call } from '../../contact-server/domain/call.ts';
import type { Callback, Phase } from '../../contact-server/domain/callback.ts';
import type { CallbackRecord } from '../../contact-server/ports/stores.ts';
import type { CallbackId } from '../../contracts/ids.ts';
import { systemClock } from '../../server-kit/clock.ts';

describe('What a visitor is shown while the phone rings', () => {
  const rang = 1_000_000;
  let now = rang;
  let call: Partial<Call> | undefined;
  const views = new VisitorViews({
    calls: { find: () => Promise.resolve(call) },
    accounts: { byId: () => Promise.resolve({ name: 'Maya Okafor' }) },
    company: { services: new Map([['sales', { callerIds: ['+442079460010'] }]]) },
    clock: { ...systemClock, now: () => now },
    codeKey: Buffer.alloc(32, 7),
  } as never);
  const codeAt = async (at: number, phase: object): Promise<string | undefined> => {
    now = at;
    const callback = {
      id: 'one' as CallbackId,
      wish: { service: 'sales', phone: '+442079460101' },
      phase: { claim: { agentId: 'maya' }, callId: 'call-1', ...phase } as Phase,
      requestedAt: 0,
      attempts: [],
    } as unknown as Callback;
    return (await views.look({ callback } as CallbackRecord)).view.codeWord;
  };

  it('is the code word from the first ring to a minute after it, and never longer than the call [WI4]', async () => {
    const dialing = { state: 'dialing-customer', ringing: true };
    call = {};
    assert.equal(await codeAt(rang, dialing), undefined, 'not before it rings');
    call = { ringingSince: rang };
    const word = await codeAt(rang, dialing);
    assert.match(word ?? '', /^[A-Z]+-\d\d$/);
    assert.equal(await codeAt(rang + 60_000, { state: 'connected' }), word);
    assert.equal(await codeAt(rang + 60_001, { state: 'connected' }), undefined);
    call = { ringingSince: rang, ended: { at: rang + 5_000, by: 'agent', cause: 'hung up' } };
    assert.equal(await codeAt(rang + 5_001, { state: 'wrap-up' }), undefined);
  });
});

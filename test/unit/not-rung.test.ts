import assert from 'node:assert/strict';
import { Orders } from '../../contact-server/app/order-taker.ts';
import type { Callback, Phase } from '../../contact-server/domain/callback.ts';
import type { CallbackRecord } from '../../contact-server/ports/stores.ts';

describe('An agent whose contact is refused by the dial gate', () => {
  const claim = { agentId: 'ana', reservationId: 'r1' };
  const dialing = { state: 'dialing-customer', claim, callId: 'call-1', ringing: false };
  const told = async (now: object): Promise<unknown> => {
    const entries: unknown[] = [];
    const add = (...entry: unknown[]): Promise<void> => Promise.resolve(void entries.push(entry));
    const orders = new Orders({
      sessions: { callbackMoved: () => Promise.resolve() },
      streams: { add },
      hints: { give: () => undefined },
      accounts: { byId: () => Promise.resolve(undefined) },
      onMoved: () => undefined,
    } as unknown as ConstructorParameters<typeof Orders>[0]);
    const callback = (phase: object): Callback =>
      ({ id: 'c1', phase: phase as Phase }) as unknown as Callback;
    await orders.moved(callback(dialing), { callback: callback(now) } as CallbackRecord);
    return entries;
  };

  it('is told why it leaves the desk, and when it may be rung [AD3] [AV2]', async () => {
    const why = 'This number may not be called at this hour.';
    assert.deepEqual(await told({ state: 'scheduled', at: 9_000, why: 'hours' }), [
      ['ana', 'contact.closed', { callbackId: 'c1', why, callableFrom: 9_000 }],
    ]);
    const reason = 'The owner of this number asked us not to call it.';
    assert.deepEqual(await told({ state: 'refused', rule: 'number/suppressed', reason }), [
      ['ana', 'contact.closed', { callbackId: 'c1', why: reason }],
    ]);
  });

  it('and of one that was not reached as before: there is a call that says so', async () => {
    assert.deepEqual(await told({ state: 'scheduled', at: 9_000, why: 'retry' }), [
      ['ana', 'contact.changed', { callbackId: 'c1' }],
    ]);
  });
});

describe('A callback that is tried again later', () => {
  const taken = async (postponed: object | undefined): Promise<readonly [unknown, readonly unknown[]]> => {
    const scheduled: unknown[] = [];
    const orders = new Orders({
      routing: { schedule: (...asked: unknown[]) => Promise.resolve(void scheduled.push(asked)) },
      times: { postponed: () => Promise.resolve(postponed) },
    } as unknown as ConstructorParameters<typeof Orders>[0]);
    const callback = { id: 'c1', wish: { service: 'sales' }, startedAt: 1 } as unknown as Callback;
    const done = await orders.carryOut({ callback } as CallbackRecord, { do: 'schedule', at: 9_000 });
    return [done.follow?.fact, scheduled];
  };

  it('is scheduled for then; where it cannot be called then, it is told at once when it can [ES3] [CB5]', async () => {
    assert.deepEqual(await taken(undefined), [undefined, [['c1', 9_000, 'sales', 1]]]);
    const fact = { type: 'postponed', at: 2, from: 9_000, next: { ok: true, at: 12_000 } };
    assert.deepEqual(await taken(fact), [fact, []]);
  });
});

import assert from 'node:assert/strict';
import { Reconciler } from '../../contact-server/app/reconciler.ts';
import type { Callback } from '../../contact-server/domain/callback.ts';
import { systemClock } from '../../server-kit/clock.ts';

type Parts = ConstructorParameters<typeof Reconciler>[0];
type Phase = Pick<Callback['phase'], 'state'> & object;

describe('A call is up, and its callback has gone on without it', () => {
  /** What is hung up while the callback stands so; the call is Maya's, and is call-a. */
  async function hungUp(phase: Phase): Promise<readonly string[]> {
    const ended: string[] = [];
    const record = { callback: { id: 'c1', phase, entry: 1, wish: {} } };
    const call = { id: 'call-a', callbackId: 'c1', agentId: 'maya' };
    const nothing = (): Promise<void> => Promise.resolve();
    const reconciler = new Reconciler({
      store: { open: () => Promise.resolve([record]), find: () => Promise.resolve(record) },
      callStore: {
        find: (id: string) => Promise.resolve(id === call.id ? call : undefined),
        live: () => Promise.resolve([call]),
      },
      calls: { hangUp: (id: string) => ended.push(id) },
      callbacks: { note: () => Promise.resolve(record) },
      routing: {
        snapshot: () =>
          Promise.resolve({ cursor: '1-1', waiting: [], scheduled: [], reservations: [], agents: [] }),
        rebuild: () => Promise.resolve([]),
        schedule: nothing,
      },
      telephony: { status: () => ({ up: false }) },
      duty: { bind: nothing, mend: () => Promise.resolve([]) },
      owed: { settle: nothing },
      terms: { renewed: (open: unknown) => Promise.resolve(open), file: nothing },
      consentCopies: { makeUp: nothing },
      cursors: { read: () => Promise.resolve(undefined) },
      audit: { add: nothing },
      clock: systemClock,
    } as unknown as Parts);
    await reconciler.run();
    return ended;
  }
  const claim = (agentId: string) => ({ claim: { agentId, reservationId: 'r1-1' } });

  it('since another process moved it, or gave it to somebody else: nobody is left in silence by it', async () => {
    for (const phase of [
      { state: 'scheduled', at: 9 },
      { state: 'queued' },
      { state: 'reserved', ...claim('noor') },
      { state: 'connected', ...claim('noor'), callId: 'call-b' },
    ] as const)
      assert.deepEqual(await hungUp(phase), ['call-a'], phase.state);
  });

  it('or has not: it goes on, and so does a phone that rings with the offer', async () => {
    for (const phase of [
      { state: 'reserved', ...claim('maya') },
      { state: 'dialing-agent', ...claim('maya'), callId: 'call-a' },
      { state: 'connected', ...claim('maya'), callId: 'call-a' },
      { state: 'wrap-up', ...claim('maya'), callId: 'call-a' },
    ] as const)
      assert.deepEqual(await hungUp(phase), [], phase.state);
  });
});

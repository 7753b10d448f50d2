import assert from 'node:assert/strict';
import { pino } from 'pino';
import { Offers } from '../../contact-server/app/offers.ts';
import type { Fact } from '../../contact-server/domain/callback.ts';
import type { AcceptResult, Reservation } from '../../routing/index.ts';
import type { CallbackId, CallId } from '../../contracts/ids.ts';
import { systemClock } from '../../server-kit/clock.ts';
import { ProblemError } from '../../server-kit/problem.ts';

type Parts = ConstructorParameters<typeof Offers>[0];
const id = 'c1' as CallbackId;

describe('A phone rings with an offer, and Redis is away as the agent answers it', () => {
  let isAway: boolean;
  let rings: CallId | undefined;
  let happened: string[];
  let offers: Offers;

  beforeEach(async () => {
    isAway = true;
    rings = undefined;
    happened = [];
    const answer = (what: string): Promise<AcceptResult> => {
      if (isAway) return Promise.reject(new ProblemError('unavailable'));
      happened.push(what);
      return Promise.resolve({ ok: true } as AcceptResult);
    };
    offers = new Offers({
      routing: { accept: () => answer('accepted'), reject: () => answer('declined') },
      desk: { taken: (_: unknown, callId: CallId) => Promise.resolve(void happened.push(`by ${callId}`)) },
      calls: {
        ringAgent: (callId: CallId) => Promise.resolve(void (rings = callId)),
        hangUp: () => happened.push('hung up'),
      },
      store: {
        find: () =>
          Promise.resolve({ callback: { id, phase: { state: 'reserved' }, wish: { service: 's' } } }),
        recordAgentDial: () => Promise.resolve(true),
      },
      accounts: {
        byId: () => Promise.resolve({ id: 'maya', extension: '101', preferences: { accept: 'phone' } }),
      },
      company: { services: new Map(), name: 'Shop' },
      clock: systemClock,
      log: pino({ level: 'silent' }),
    } as unknown as Parts);
    await offers.made({ id: 'r1-1', contactId: id, agentId: 'maya', deadline: 0 } as unknown as Reservation);
  });

  /** As the call desk tells a fact: again as long as a store is away. */
  async function told(fact: Pick<Fact, 'type'> & { readonly detail?: string }): Promise<boolean> {
    const whole = { ...fact, at: 1, callId: rings } as unknown as Fact;
    await assert.rejects(offers.heard(id, whole));
    isAway = false;
    return offers.heard(id, whole);
  }

  it('by lifting it: that is the acceptance once Redis is back', async () => {
    assert.equal(await told({ type: 'agent-answered' }), true);
    assert.deepEqual(happened, ['accepted', `by ${String(rings)}`]);
  });

  it('by saying no: the offer is declined once Redis is back', async () => {
    assert.equal(await told({ type: 'agent-failed', detail: 'rejected 603' }), true);
    assert.deepEqual(happened, ['declined']);
  });
});

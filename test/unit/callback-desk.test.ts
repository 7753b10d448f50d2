import assert from 'node:assert/strict';
import { pino } from 'pino';
import { CallbackDesk } from '../../contact-server/app/callback-desk.ts';
import type { Callback, Fact, Order } from '../../contact-server/domain/callback.ts';
import { usualRules } from '../../contact-server/domain/callback-rules.ts';
import type { CallbackRecord } from '../../contact-server/ports/stores.ts';
import { justStored } from '../../contact-server/ports/stores.ts';
import type { AgentId, CallbackId, CallId, ReservationId } from '../../contracts/ids.ts';
import { systemClock } from '../../server-kit/clock.ts';
import { ProblemError } from '../../server-kit/problem.ts';

type Parts = ConstructorParameters<typeof CallbackDesk>[0];

const id = 'c1' as CallbackId;
const callId = 'call' as CallId;
const claim = {
  reservationId: 'r1-1' as ReservationId,
  agentId: 'maya' as AgentId,
  fence: 1,
  epoch: 1,
  deadline: 20_000,
};
const answered: Fact = { type: 'agent-answered', at: 5, callId };
const ringing: Callback = {
  id,
  wish: { service: 'sales', phone: '+442079460101', standing: 'claimed' } as Callback['wish'],
  phase: { state: 'dialing-agent', claim, callId },
  requestedAt: 0,
  startedAt: 0,
  entry: 1,
  attempts: [],
  agentFailures: 0,
  deadline: 35_000,
  history: [],
};

describe('MongoDB goes away with the answer to a write, and nobody knows whether it was made', () => {
  let stored: CallbackRecord;
  /** What becomes of the next write. */
  let next: 'made' | 'not made' | 'made unknown';
  let done: string[];
  let desk: CallbackDesk;

  beforeEach(() => {
    stored = justStored(ringing);
    done = [];
    desk = new CallbackDesk({
      store: {
        find: () => Promise.resolve(structuredClone(stored)),
        save: (_id: CallbackId, version: number, callback: Callback) => {
          if (version !== stored.version) return Promise.resolve('stale');
          if (next !== 'not made') stored = structuredClone({ ...stored, callback, version: version + 1 });
          const outcome = next;
          next = 'made';
          if (outcome === 'made') return Promise.resolve('saved');
          return Promise.reject(new ProblemError('unavailable'));
        },
      },
      slots: { booking: () => Promise.resolve(undefined) },
      rules: usualRules,
      hints: { give: () => undefined },
      clock: systemClock,
      log: pino({ level: 'silent' }),
    } as unknown as Parts);
    desk.use({
      carryOut: (_: CallbackRecord, order: Order) => {
        done.push(order.do);
        return Promise.resolve({});
      },
      entering: () => undefined,
      notStored: () => undefined,
      offering: () => Promise.resolve(),
      moved: () => Promise.resolve(),
    });
  });

  for (const outcome of ['made unknown', 'not made'] as const) {
    it(`${outcome}: told the fact again, it does what follows from it, once [CB8]`, async () => {
      next = outcome;
      await assert.rejects(desk.note(id, answered));
      assert.deepEqual(done, []);
      await desk.note(id, answered);
      await desk.note(id, answered);
      assert.deepEqual(done, ['dial-customer']);
    });
  }

  it('and by the time it is back that state is past its deadline: the visitor is not rung to be hung up on', async () => {
    next = 'made unknown';
    await assert.rejects(desk.note(id, answered));
    await desk.note(id, { type: 'deadline-passed', at: 200_000 });
    assert.ok(!done.includes('dial-customer'), done.join());
    assert.ok(done.includes('hang-up'));
  });

  it('and another process has moved it on meanwhile: what that one ordered holds', async () => {
    next = 'made unknown';
    await assert.rejects(desk.note(id, answered));
    stored = {
      ...stored,
      version: stored.version + 1,
      callback: { ...stored.callback, phase: { state: 'cancelled', by: 'visitor' } },
    };
    await desk.note(id, answered);
    assert.deepEqual(done, []);
  });
});

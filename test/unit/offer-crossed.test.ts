import assert from 'node:assert/strict';
import { pino } from 'pino';
import { AgentDesk } from '../../contact-server/app/agent-desk.ts';
import type { CallId } from '../../contracts/ids.ts';
import type { AcceptResult } from '../../routing/index.ts';
import { systemClock } from '../../server-kit/clock.ts';

describe('An agent takes an offer at the moment its visitor cancels or moves it', () => {
  it('and is free again at once: the contact that routing holds for them is nobody’s', async () => {
    const done: unknown[] = [];
    const desk = new AgentDesk({
      callbacks: { note: () => Promise.resolve({ callback: { phase: { state: 'cancelled' } } }) },
      routing: {
        complete: (id: string, next: { state: string }) => Promise.resolve(void done.push(id, next.state)),
      },
      clock: systemClock,
      log: pino({ level: 'silent' }),
    } as unknown as ConstructorParameters<typeof AgentDesk>[0]);
    const reservation = { id: 'r1-1', contactId: 'c1', agentId: 'maya' };
    const yes = { ok: true, reservation } as unknown as AcceptResult;
    await assert.rejects(desk.taken(yes, 'call' as CallId), /offer-gone|no longer|offer/i);
    assert.deepEqual(done, ['r1-1', 'as-wished']);
  });
});

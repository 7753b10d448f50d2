import assert from 'node:assert/strict';
import { AgentViews } from '../../contact-server/app/agent-views.ts';
import type { CallbackRecord } from '../../contact-server/ports/stores.ts';

type Parts = ConstructorParameters<typeof AgentViews>[0];

describe('What an agent is shown of a visitor', () => {
  it('is read while the callback finds its agent, for that moment only; then it is read anew', async () => {
    let visits = 1;
    let over = (): void => {};
    const views = new AgentViews({
      customers: { known: () => Promise.resolve({ otherVisits: visits - 1 }) },
      clock: { now: () => 0, after: (_ms: number, then: () => void) => (over = then) },
    } as unknown as Parts);
    const wish = { phone: '+442079460101', ip: '192.0.2.1', standing: 'claimed' };
    const record = { callback: { id: 'c1', wish } } as unknown as CallbackRecord;
    const shown = async (): Promise<number> => (await views.who(record)).visits;

    views.lookAhead(record.callback);
    assert.equal(await shown(), 1);
    visits = 2;
    assert.equal(await shown(), 1);
    over();
    assert.equal(await shown(), 2);
  });
});

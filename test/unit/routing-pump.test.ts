import assert from 'node:assert/strict';
import { pino } from 'pino';
import { RoutingPump } from '../../contact-server/app/routing-pump.ts';
import { CursorTooOld, type RoutingEvent } from '../../routing/index.ts';
import { systemClock } from '../../server-kit/clock.ts';

type Parts = ConstructorParameters<typeof RoutingPump>[0];

describe('The reader of routing’s events', () => {
  it('goes on from where all was compared, when its last place was still being written as events were lost', async () => {
    let stored: string | undefined;
    let writtenAt = (): void => {};
    const slow = new Promise<void>((resolve) => (writtenAt = resolve));
    const askedFrom: (string | undefined)[] = [];
    let readOn = (): void => {};
    const goesOn = new Promise<void>((resolve) => (readOn = resolve));

    async function* events(after: string | undefined): AsyncIterable<RoutingEvent> {
      askedFrom.push(after);
      if (askedFrom.length === 1) {
        yield { type: 'rules.changed', cursor: '1-8', at: 1 } as unknown as RoutingEvent;
        throw new CursorTooOld('events between 1-8 and 1-1000008 are no longer kept');
      }
      readOn();
    }
    const parts = {
      routing: { events, snapshot: () => Promise.resolve({ cursor: '1-1000010' }) },
      cursors: {
        read: () => Promise.resolve(stored),
        write: async (_name: string, cursor: string) => {
          if (cursor === '1-8') await slow;
          stored = cursor;
        },
      },
      reconcile: () => Promise.resolve(),
      hints: { give: () => undefined },
      clock: { ...systemClock, after: (_ms: number, then: () => void) => systemClock.after(0, then) },
      log: pino({ level: 'silent' }),
    } as unknown as Parts;

    const pump = new RoutingPump(parts);
    pump.start();
    setImmediate(writtenAt);
    await goesOn;
    await pump.stop();
    assert.deepEqual(askedFrom.slice(0, 2), [undefined, '1-1000010']);
  });
});

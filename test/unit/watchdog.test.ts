import assert from 'node:assert/strict';
import { pino } from 'pino';
import { Watchdog } from '../../contact-server/app/watchdog.ts';
import type { Fact } from '../../contact-server/domain/callback.ts';
import { systemClock } from '../../server-kit/clock.ts';
import { ProblemError } from '../../server-kit/problem.ts';
import { eventually } from '../support/eventually.ts';

type Parts = ConstructorParameters<typeof Watchdog>[0];

describe('The watchdog, when one state past its deadline cannot be repaired [CB8]', () => {
  let noted: string[];
  let looks: number;
  let why: Error;
  let watchdog: Watchdog;

  beforeEach(() => {
    noted = [];
    looks = 0;
    const record = (id: string) => ({ callback: { id, phase: { state: 'dialing-agent' }, wish: {} } });
    watchdog = new Watchdog({
      store: {
        overdue: () => {
          looks += 1;
          return Promise.resolve(['broken', 'c1', 'c2'].filter((id) => !noted.includes(id)));
        },
        find: (id: string) => Promise.resolve(record(id)),
      },
      times: { postponed: () => Promise.resolve(undefined) },
      callbacks: {
        note: (id: string, fact: Fact) => {
          if (id === 'broken') return Promise.reject(why);
          noted.push(id);
          return Promise.resolve({ callback: { id, phase: { state: 'queued' } }, fact });
        },
      },
      audit: { add: () => Promise.resolve() },
      telephony: { onStatus: () => () => undefined },
      clock: systemClock,
      log: pino({ level: 'silent' }),
      reconcile: () => Promise.resolve(),
      everyMs: 5,
      reconcileMs: 60_000,
    } as unknown as Parts);
  });
  afterEach(() => watchdog.stop());

  it('repairs all others, and comes back to it', async () => {
    why = new Error('nobody thought of this');
    watchdog.start();
    await eventually('the others', () => noted.length === 2 || undefined);
    const before = looks;
    await eventually('another look', () => looks > before || undefined);
    assert.deepEqual(noted, ['c1', 'c2']);
  });

  it('waits with all where a store is away: the next would not be found either', async () => {
    why = new ProblemError('unavailable');
    watchdog.start();
    await eventually('another look', () => looks > 2 || undefined);
    assert.deepEqual(noted, []);
  });
});

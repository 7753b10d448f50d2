import assert from 'node:assert/strict';
import { watchServices } from '../../contact-server/app/service-watch.ts';
import type { BoardView } from '../../contracts/agent.ts';
import { Mailbox } from '../support/mailbox.ts';

describe('The look at what the server stands on', () => {
  let redis: boolean;
  let heard: string[];
  let looks: Mailbox<() => void>;
  let stop: () => void;
  let now: number;
  let isAuditAway: boolean;
  let news: () => void;

  beforeEach(() => {
    redis = true;
    heard = [];
    now = 0;
    isAuditAway = false;
    looks = new Mailbox();
    const up = { up: true };
    const services = (): Promise<BoardView['services']> =>
      Promise.resolve({ redis: { up: redis }, mongodb: up, sip: up, dmz: up });
    const clock = {
      now: () => now,
      after(_ms: number, then: () => void) {
        looks.put(then);
        return () => {};
      },
    };
    stop = watchServices({
      services,
      clock,
      onNews: (listener) => {
        news = listener;
        return () => {};
      },
      onChange: () => heard.push('changed'),
      onStale: () => heard.push('stale'),
      onOver: ({ service, from, to }) => {
        if (isAuditAway) return Promise.reject(new Error('away'));
        heard.push(`${service} ${String(from)}-${String(to)}`);
        return Promise.resolve();
      },
    });
  });
  afterEach(() => stop());

  /** The next look comes due, and is over when the one after it is set up. */
  const look = async (): Promise<void> => (await looks.next())();
  /** What was begun is done: nothing of it waits for more than promises. */
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('says how long something was away, once it is back; where that cannot be written down, the next time [CB8]', async () => {
    await look();
    redis = false;
    now = 1_000;
    await look();
    now = 11_000;
    await look();
    redis = true;
    isAuditAway = true;
    now = 13_000;
    await look();
    await look();
    isAuditAway = false;
    now = 15_000;
    await look();
    await look();
    const last = await looks.next();
    assert.deepEqual(
      heard.filter((it) => it.startsWith('redis')),
      ['redis 1000-13000'],
    );
    last();
  });

  it('hears of what is away and back before the next look, where that says so itself [CB8]', async () => {
    await look();
    const next = await looks.next();
    redis = false;
    now = 100;
    news();
    await settled();
    redis = true;
    now = 300;
    news();
    await settled();
    assert.deepEqual(heard, ['changed', 'stale', 'changed', 'redis 100-300']);
    next();
  });

  it('does not call away what has not come yet', async () => {
    redis = false;
    await look();
    redis = true;
    await look();
    await look();
    const last = await looks.next();
    assert.ok(!heard.some((it) => it.startsWith('redis')));
    last();
  });

  it('says once that something went away, and once that it came back [AD8]', async () => {
    await look();
    await look();
    assert.deepEqual(heard, []);
    redis = false;
    await look();
    await look();
    assert.deepEqual(heard, ['changed', 'stale']);
    redis = true;
    await look();
    const afterwards = await looks.next();
    assert.deepEqual(heard, ['changed', 'stale', 'changed', 'redis 0-0']);
    afterwards();
  });
});

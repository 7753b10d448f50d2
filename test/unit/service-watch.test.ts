import assert from 'node:assert/strict';
import { watchServices } from '../../contact-server/app/service-watch.ts';
import type { BoardView } from '../../contracts/agent.ts';
import { Mailbox } from '../support/mailbox.ts';

describe('The look at what the server stands on', () => {
  let redis: boolean;
  let heard: string[];
  let looks: Mailbox<() => void>;
  let stop: () => void;

  beforeEach(() => {
    redis = true;
    heard = [];
    looks = new Mailbox();
    const up = { up: true };
    const services = (): Promise<BoardView['services']> =>
      Promise.resolve({ redis: { up: redis }, mongodb: up, sip: up, dmz: up });
    const clock = {
      now: () => 0,
      after(_ms: number, then: () => void) {
        looks.put(then);
        return () => {};
      },
    };
    stop = watchServices({
      services,
      clock,
      onChange: () => heard.push('changed'),
      onStale: () => heard.push('stale'),
    });
  });
  afterEach(() => stop());

  /** The next look comes due, and is over when the one after it is set up. */
  const look = async (): Promise<void> => (await looks.next())();

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
    assert.deepEqual(heard, ['changed', 'stale', 'changed']);
    afterwards();
  });
});

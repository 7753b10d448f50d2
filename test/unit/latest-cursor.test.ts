import assert from 'node:assert/strict';
import { LatestCursor } from '../../contact-server/app/latest-cursor.ts';
import type { Clock } from '../../server-kit/clock.ts';

describe('The place of a reader', () => {
  let due: (() => void)[];
  const clock: Clock = {
    now: () => 0,
    after(_ms, then) {
      due.push(then);
      return () => (due = due.filter((it) => it !== then));
    },
  };
  beforeEach(() => (due = []));

  it('is written now and then, and only where it is by then', async () => {
    const stored: string[] = [];
    let written = (): void => {};
    const cursor = new LatestCursor(clock, (it) => {
      stored.push(it);
      written();
      return Promise.resolve();
    });
    for (const it of ['1-1', '1-2', '1-3']) cursor.write(it);
    assert.deepEqual(stored, []);
    const first = new Promise<void>((resolve) => (written = resolve));
    for (const it of due.splice(0)) it();
    await first;
    assert.deepEqual(stored, ['1-3']);
  });

  it('is written at once before its process ends', async () => {
    const stored: string[] = [];
    const cursor = new LatestCursor(clock, (it) => {
      stored.push(it);
      return Promise.resolve();
    });
    cursor.write('1-1');
    cursor.write('1-2');
    await cursor.idle();
    assert.deepEqual(stored, ['1-2']);
    assert.equal(due.length, 0);
  });
});

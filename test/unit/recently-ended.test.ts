import assert from 'node:assert/strict';
import { RecentlyEnded } from '../../contact-server/app/recently-ended.ts';
import type { CallbackRecord } from '../../contact-server/ports/stores.ts';

const minute = 60_000;
const ended = (id: string, at: number): CallbackRecord =>
  ({ callback: { id, history: [{ at, state: 'completed', why: '' }] } }) as unknown as CallbackRecord;

describe('What ended lately, as the board knows it [MG3]', () => {
  const stored: CallbackRecord[] = [];
  let asked: number[] = [];
  let recent: RecentlyEnded;
  beforeEach(() => {
    stored.splice(0);
    asked = [];
    recent = new RecentlyEnded({
      endedSince: (at) => {
        asked.push(at);
        return Promise.resolve(stored.filter(({ callback }) => callback.history[0]!.at >= at));
      },
    });
  });
  const known = async (from: number, now: number): Promise<string[]> =>
    (await recent.since(from, now)).map((it) => it.callback.id).sort();

  it('is read once, and then only what ended since, with a minute for clocks that differ', async () => {
    stored.push(ended('a', 10 * minute), ended('b', 90 * minute));
    assert.deepEqual(await known(0, 100 * minute), ['a', 'b']);
    stored.push(ended('late', 89.5 * minute), ended('c', 101 * minute));
    assert.deepEqual(await known(0, 102 * minute), ['a', 'b', 'c', 'late']);
    assert.deepEqual(asked, [0, 89 * minute]);
  });

  it('is forgotten when it is too old, and read anew after ten minutes or for an earlier beginning', async () => {
    stored.push(ended('a', 10 * minute), ended('b', 90 * minute));
    await known(0, 100 * minute);
    assert.deepEqual(await known(20 * minute, 101 * minute), ['b']);
    await known(20 * minute, 110 * minute);
    await known(5 * minute, 111 * minute);
    assert.deepEqual(await known(-minute, 111 * minute), ['a', 'b']);
    assert.deepEqual(asked, [0, 89 * minute, 20 * minute, 5 * minute, -minute]);
  });
});

import assert from 'node:assert/strict';
import { tell } from '../../contact-server/app/told-promise.ts';

const minute = 60_000;
const start = Date.parse('2026-06-01T10:00:00Z');
const range = (from: number, to: number) => ({ from: start + from * minute, to: start + to * minute });
const told = { ...range(6, 12), madeAt: start };
const at = (minutes: number) => start + minutes * minute;

describe('What a visitor in line is told', () => {
  it('is the first range as it is, and nothing where nothing can be promised [AV8]', () => {
    const first = tell(undefined, range(6, 12), start);
    assert.deepEqual([first.range, first.broke], [range(6, 12), false]);
    assert.deepEqual(tell(undefined, undefined, start), { broke: false });
  });

  it('holds while newer ranges come and go, however good or bad they look for a moment [AV8]', () => {
    for (const fresh of [range(5, 11), range(7, 14), range(11, 30), undefined]) {
      const { range: now, broke } = tell(told, fresh, at(1));
      assert.deepEqual([now, broke], [range(6, 12), false]);
    }
  });

  it('narrows when the line has moved well clear of either end, and never widens [AV8]', () => {
    assert.deepEqual(tell(told, range(6, 8), at(2)).range, range(6, 9));
    assert.deepEqual(tell(told, range(9, 11), at(2)).range, range(8, 12));
    const narrow = tell(told, range(7.5, 8.5), at(2)).range!;
    assert.ok(narrow.from >= told.from && narrow.to <= told.to);
    assert.ok(narrow.to - narrow.from < told.to - told.from);
  });

  it('is withdrawn as soon as the newest range lies wholly behind it, long before it is over [ES1]', () => {
    const { range: next, broke } = tell(told, range(13, 20), at(2));
    assert.deepEqual([next, broke], [range(13, 20), true]);
  });

  it('is withdrawn a little before its end when the visitor still stands in line [ES1]', () => {
    const { reviewAt } = tell(told, range(8, 14), at(1));
    assert.ok(reviewAt !== undefined && reviewAt < told.to && reviewAt >= told.to - 10_000);
    assert.equal(tell(told, range(11.5, 14), reviewAt - 1).broke, false);
    const late = tell(told, range(11.9, 12.1), reviewAt);
    assert.equal(late.broke, true);
    assert.ok(late.range!.to >= reviewAt + minute, 'and not for one that is as good as over');
    assert.deepEqual(tell(told, undefined, reviewAt), { broke: true });
  });

  it('is looked at again in time even where the promise is for a few seconds [ES1]', () => {
    const short = { from: start, to: start + 5_000 };
    const { reviewAt } = tell(undefined, short, start);
    assert.ok(reviewAt !== undefined && reviewAt > start + 4_000 && reviewAt < short.to);
  });
});

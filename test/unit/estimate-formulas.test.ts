import assert from 'node:assert/strict';
import { erlangA, erlangC } from '../../bench/simulator/formulas.ts';
import { lineWait, placeWait } from '../../bench/simulator/place.ts';

const rounded = (digits: number, ...numbers: readonly number[]) =>
  numbers.map((it) => Number(it.toFixed(digits)));

describe('The formulas that forecasts are measured against', () => {
  for (const [load, agents, handle, waits, asa, level, occupancy] of [
    [10, 12, 300, 0.4494, 67.41, 0.6067, 0.8333],
    [2, 3, 180, 0.4444, 80.0, 0.6023, 0.6667],
    [25, 30, 240, 0.2499, 11.99, 0.8353, 0.8333],
  ] as const) {
    it(`give Erlang C for ${load} at once and ${agents} agents`, () => {
      const found = erlangC(load, agents, handle, 20);
      assert.deepEqual(rounded(4, found.waits, found.serviceLevel, found.occupancy), [
        waits,
        level,
        occupancy,
      ]);
      assert.deepEqual(rounded(2, found.asa), [asa]);
    });
  }

  for (const [load, agents, handle, patience, waits, abandons, wait, occupancy] of [
    [10, 12, 300, 120, 0.2506, 0.0722, 8.67, 0.7731],
    [12, 10, 300, 180, 0.6843, 0.2278, 41.01, 0.9266],
  ] as const) {
    it(`give Erlang A for ${load} at once, ${agents} agents and a patience of ${patience} s`, () => {
      const found = erlangA(load, agents, handle, patience);
      assert.deepEqual(rounded(4, found.waits, found.abandons, found.occupancy), [
        waits,
        abandons,
        occupancy,
      ]);
      assert.deepEqual(rounded(2, found.wait), [wait]);
    });
  }

  for (const [ahead, servers, handle, mean, p10, p50, p90] of [
    [0, 3, 300, 100.0, 10.5, 69.3, 230.3],
    [2, 3, 300, 300.0, 110.2, 267.4, 532.2],
    [5, 10, 240, 144.0, 75.6, 136.1, 222.6],
  ] as const) {
    it(`give the place in line: ${ahead} ahead, ${servers} agents, ${handle} s`, () => {
      const wait = placeWait(ahead, servers, handle);
      assert.deepEqual(rounded(1, wait.mean, wait.p10, wait.p50, wait.p90), [mean, p10, p50, p90]);
    });
  }

  it('give the place in long lines too', () => {
    const { mean, p10, p90 } = placeWait(99_999, 1, 1);
    assert.equal(mean, 100_000);
    assert.ok(Math.abs(p10 - 99_595) < 5 && Math.abs(p90 - 100_405) < 5, `${p10} ${p90}`);
  });

  it('count of others ahead those who compete for the same agents', () => {
    const agents = [['es', 'en'], ['en'], ['en']];
    const servers = (...classes: readonly string[]) =>
      agents.filter((can) => classes.every((it) => can.includes(it))).length;
    const ahead = new Map([
      ['es', 2],
      ['en', 6],
    ]);
    // Of three who speak English one speaks Spanish too: of the six English contacts ahead, two will be theirs.
    assert.equal(Math.round(lineWait('es', ahead, servers, 60_000)?.mean ?? 0), 5 * 60_000);
    assert.equal(lineWait('fr', ahead, servers, 60_000), undefined);
  });
});

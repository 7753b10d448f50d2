import assert from 'node:assert/strict';
import type { AgentId } from '../../contracts/ids.ts';
import type { Comer, Situation, Waiting } from '../../routing/testing.ts';
import {
  ALL,
  binOf,
  Forecast,
  fromZero,
  knowledgeFrom,
  later,
  lineScore,
  precedence,
} from '../../routing/testing.ts';

const second = 1_000;
const minute = 60 * second;
const at = Date.parse('2026-06-01T10:00:00Z');
const others = { before: 0, competes: () => true };
const bo = 'bo' as AgentId;

/** Profiles are written as the classes they serve: `ab` serves `a` and `b`. Contacts take about five minutes. */
const forecastOf = (situation: Partial<Situation>, asking: readonly Waiting[] = [], comers: Comer[] = []) =>
  new Forecast(
    { at, busy: [], idle: [], coming: [], line: [], more: false, oneIn: 1, ...situation },
    asking,
    knowledgeFrom(
      {
        ...{ lapses: 0, awayMs: 0, cancels: 0, waitedMs: 0, comers },
        laws: new Map([[ALL, new Map([[binOf(5 * minute), 200]])]]),
      },
      (profile, id) => profile.includes(id),
      5 * minute,
    ),
  );
/** The n-th in line. */
const waits = (n: number, id: string, more: Partial<Waiting> = {}): Waiting => ({
  class: id,
  score: lineScore(0, at - (100 - n) * second),
  ...more,
});
const ring = (id: string, inMs: number) => ({ at: at + inMs, class: id });
const idle = (...profiles: string[]) => profiles.map((profile) => ({ profile }));
const busy = (profile: string, id: string, agentId?: AgentId) => ({
  ...{ profile, class: id, since: at - minute },
  ...(agentId !== undefined && { agentId }),
});

describe('A forecast of those who will ask for less', () => {
  const spread = (forecast: Forecast, who: Waiting) => {
    const found = forecast.waiting(who, others);
    assert.ok(found, 'something can be promised');
    return found;
  };

  it('counts on agents who are idle already from the moment a ring is due, and on nobody before [AV11] [ES1]', () => {
    const line = [1, 2, 3].map((n) => waits(n, 'a', { rings: [ring('b', n * second + 10 * second)] }));
    const forecast = forecastOf({ idle: idle('b', 'b', 'b'), line });
    for (const [i, who] of line.entries()) {
      const { p10, p50, p90 } = spread(forecast, who);
      const due = (i + 11) * second;
      assert.deepEqual([p10, p50], [due, due]);
      assert.ok(p90 < due + 5 * minute, 'or a little later, when an agent misses the offer');
    }
  });

  it('gives the idle to those whose ring is due first, and has the next wait for one who is free again', () => {
    const line = [1, 2].map((n) => waits(n, 'a', { rings: [ring('b', 10 * second)] }));
    const forecast = forecastOf({ idle: idle('b'), line });
    assert.equal(spread(forecast, line[0]!).p50, 10 * second);
    assert.ok(spread(forecast, line[1]!).p50 > 4 * minute);
  });

  it('puts who widens where their start belongs, before those who came later', () => {
    const late = waits(9, 'b');
    const early = waits(1, 'a', { rings: [ring('b', second)] });
    const forecast = forecastOf({ busy: [busy('b', 'b')], line: [early, late] });
    assert.ok(spread(forecast, early).p50 < spread(forecast, late).p50 - 2 * minute);
  });

  it('follows a second ring where the first brought nobody', () => {
    const who = waits(1, 'a', { rings: [ring('b', 10 * second), ring('c', 20 * second)] });
    assert.equal(spread(forecastOf({ idle: idle('c'), line: [who] }), who).p50, 20 * second);
  });

  it('does not give an agent who is taken by somebody urgent meanwhile', () => {
    const who = waits(1, 'a', { rings: [ring('b', 5 * minute)] });
    const urgent = { class: 'b', urgencyScore: lineScore(10, 0), headStartMs: 0, perMs: 1 / (10 * minute) };
    const { p10, p90 } = spread(forecastOf({ idle: idle('b'), line: [who] }, [], [urgent]), who);
    assert.ok(p10 === 5 * minute && p90 > 6 * minute, `${p10} ${p90}`);
  });

  it('does not count on who is idle now and will have left when a ring is due [ES4]', () => {
    const who = waits(1, 'a', { rings: [ring('b', 5 * minute)] });
    const leaving = { profile: 'b', until: at + 4 * minute };
    const alone = forecastOf({ idle: [leaving], line: [who] });
    assert.equal(alone.waiting(who, others), undefined);
    assert.equal(spread(forecastOf({ idle: [leaving, ...idle('b')], line: [who] }), who).p50, 5 * minute);
  });

  it('never answers for one who will widen with the wait of one who will not, in line or asking [ES1]', () => {
    const stays = waits(1, 'a');
    const widens = waits(2, 'a', { rings: [ring('b', 30 * second)] });
    const askers = [
      { class: 'a', score: lineScore(0, at) },
      { class: 'a', score: lineScore(0, at), rings: [ring('b', 45 * second)] },
    ];
    const forecast = forecastOf(
      { busy: [busy('a', 'a')], idle: idle('b', 'b'), line: [stays, widens] },
      askers,
    );
    assert.ok(spread(forecast, stays).p50 > minute);
    assert.equal(spread(forecast, widens).p50, 30 * second);
    assert.ok(forecast.asking(askers[0]!)!.p50 > minute);
    assert.equal(forecast.asking(askers[1]!)!.p50, 45 * second);
    const sooner = { ...askers[1]!, rings: [ring('b', 5 * second)] };
    assert.equal(forecast.asking(sooner), undefined, 'nor with that of one whose ring is another');
    assert.ok(!forecast.knows(sooner) && !forecast.holds(sooner));
  });
});

describe('A forecast of those who wait for one agent alone', () => {
  const until = at + 60 * second;
  const maria = waits(1, 'a', { waitsFor: { agentId: bo, until } });

  it('has them served by another who is idle when the wait is over, and not before [AV11] [ES1]', () => {
    const forecast = forecastOf({ busy: [busy('ac', 'c', bo)], idle: idle('a'), line: [maria] });
    const { p50, p90 } = forecast.waiting(maria, others)!;
    assert.equal(p50, 60 * second, 'bo talks for four minutes more');
    assert.ok(p90 < 3 * minute);
  });

  it('has them served by that agent where they are free before, and by no other who becomes free', () => {
    const soon = { ...busy('a', 'a'), since: at - 290 * second };
    const his = forecastOf({ busy: [{ ...soon, agentId: bo }], idle: idle('a'), line: [maria] });
    assert.ok(his.waiting(maria, others)!.p10 < 55 * second);
    const hers = forecastOf({ busy: [soon, busy('a', 'a', bo)], line: [maria] });
    assert.ok(hers.waiting(maria, others)!.p10 >= 60 * second);
  });

  it('keeps nobody else from the agents they do not wait for', () => {
    const rui = waits(2, 'a');
    const long = { ...maria, waitsFor: { agentId: bo, until: at + 60 * minute } };
    const [behind, alone] = [[long, rui], [rui]].map((line) =>
      forecastOf({ busy: [busy('a', 'a')], line }).waiting(rui, others),
    );
    assert.deepEqual(behind, alone);
  });

  it('has what a ring asks for less hold once others may serve', () => {
    const wider = { ...maria, rings: [ring('b', 30 * second)] };
    const forecast = forecastOf({ busy: [busy('a', 'a', bo)], idle: idle('b'), line: [wider] });
    assert.equal(forecast.waiting(wider, others)!.p50, 60 * second);
  });
});

describe('A forecast for who would come now where priority counts as time waited', () => {
  /** Under the rule of the matchmaker: each point of priority is worth a minute. */
  const asks = (priority: number): Waiting => {
    const { score, boostMs } = precedence(priority, at, minute);
    return { class: 'a', score, boostMs };
  };
  const waited = (minutes: number): Waiting => ({
    class: 'a',
    score: precedence(0, at - minutes * minute, minute).score,
  });

  it('puts them behind whoever has waited longer than their priority is worth, as the matchmaker will [ES1]', () => {
    const line = [waited(5), waited(3), waited(1)];
    const askers = [0, 2, 4, 6].map(asks);
    const forecast = forecastOf({ busy: [busy('a', 'a')], line }, askers);
    const [five, three, one] = line.map((it) => forecast.waiting(it, others));
    const [none, two, four, six] = askers.map((it) => forecast.asking(it));
    // Worth two minutes: after those who waited for five and for three, in the place of the one who waited for one.
    assert.deepEqual(two, one);
    assert.deepEqual(four, three);
    assert.deepEqual(six, five);
    assert.ok(none!.p50 > one!.p50 + 3 * minute, 'who has no priority comes after all');
  });

  it('is kept for the next who asks the same, whenever that is, and not for one of another priority', () => {
    const kept = fromZero(asks(2));
    assert.equal(kept.score, lineScore(0, 0) - 2 * minute);
    assert.deepEqual(later(kept, at), asks(2));
    const forecast = forecastOf({ busy: [busy('a', 'a')] }, [later(kept, at)]);
    assert.ok(forecast.knows(asks(2)) && !forecast.knows(asks(3)) && !forecast.knows(asks(0)));
  });

  it('goes by the same times of widening', () => {
    const widens = { ...asks(2), rings: [ring('b', 30 * second)] };
    const forecast = forecastOf({ busy: [busy('a', 'a')], idle: idle('b') }, [later(fromZero(widens), at)]);
    assert.equal(forecast.asking(widens)?.p50, 30 * second);
  });
});

describe('A forecast of those who wait for one agent alone who will not come', () => {
  const hour = 60 * minute;
  const maria = waits(1, 'a', { waitsFor: { agentId: bo, until: at + hour } });
  /** Has talked for so long; takes nothing more. */
  const ending = (minutes: number, more: object = {}) => ({
    ...{ profile: 'a', class: 'a', since: at - minutes * minute, agentId: bo, until: at },
    ...more,
  });
  const logsOff = { logsOff: true };
  const just = { profile: 'a', class: 'a', since: at };
  const told = (situation: Partial<Situation>, who = maria) => forecastOf(situation).waiting(who, others);

  it('has them served by another as soon as that one has logged off, and stand in line before those who came later', () => {
    const rui = waits(2, 'a');
    const alone = told({ busy: [just], line: [waits(1, 'a')] }, waits(1, 'a'));
    assert.ok(alone && alone.p10 > 3 * minute);
    // Bo has talked for four minutes already, and is gone before the other is free.
    const line = [maria, rui];
    const off = told({ busy: [just, ending(4, logsOff)], line });
    assert.ok(off && Math.abs(off.p50 - alone.p50) < 5 * second, 'the one left takes maria');
    const behind = told({ busy: [just, ending(4, logsOff)], line }, rui);
    assert.ok(behind && behind.p10 > alone.p90, 'one agent is left, for one after the other');
  });

  it('gives them one who is idle at the very moment at which that one logs off', () => {
    const free = told({ busy: [ending(1, { until: undefined })], line: [maria] });
    const off = told({ busy: [ending(1, logsOff)], idle: idle('a'), line: [maria] });
    assert.deepEqual(off?.p50, free?.p50);
    assert.ok(off && off.p50 < 5 * minute);
  });

  it('waits until the last of that one’s contacts is over', () => {
    const chats = [ending(4.5, logsOff), ending(0, logsOff)];
    const off = told({ busy: chats, idle: idle('a'), line: [maria] });
    const last = told({ busy: [ending(0, { until: undefined })], line: [maria] });
    assert.ok(off && last && off.p10 > 4 * minute && Math.abs(off.p50 - last.p50) < minute / 2);
  });

  it('has them wait on where that one only takes a break: so does the matchmaker', () => {
    const soon = { ...maria, waitsFor: { agentId: bo, until: at + 10 * minute } };
    assert.equal(told({ busy: [ending(1)], idle: idle('a'), line: [soon] }, soon)?.p50, 10 * minute);
  });

  it('has them ask for less when they would, once they wait for anybody', () => {
    const wider = { ...maria, rings: [ring('b', 10 * minute)] };
    const off = { busy: [ending(1, logsOff)], idle: idle('b'), line: [wider] };
    assert.equal(told(off, wider)?.p50, 10 * minute);
    const stays = { busy: [ending(1)], idle: idle('b'), line: [wider] };
    assert.equal(told(stays, wider)?.p50, hour);
  });

  it('says the same to who would come now and wait for that one', () => {
    const asker = { ...maria, score: lineScore(0, at) };
    const forecast = forecastOf({ busy: [ending(1, logsOff)], idle: idle('a'), line: [maria] }, [asker]);
    assert.ok(forecast.asking(asker)!.p50 > forecast.waiting(maria, others)!.p50 + 3 * minute);
    const two = forecastOf({ busy: [ending(1, logsOff)], idle: idle('a', 'a', 'a'), line: [maria] }, [asker]);
    assert.deepEqual(two.asking(asker)?.p50, two.waiting(maria, others)?.p50);
  });
});

import assert from 'node:assert/strict';
import type { Experience, Law, Situation, Waiting } from '../../routing/testing.ts';
import { ALL, binOf, Forecast, knowledgeFrom, learnedLaw, lineScore } from '../../routing/testing.ts';

const second = 1_000;
const minute = 60 * second;
const at = Date.parse('2026-06-01T10:00:00Z');
const USUAL = 5 * minute;
const nothing: Experience = { laws: new Map(), lapses: 0, awayMs: 0, cancels: 0, waitedMs: 0, comers: [] };

/** Everybody counted took about this long. */
const counted = (ms: number, n = 200) => new Map([[binOf(ms), n]]);
const always = (ms: number): Experience => ({ ...nothing, laws: new Map([[ALL, counted(ms)]]) });

/** Profiles are written as the classes they serve: `ab` serves `a` and `b`. */
const serves = (profile: string, id: string) => profile.includes(id);
const forecastOf = (situation: Partial<Situation>, experience = nothing, asking: readonly Waiting[] = []) =>
  new Forecast(
    { at, busy: [], idle: [], coming: [], line: [], more: false, oneIn: 1, ...situation },
    asking,
    knowledgeFrom(experience, serves, USUAL),
  );
const busy = (n: number, profile: string, id: string, elapsed = minute) =>
  Array.from({ length: n }, (_, i) => ({ profile, class: id, since: at - elapsed - i * second }));
const waiting = (n: number, id: string, priority = 0): Waiting[] =>
  Array.from({ length: n }, (_, i) => ({ class: id, score: lineScore(priority, at - (n - i) * second) }));
const nobody = { before: 0, competes: () => true };

describe('The law of handling times', () => {
  const quartiles = (law: Law) => [0.25, 0.5, 0.75].map((share) => law.quantile(share));

  it('is a log-normal with the usual mean before anything was seen', () => {
    const law = learnedLaw(new Map(), new Map(), USUAL);
    assert.ok(Math.abs(law.mean - USUAL) < 0.05 * USUAL, `${law.mean}`);
    assert.ok(law.quantile(0.5) < 0.75 * USUAL, 'half are much shorter than the mean');
  });

  it('follows what a kind of contact took, leaning on all kinds where it is new', () => {
    const all = counted(2 * minute);
    const own = learnedLaw(counted(10 * minute), all, USUAL);
    const fresh = learnedLaw(new Map(), all, USUAL);
    assert.ok(Math.abs((quartiles(own)[1] ?? 0) - 10 * minute) < 2 * minute);
    assert.ok(Math.abs((quartiles(fresh)[1] ?? 0) - 2 * minute) < 0.4 * minute);
  });

  it('keeps short calls that nobody answered apart from long talks', () => {
    const law = learnedLaw(
      new Map([
        [binOf(35 * second), 100],
        [binOf(10 * minute), 100],
      ]),
      new Map(),
      USUAL,
    );
    assert.ok(law.quantile(0.3) < minute && law.quantile(0.7) > 8 * minute);
    // One that has lasted a minute is a talk: most of it is still to come.
    assert.ok(law.residual(minute, law.within(minute), 0.3) > 7 * minute);
  });

  it('says of a contact that lasts longer than any before that it will end, at no particular time', () => {
    const law = learnedLaw(new Map(), new Map(), USUAL);
    const day = 24 * 60 * minute;
    for (const share of [0, 0.5, 0.999]) {
      const left = law.residual(day, law.within(day), share);
      assert.ok(left >= 0 && Number.isFinite(left), `${left}`);
    }
  });
});

describe('A forecast', () => {
  it('is the same for the same moment', () => {
    const moment = { busy: busy(5, 'a', 'a'), line: waiting(20, 'a') };
    const [one, other] = [forecastOf(moment), forecastOf(moment)];
    for (const who of moment.line) assert.deepEqual(one.waiting(who, nobody), other.waiting(who, nobody));
  });

  it('is never negative, is in order, and later places wait longer [AV8]', () => {
    const line = waiting(60, 'a');
    const forecast = forecastOf({ busy: busy(7, 'a', 'a'), line });
    let before = { p10: 0, p50: 0, p90: 0 };
    for (const who of line) {
      const spread = forecast.waiting(who, nobody);
      assert.ok(spread);
      assert.ok(0 <= spread.p10 && spread.p10 <= spread.p50 && spread.p50 <= spread.p90);
      assert.ok(spread.p10 >= before.p10 && spread.p50 >= before.p50 && spread.p90 >= before.p90);
      before = spread;
    }
  });

  it('narrows as the line moves: whoever stands nearer has the narrower range [AV8]', () => {
    const widths = [60, 30, 10, 1].map((ahead) => {
      const line = waiting(ahead, 'a');
      const spread = forecastOf({ busy: busy(7, 'a', 'a'), line }).waiting(line.at(-1)!, nobody)!;
      return spread.p90 - spread.p10;
    });
    assert.deepEqual(
      widths,
      [...widths].sort((a, b) => b - a),
    );
    assert.ok((widths[0] ?? 0) > 3 * (widths.at(-1) ?? 0));
  });

  it('follows the handling times learned, and how long present contacts have lasted', () => {
    const line = waiting(9, 'a');
    const last = line.at(-1)!;
    const middle = (experience: Experience, elapsed: number) =>
      forecastOf({ busy: busy(3, 'a', 'a', elapsed), line }, experience).waiting(last, nobody)!.p50;
    assert.ok(middle(always(10 * minute), minute) > 3 * middle(always(2 * minute), minute));
    // Contacts of about ten minutes that began nine minutes ago are about to end.
    assert.ok(middle(always(10 * minute), 9 * minute) < middle(always(10 * minute), minute) - 5 * minute);
  });

  it('knows that agents of several kinds are shared, by the order of the line', () => {
    const [first, second_] = [waiting(1, 'a')[0]!, { class: 'b', score: lineScore(0, at) }];
    const forecast = forecastOf({ busy: busy(1, 'ab', 'a'), line: [first, second_] });
    assert.ok(forecast.waiting(second_, nobody)!.p50 > forecast.waiting(first, nobody)!.p50);
    const apart = forecastOf({ busy: [...busy(1, 'a', 'a'), ...busy(1, 'b', 'a')], line: [first, second_] });
    assert.ok(apart.waiting(second_, nobody)!.p50 < forecast.waiting(second_, nobody)!.p50);
  });

  it('promises nothing where nobody will come who can help', () => {
    const line = waiting(2, 'b');
    assert.equal(forecastOf({ busy: busy(3, 'a', 'a'), line }).waiting(line[0]!, nobody), undefined);
    const leaving = busy(3, 'b', 'b').map((it) => ({ ...it, until: at }));
    assert.equal(forecastOf({ busy: leaving, line }).waiting(line[0]!, nobody), undefined);
  });

  it('counts on shifts that begin and end, where the plan is known', () => {
    const line = waiting(20, 'a');
    const last = line.at(-1)!;
    const alone = forecastOf({ busy: busy(1, 'a', 'a'), line }).waiting(last, nobody)!;
    const coming = Array.from({ length: 20 }, () => ({ profile: 'a', at: at + 10 * minute }));
    const helped = forecastOf({ busy: busy(1, 'a', 'a'), line, coming }).waiting(last, nobody)!;
    assert.ok(helped.p90 < 12 * minute && alone.p50 > 30 * minute, `${helped.p90} ${alone.p50}`);
  });

  it('lets those go who cancel, and makes room for those who will overtake', () => {
    const line = waiting(40, 'a');
    const middle = (experience: Experience) =>
      forecastOf({ busy: busy(4, 'a', 'a'), line }, experience).waiting(line.at(-1)!, nobody)!.p50;
    const usual = middle(nothing);
    assert.ok(middle({ ...nothing, cancels: 60, waitedMs: 60 * 20 * minute }) < 0.8 * usual);
    const urgent = { class: 'a', urgencyScore: lineScore(10, 0), headStartMs: 0, perMs: 1 / (3 * minute) };
    assert.ok(middle({ ...nothing, comers: [urgent] }) > 1.2 * usual);
    const back = {
      class: 'a',
      urgencyScore: lineScore(0, 0),
      headStartMs: 60 * minute,
      perMs: 1 / (3 * minute),
    };
    assert.ok(middle({ ...nothing, comers: [back] }) > 1.2 * usual);
    const harmless = { ...back, headStartMs: 0 };
    const same = middle({ ...nothing, comers: [harmless] });
    assert.ok(Math.abs(same - usual) < 0.1 * usual, 'who comes last overtakes nobody');
    assert.ok(
      middle({ ...nothing, lapses: 50, awayMs: 50 * 5 * minute, laws: new Map([[ALL, counted(USUAL)]]) }) >
        1.2 * middle(always(USUAL)),
    );
  });

  it('of a new centre does not take one missed offer for a habit [ES2]', () => {
    const line = waiting(3, 'a');
    const before = forecastOf({ busy: busy(1, 'a', 'a'), line }).waiting(line[2]!, nobody)!;
    const missed = { ...nothing, lapses: 1, awayMs: minute };
    const after = forecastOf({ busy: busy(1, 'a', 'a'), line }, missed).waiting(line[2]!, nobody);
    assert.ok(after, 'something can still be promised');
    assert.ok(after.p50 < 1.5 * before.p50, `${after.p50} ${before.p50}`);
  });

  it('tells somebody who only asks what the last in line would wait, and the urgent less [AV8]', () => {
    const line = waiting(30, 'a');
    const askers = [0, 10].map((priority) => ({ class: 'a', score: lineScore(priority, at) }));
    const forecast = forecastOf({ busy: busy(5, 'a', 'a'), line }, nothing, askers);
    const [last, usual, urgent] = [
      forecast.waiting(line.at(-1)!, nobody)!,
      ...askers.map((it) => forecast.asking({ ...it, score: it.score + second })!),
    ];
    assert.ok(usual!.p50 >= last.p50 && usual!.p50 < 1.3 * last.p50);
    assert.ok(urgent!.p50 < 0.2 * last.p50);
    assert.equal(forecast.asking({ ...askers[0]!, class: 'b' }), undefined);
  });

  it('takes a line of a hundred thousand for a fluid, at the pace of its beginning', () => {
    const forecast = forecastOf(
      { busy: busy(100, 'a', 'a'), line: waiting(2_000, 'a'), more: true },
      always(5 * minute),
    );
    const behind = (ahead: number) =>
      forecast.waiting(
        { class: 'a', score: lineScore(0, at + minute) },
        { before: ahead, competes: () => true },
      )!;
    const [near, far] = [behind(10_000), behind(100_000)];
    const pace = (far.p50 - near.p50) / 90_000;
    assert.ok(Math.abs(pace - (5 * minute) / 100) < 0.15 * ((5 * minute) / 100), `${pace} ms each`);
    assert.ok(far.p10 < far.p50 && far.p50 < far.p90 && far.p10 > near.p90);
  });

  it('of a very big centre is made from a part of it, and says about the same [ES2]', () => {
    const [line, held] = [waiting(600, 'a'), busy(300, 'a', 'a')];
    const every = <T>(list: readonly T[], n: number) => list.filter((_, i) => i % n === 0);
    const urgent = { class: 'a', urgencyScore: lineScore(10, 0), headStartMs: 0, perMs: 1 / (10 * second) };
    const experience = { ...always(USUAL), comers: [urgent] };
    const whole = forecastOf({ busy: held, line }, experience).waiting(line[594]!, nobody)!;
    const part = forecastOf({ busy: every(held, 3), line: every(line, 3), oneIn: 3 }, experience);
    const same = part.waiting(line[594]!, nobody)!;
    assert.ok(Math.abs(same.p50 - whole.p50) < 0.15 * whole.p50, `${same.p50} ${whole.p50}`);
    const cut = { line: line.slice(0, 300), more: true };
    const others = { before: 594, competes: () => true };
    const far = forecastOf({ busy: held, ...cut }, experience).waiting(line[594]!, others)!;
    const partCut = { line: every(cut.line, 3), more: true, oneIn: 3 };
    const farPart = forecastOf({ busy: every(held, 3), ...partCut }, experience);
    const sameFar = farPart.waiting(line[594]!, others)!;
    assert.ok(Math.abs(sameFar.p50 - far.p50) < 0.2 * far.p50, `${sameFar.p50} ${far.p50}`);
  });
});

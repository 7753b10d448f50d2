import assert from 'node:assert/strict';
import { WidgetBench } from '../support/widget-bench.ts';

describe('A request for a call is not lost', () => {
  const bench = new WidgetBench();
  before(() => bench.open());
  beforeEach(() => bench.fresh());
  afterEach(() => bench.endOfStory());
  after(() => bench.close());

  it('when the server takes none at the moment: it goes out again with the same key, and counts once [SD6, WI3]', async () => {
    bench.api.failures.push({ on: 'POST', problem: 'unavailable' }, { on: 'POST', problem: 'unavailable' });
    const visitor = await bench.visit();
    await visitor.asksForACall();
    await visitor.reads('We have kept your request; trying again.');
    await visitor.reads('You are 3rd');
    const [first, second, third] = [
      await bench.api.asked.next(),
      await bench.api.asked.next(),
      await bench.api.asked.next(),
    ];
    assert.match(first.key, /^[\w-]{22}$/);
    assert.deepEqual([second, third], [first, first]);
    assert.equal(bench.api.count, 1);
  });

  it('nor doubled when it was accepted and only the answer was lost [WI3]', async () => {
    bench.api.failures.push({ on: 'POST', cut: 'after' });
    const visitor = await bench.visit();
    await visitor.asksForACall();
    await visitor.reads('You are 3rd');
    assert.equal(bench.api.count, 1);
  });

  it('when the page is loaded again before it got through [WI3]', async () => {
    bench.api.failures.push(...Array.from({ length: 3 }, () => ({ on: 'POST', cut: 'before' }) as const));
    const visitor = await bench.visit();
    await visitor.asksForACall();
    await visitor.reads('We have kept your request; trying again.');
    bench.api.failures.length = 0;
    await visitor.page.reload();
    await visitor.pill('You are 3rd');
    assert.equal(bench.api.count, 1);
  });

  it('when the tab is closed, and another is opened: the place in line is there [WI3]', async () => {
    const visitor = await bench.visit();
    await visitor.asksForACall();
    await visitor.reads('You are 3rd');
    await visitor.page.close();
    const back = await bench.visit('/another');
    await back.pill('You are 3rd');
    await back.reads('We expect to ring between');
    assert.equal(await back.focused(), '', 'nothing takes the focus from the page');
    assert.deepEqual(bench.api.faults, []);
  });

  it('for another tab that is open already: it hears of it', async () => {
    const [one, other] = [await bench.visit(), await bench.visit('/other')];
    await other.page.bringToFront();
    await other.open();
    await one.page.bringToFront();
    await one.asksForACall();
    await one.reads('You are 3rd');
    // A tab behind others draws when it likes.
    await other.page.bringToFront();
    await other.reads('You are 3rd');
  });

  it('but is not sent by itself an hour later', async () => {
    bench.api.failures.push(
      ...Array.from({ length: 9 }, () => ({ on: 'POST', problem: 'unavailable' }) as const),
    );
    const visitor = await bench.visit();
    await visitor.asksForACall();
    await visitor.reads('We have kept your request');
    const later = await bench.visit('/later', (page) =>
      page.evaluateOnNewDocument(() => {
        const { now } = Date;
        Date.now = () => now() + 2 * 60 * 60_000;
      }),
    );
    await visitor.page.close();
    await later.reads('We could not send your request. Shall we send it now?');
    await later.press('Discard');
    await later.reads('Your phone number');
    assert.equal(bench.api.count, 0);
  });

  it('and is kept for as long as the server says, also told by a page that was loaded after it was sent', async () => {
    bench.api.availability = { ...bench.api.availability, keepDays: 1 };
    const visitor = await bench.visit();
    await visitor.asksForACall();
    await visitor.reads('You are 3rd');
    await visitor.page.reload();
    await visitor.reads('You are 3rd');
    await visitor.press('What we store and why');
    await visitor.reads('to ring you. Days kept after the call: 1.');
  });

  it('and is forgotten on this device when the visitor wants that', async () => {
    const visitor = await bench.visit();
    await visitor.asksForACall();
    await visitor.reads('You are 3rd');
    await visitor.press('What we store and why');
    await visitor.reads('Days kept after the call: 90.');
    await visitor.press('Forget me on this device');
    await visitor.reads('This device has forgotten your request.');
    const { ringback } = await visitor.stored();
    assert.ok(!ringback?.includes('token'), ringback);
  });
});

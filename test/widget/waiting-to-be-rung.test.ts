import assert from 'node:assert/strict';
import type { CallbackView } from '../../contracts/visitor.ts';
import { eventually } from '../support/eventually.ts';
import { inMinutes } from '../support/fake-visitor-api.ts';
import type { WidgetPage } from '../support/widget-bench.ts';
import { WidgetBench } from '../support/widget-bench.ts';

describe('A visitor who waits to be rung', () => {
  const bench = new WidgetBench();
  let visitor: WidgetPage;
  before(() => bench.open());
  beforeEach(async () => {
    await bench.fresh();
    visitor = await bench.visit();
    await visitor.asksForACall();
    await visitor.reads('You are 3rd');
    await bench.api.streams.next();
  });
  afterEach(async () => {
    assert.deepEqual(bench.api.faults, []);
    assert.deepEqual(visitor.errors, []);
    await bench.endOfStory();
  });
  after(() => bench.close());

  const change = (changed: Partial<CallbackView>, event?: string) =>
    bench.api.change(bench.api.only.id, changed, event);
  const ringing = {
    state: 'dialing-customer',
    agent: { name: 'Maya' },
    callerId: '+44 20 7946 0100',
    codeWord: 'AMBER-17',
    allowed: ['cancel'],
  } as const;

  it('sees the line move, and that they are next', async () => {
    change({ place: 2 });
    await visitor.reads('You are 2nd');
    change({ place: 1, estimate: inMinutes(1, 3) });
    await visitor.reads('You are next');
  });

  it('is told before a promise is missed, until there is a new one that holds', async () => {
    change({ estimate: inMinutes(14, 20) }, 'callback.promise-broken');
    await visitor.reads('We will miss the time we gave you, and are sorry.');
    change({ place: 2 });
    await visitor.reads('You are 2nd');
    assert.match(await visitor.says(), /We will miss/);
    change({ estimate: inMinutes(15, 18) });
    await visitor.page.waitForFunction(
      () => !document.querySelector('ring-back')?.shadowRoot?.textContent.includes('We will miss'),
    );
  });

  it('reads number, name and code while the phone rings, in the panel and, when it is closed, on the button [WI4]', async () => {
    assert.doesNotMatch(await visitor.says(), /AMBER/);
    change(ringing);
    await visitor.reads('We are ringing you now from +44 20 7946 0100 Maya will say AMBER-17');
    assert.match(await visitor.heard('alert'), /We are ringing you now.*AMBER-17/);
    await visitor.press('Close');
    await visitor.pill('Ringing you now · AMBER-17');
    const { codeWord: _, ...rest } = bench.api.only;
    change({ ...rest, state: 'connected' });
    await visitor.pill('Connected');
  });

  it('talks, and is thanked; a new request begins with the form', async () => {
    change({ ...ringing, state: 'connected', allowed: [] });
    await visitor.reads('Connected with Maya');
    change({ state: 'completed' });
    await visitor.reads('Thank you');
    await visitor.press('Ask for another call');
    await visitor.reads('about 6–9 min');
    assert.equal(await visitor.focused(), 'Your phone number');
    assert.equal(await visitor.value('Your phone number'), '020 7946 0199', 'the number is not asked twice');
  });

  it('was not reached, and tries again with one press', async () => {
    change({ state: 'unreached', attempts: 1, lastOutcome: 'no-answer', allowed: ['retry', 'move'] });
    await visitor.reads('We rang +44 •••• 0199 and could not reach you. Your place is kept.');
    await visitor.press('Try again now');
    assert.deepEqual(await bench.api.moved.next(), { at: null });
    await visitor.reads('You are 3rd');
  });

  it('is asked to look at a number that nobody answers because it does not exist', async () => {
    change({ state: 'unreached', attempts: 1, lastOutcome: 'bad-number', allowed: [] });
    await visitor.reads('There is no line under +44 •••• 0199. Is the number right?');
    await visitor.press('Ask for another call');
    assert.equal(await visitor.focused(), 'Your phone number');
  });

  it('moves the call to another time by keyboard alone [WI2]', async () => {
    const slot = inMinutes(24 * 60, 24 * 60 + 15);
    bench.api.availability = { ...bench.api.availability, slots: [slot] };
    await visitor.tabTo('Move');
    await visitor.page.keyboard.press('Enter');
    await visitor.reads('Pick another time');
    await visitor.reads('Times in your zone');
    assert.equal(await visitor.focused(), 'Pick another time');
    await visitor.tabTo(await visitor.firstTime());
    await visitor.page.keyboard.press('Space');
    await visitor.tabTo('Ring me then');
    await visitor.page.keyboard.press('Enter');
    assert.deepEqual(await bench.api.moved.next(), { at: slot.from, timezone: 'Europe/London' });
    await visitor.reads('We will ring you');
  });

  it('reads why a move is not possible', async () => {
    const slot = inMinutes(24 * 60, 24 * 60 + 15);
    bench.api.availability = { ...bench.api.availability, slots: [slot] };
    bench.api.failures.push({ on: 'PATCH', problem: 'not-now', detail: 'Your call is being made.' });
    await visitor.press('Move');
    await visitor.reads('Times in your zone');
    await visitor.press(await visitor.firstTime(), 'radio');
    await visitor.press('Ring me then');
    await visitor.reads('Your call is being made.');
  });

  it('is shown what is still free when the time to move to has just been taken [CB11]', async () => {
    const [taken, free] = [inMinutes(1440, 1455), inMinutes(1455, 1470)];
    bench.api.availability = { ...bench.api.availability, slots: [taken, free] };
    await visitor.press('Move');
    await visitor.reads('Times in your zone');
    await visitor.press(await visitor.firstTime(), 'radio');
    const first = await visitor.firstTime();
    bench.api.failures.push({
      on: 'PATCH',
      problem: 'slot-full',
      detail: 'Taken.',
      about: '/at',
      slots: [free],
    });
    bench.api.availability = { ...bench.api.availability, slots: [free] };
    await visitor.press('Ring me then');
    await visitor.reads('This time has just been taken.');
    const next = await eventually('the times that are left', async () => {
      const time = await visitor.firstTime();
      return time === first ? undefined : time;
    });
    await visitor.press(next, 'radio');
    assert.doesNotMatch(await visitor.says(), /just been taken/);
    await visitor.press('Ring me then');
    assert.deepEqual(await bench.api.moved.next(), { at: free.from, timezone: 'Europe/London' });
  });

  it('cancels, thinks better of it, and is still in line', async () => {
    await visitor.press('Cancel');
    await visitor.reads('Cancelled.');
    assert.equal(await visitor.focused(), 'Cancelled.', 'focus stays in the panel');
    await visitor.press('Undo');
    await visitor.reads('You are 3rd');
    assert.deepEqual(bench.api.cancelled.unread, []);
  });

  it('cancels, and the server hears of it when there was time to undo', async () => {
    await visitor.press('Cancel');
    assert.equal(await bench.api.cancelled.next(), bench.api.only.id);
    await visitor.reads('We will not ring you.');
  });

  it('cancels while the network is away: what is on its way cannot be undone, and is said again until it has arrived', async () => {
    bench.api.failures.push({ on: 'DELETE', cut: 'before' }, { on: 'DELETE', cut: 'before' });
    await visitor.press('Cancel');
    await visitor.reads('Undo');
    await visitor.reads('Cancelling…');
    assert.doesNotMatch(await visitor.says(), /Undo|You are/);
    assert.equal(await bench.api.cancelled.next(), bench.api.only.id);
    await visitor.reads('We will not ring you.');
  });

  it('cancels and leaves the page at once, and is not rung', async () => {
    await visitor.press('Cancel');
    await visitor.reads('Cancelled.');
    await visitor.page.goto('about:blank');
    assert.equal(await bench.api.cancelled.next(), bench.api.only.id);
  });

  it('is refused with a reason', async () => {
    change({ state: 'refused', reason: 'We cannot call this range.', allowed: [] });
    await visitor.reads('We cannot call this range.');
  });

  it('is told when the news is stale, and the stream goes on where it broke off', async () => {
    // The stream has said something, so there is a place to go on from.
    change({ place: 4 });
    await visitor.reads('You are 4th');
    bench.api.failures.push({ on: 'GET /api/v1/callbacks', problem: 'unavailable' });
    bench.api.breakStreams();
    await visitor.reads('Reconnecting. Last update');
    assert.notEqual((await bench.api.streams.next()).lastEventId, undefined);
    change({ place: 2 });
    await visitor.reads('You are 2nd');
    assert.doesNotMatch(await visitor.says(), /Reconnecting/);
  });

  it('is not told for longer than it lasts that the news is stale, though nothing has changed meanwhile', async () => {
    change({ place: 4 });
    await visitor.reads('You are 4th');
    bench.api.hasNothingNew = true;
    bench.api.failures.push({ on: 'GET /api/v1/callbacks', problem: 'unavailable' });
    bench.api.breakStreams();
    await visitor.reads('Reconnecting. Last update');
    await bench.api.streams.next();
    await visitor.page.waitForFunction(
      () => !document.querySelector('ring-back')?.shadowRoot?.textContent.includes('Reconnecting'),
    );
    assert.match(await visitor.says(), /You are 4th/);
  });

  it('is kept informed where something on the way holds streams back', async () => {
    bench.api.refusesStreams = true;
    bench.api.breakStreams();
    change({ place: 2 });
    await visitor.reads('You are 2nd');
  });

  it('hears of it at most every fifteen seconds, and then the latest', async () => {
    await visitor.page.waitForFunction(
      () =>
        document.querySelector('ring-back')?.shadowRoot?.querySelector('[role="status"].unseen')
          ?.textContent !== '',
    );
    const first = await visitor.heard('status');
    change({ place: 2 });
    await visitor.reads('You are 2nd');
    change({ place: 1 });
    await visitor.reads('You are next');
    assert.equal(await visitor.heard('status'), first);
    await visitor.page.waitForFunction(
      (before) =>
        document.querySelector('ring-back')?.shadowRoot?.querySelector('[role="status"].unseen')
          ?.textContent !== before,
      { timeout: 20_000 },
      first,
    );
    assert.match(await visitor.heard('status'), /You are next/);
  }).timeout(40_000);

  it('comes back the day after, and begins with the form', async () => {
    change({ state: 'completed', allowed: [] });
    await visitor.reads('Thank you');
    await visitor.page.reload();
    await bench.api.streams.next();
    await visitor.open();
    await visitor.reads('Your phone number');
  });
});

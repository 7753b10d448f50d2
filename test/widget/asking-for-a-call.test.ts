import assert from 'node:assert/strict';
import { inMinutes } from '../support/fake-visitor-api.ts';
import { WidgetBench, type WidgetPage } from '../support/widget-bench.ts';

describe('A visitor asks for a call', () => {
  const bench = new WidgetBench();
  before(() => bench.open());
  beforeEach(() => bench.fresh());
  afterEach(() => bench.endOfStory());
  after(() => bench.close());

  /** The form is open, the number is typed, and the times are to be chosen from. */
  const whoPicksATime = async (): Promise<WidgetPage> => {
    const visitor = await bench.visit();
    await visitor.open();
    await visitor.reads('about 6–9 min');
    await visitor.page.keyboard.type('020 7946 0199');
    await visitor.press('Pick a time', 'radio');
    return visitor;
  };

  it('by keyboard alone, from the button to a place in line [WI2]', async () => {
    const visitor = await bench.visit();
    await visitor.page.waitForSelector('ring-back');
    await visitor.tabTo('Call me back');
    await visitor.page.keyboard.press('Enter');
    await visitor.reads('about 6–9 min');
    assert.equal(await visitor.focused(), 'Your phone number');
    await visitor.page.keyboard.type('020 7946 0199');
    await visitor.tabTo('Your name');
    await visitor.page.keyboard.type('Maria');
    await visitor.tabTo('You may call me about my question');
    await visitor.page.keyboard.press('Space');
    await visitor.tabTo('Call me back');
    await visitor.page.keyboard.press('Enter');

    const { body } = await bench.api.asked.next();
    assert.equal(body.phone, '020 7946 0199');
    assert.equal(body.country, 'GB');
    assert.equal(body.name, 'Maria');
    assert.deepEqual(body.consent, {
      call: true,
      text: 'You may call me about my question, this one time.',
      version: '2025-03',
      language: 'en',
    });
    assert.equal(body.timezone, 'Europe/London');
    assert.equal(body.at, undefined);
    await visitor.reads('You are 3rd');
    await visitor.reads('We expect to ring between');
    assert.deepEqual(bench.api.faults, []);
    assert.deepEqual(visitor.errors, []);
  });

  it('and is told in words beside each field what is missing, with the focus on the first', async () => {
    const visitor = await bench.visit();
    await visitor.open();
    await visitor.reads('You may call me');
    await visitor.press('Call me back');
    await visitor.reads('Enter the number we should ring.');
    await visitor.reads('Tick this box, so that we may ring you.');
    assert.equal(await visitor.focused(), 'Your phone number');
    assert.deepEqual(await visitor.describedBy('Your phone number'), ['Enter the number we should ring.']);
    assert.deepEqual(bench.api.asked.unread, []);
  });

  for (const [typed, shown, phone, country] of [
    ['02079460199', '020 7946 0199', '020 7946 0199', 'GB'],
    ['07700900123', '07700 900123', '07700 900123', 'GB'],
    ['+351 21 123 4567', '211 234 567', '+351211234567', 'PT'],
    ['0012025550123', '202 555 0123', '+12025550123', 'US'],
    ['\u202a+351 912 345 678\u202c', '912 345 678', '+351912345678', 'PT'],
    ['٠٢٠٧٩٤٦٠١٩٩', '020 7946 0199', '020 7946 0199', 'GB'],
    ['＋４４ ２０ ７９４６ ０１９９', '20 7946 0199', '+442079460199', 'GB'],
  ] as const) {
    it(`with "${typed}" pasted, which is shown as ${shown}`, async () => {
      const visitor = await bench.visit();
      await visitor.open();
      await visitor.reads('You may call me');
      await visitor.paste(typed);
      assert.equal(await visitor.value('Your phone number'), shown);
      await visitor.press('You may call me about my question, this one time.', 'checkbox');
      await visitor.press('Call me back');
      const { body } = await bench.api.asked.next();
      assert.equal(body.phone, phone);
      assert.equal(body.country, country);
    });
  }

  for (const typed of ['020 7946 0101 ext 5', '+44 20 7946 0101 x5', '020 7946 0101 #5', '0800 FLOWERS'])
    it(`with "${typed}" pasted: nothing of it is lost or taken for a number, and they are told so`, async () => {
      const visitor = await bench.visit();
      await visitor.open();
      await visitor.reads('You may call me');
      await visitor.paste(typed);
      assert.equal(await visitor.value('Your phone number'), typed);
      await visitor.press('You may call me about my question, this one time.', 'checkbox');
      await visitor.press('Call me back');
      await visitor.reads('Use digits only, without an extension.');
      assert.equal(await visitor.focused(), 'Your phone number');
      assert.deepEqual(bench.api.asked.unread, []);
    });

  it('at a time of their choice', async () => {
    const at = inMinutes(24 * 60, 24 * 60 + 15);
    bench.api.availability = { ...bench.api.availability, slots: [at] };
    const visitor = await whoPicksATime();
    await visitor.press('You may call me about my question, this one time.', 'checkbox');
    await visitor.press('Call me back');
    await visitor.reads('Times in your zone, London');
    await visitor.reads('Pick a time.');
    await visitor.page.keyboard.press('Space');
    await visitor.press('Call me back');
    const { body } = await bench.api.asked.next();
    assert.equal(body.at, at.from);
    await visitor.reads('We will ring you');
  });

  it('at a time whose last place somebody else has just taken: reads so beside the times, and loses nothing typed [CB11]', async () => {
    const [taken, free] = [inMinutes(60, 90), inMinutes(90, 120)];
    bench.api.availability = { ...bench.api.availability, slots: [taken, free] };
    const visitor = await whoPicksATime();
    await visitor.reads('Times in your zone, London');
    await visitor.press('You may call me about my question, this one time.', 'checkbox');
    await visitor.press('Call me back');
    await visitor.reads('Pick a time.');
    await visitor.page.keyboard.press('Space');
    const detail = 'This time has just been taken. Free next: Mon 30 Nov 15:40.';
    bench.api.failures.push({ on: 'POST', problem: 'slot-full', detail, about: '/at', slots: [free] });
    bench.api.availability = { ...bench.api.availability, slots: [free] };
    await visitor.press('Call me back');
    await visitor.reads('This time has just been taken. Free next:');
    assert.equal((await bench.api.asked.next()).body.at, taken.from);
    await visitor.press('Call me back');
    await visitor.reads('Pick a time.');
    await visitor.page.keyboard.press('Space');
    await visitor.press('Call me back');
    const { body } = await bench.api.asked.next();
    assert.deepEqual([body.at, body.phone], [free.from, '020 7946 0199']);
    await visitor.reads('We will ring you');
  });

  it('and reads no more that a time is to be picked once another day is looked at', async () => {
    const slots = [inMinutes(24 * 60, 24 * 60 + 15), inMinutes(72 * 60, 72 * 60 + 15)];
    bench.api.availability = { ...bench.api.availability, slots };
    const visitor = await whoPicksATime();
    await visitor.press('Call me back');
    await visitor.reads('Pick a time.');
    await visitor.reads('Pick a time.');
    await visitor.page.keyboard.down('Shift');
    await visitor.page.keyboard.press('Tab');
    await visitor.page.keyboard.up('Shift');
    assert.equal(await visitor.focused(), 'Day');
    await visitor.page.keyboard.press('ArrowDown');
    assert.doesNotMatch(await visitor.says(), /Pick a time\./);
  });

  for (const [language, words] of [
    ['en-US', /^This time has just been taken\. Free next: \w{3}, \w{3} \d+, \d+:\d\d [AP]M · /],
    ['de', /^Gerade vergeben\. Frei: \w{2}\., \d+\. \w+\.?, \d\d:\d\d · /],
  ] as const)
    it(`and reads the next free times in the words and by the clock of the page: ${language} [CB11]`, async () => {
      const own = { 'problem.slot-full': 'Gerade vergeben. Frei: {times}' };
      const texts = language === 'de' ? own : { close: 'Close it' };
      bench.page = {
        attributes: `data-language="${language}" data-texts="words"`,
        body: `<script type="application/json" id="words">${JSON.stringify(texts)}</script>`,
      };
      const [taken, ...slots] = [0, 15, 30].map((later) => inMinutes(2880 + later, 2895 + later));
      assert.ok(taken);
      bench.api.availability = { ...bench.api.availability, slots: [taken, ...slots] };
      const visitor = await whoPicksATime();
      await visitor.press('You may call me about my question, this one time.', 'checkbox');
      await visitor.press('Call me back');
      await visitor.reads('Pick a time.');
      await visitor.page.keyboard.press('Space');
      const detail = 'This time has just been taken. Free next: Mon 30 Nov 15:40.';
      bench.api.failures.push({ on: 'POST', problem: 'slot-full', detail, about: '/at', slots });
      await visitor.press('Call me back');
      await visitor.reads(' · ');
      const error = await visitor.page.evaluate(
        () => document.querySelector('ring-back')?.shadowRoot?.querySelector('fieldset .error')?.textContent,
      );
      assert.match(error ?? '', words);
    });

  it('while nobody is in, and is told when that will be, with times to choose from and no "now"', async () => {
    const at = inMinutes(600, 615);
    bench.api.availability = { ...bench.api.availability, open: false, opensAt: at.from, slots: [at] };
    const visitor = await bench.visit();
    await visitor.open();
    await visitor.reads('We are closed. Opens');
    await visitor.reads('Times in your zone, London');
    assert.doesNotMatch(await visitor.says(), /Now/);
  });

  it('while nobody is in and nobody will be, and is told so instead of being kept waiting', async () => {
    bench.api.availability = { ...bench.api.availability, open: false };
    const visitor = await bench.visit();
    await visitor.open();
    await visitor.reads('We are closed. No opening is planned.');
    assert.doesNotMatch(await visitor.says(), /phone number/);
  });

  it('of a service that cannot say how long it will take, and is not given a number', async () => {
    const { estimate: _, ...rest } = bench.api.availability;
    bench.api.availability = rest;
    const visitor = await bench.visit();
    await visitor.open();
    await visitor.reads('as soon as somebody is free');
  });

  it('while the call desk is out of reach, and can go on once it is back', async () => {
    bench.api.failures.push({ on: 'GET /api/v1/availability', problem: 'unavailable' });
    const visitor = await bench.visit();
    await visitor.open();
    await visitor.reads('We cannot reach our call desk at the moment.');
    await visitor.reads('about 6–9 min');
    assert.doesNotMatch(await visitor.says(), /cannot reach/);
  });

  it('with a number that is refused, and reads why beside it', async () => {
    const detail = 'We cannot call premium numbers.';
    bench.api.failures.push({ on: 'POST', problem: 'number-refused', detail });
    const visitor = await bench.visit();
    await visitor.asksForACall('0900 123 4567');
    await visitor.reads(detail);
    assert.equal(await visitor.focused(), 'Your phone number');
    assert.deepEqual(await visitor.describedBy('Your phone number'), [detail]);
    assert.equal((await visitor.stored())['ringback']?.includes('0900'), false);
  });

  it('too often, and reads a plain sentence', async () => {
    bench.api.failures.push({
      on: 'POST',
      problem: 'too-many',
      detail: 'There were several requests already.',
    });
    const visitor = await bench.visit();
    await visitor.asksForACall();
    await visitor.reads('There were several requests already.');
  });

  it('for what has been removed since the form was opened: reads so, picks something else there, and loses nothing typed [MG8]', async () => {
    const visitor = await bench.visit();
    await visitor.open();
    await visitor.reads('You may call me');
    const before = bench.api.availability;
    const instead = [
      { id: 'returns', name: 'Returns' },
      { id: 'support', name: 'Support' },
    ];
    bench.api.availability = { ...before, instead };
    bench.api.failures.push({ on: 'POST', problem: 'not-entitled', detail: 'Not any more.' });
    await visitor.page.keyboard.type('020 7946 0199');
    await visitor.press('You may call me about my question, this one time.', 'checkbox');
    await visitor.press('Call me back');
    await visitor.reads('This is no longer offered. Pick another:');
    assert.equal((await bench.api.asked.next()).body.service, 'sales');
    assert.equal(await visitor.focused(), 'Returns', 'what was pressed is gone');
    assert.deepEqual(await visitor.tooSmallOrTooWide(), []);
    bench.api.availability = before;
    await visitor.press('Support');
    await visitor.reads('You may call me');
    assert.equal(await visitor.focused(), 'Your phone number');
    await visitor.press('Call me back');
    const { body } = await bench.api.asked.next();
    assert.deepEqual([body.service, body.phone], ['support', '020 7946 0199']);
    await visitor.reads('You are 3rd');
  });

  it('outside the hours, and may allow it for this one call', async () => {
    bench.api.failures.push({
      on: 'POST',
      problem: 'invalid-time',
      detail: 'It is after nine in the evening.',
    });
    const visitor = await bench.visit();
    await visitor.asksForACall();
    await visitor.reads('It is after nine in the evening.');
    assert.equal((await bench.api.asked.next()).body.consent.anyHour, undefined);
    await visitor.press('You may ring me outside the usual calling hours, this one time.', 'checkbox');
    await visitor.press('Call me back');
    assert.equal((await bench.api.asked.next()).body.consent.anyHour, true);
    await visitor.reads('You are 3rd');
  });

  it('with a form that was open too long, which is confirmed again without them', async () => {
    bench.api.failures.push({ on: 'POST', problem: 'proof-missing' });
    const visitor = await bench.visit();
    await visitor.asksForACall();
    await visitor.reads('You are 3rd');
    const [first, second] = [await bench.api.asked.next(), await bench.api.asked.next()];
    assert.notEqual(first.body.proof?.token, second.body.proof?.token);
    assert.notEqual(first.key, second.key);
  });

  it('faster than a person can, and the form is busy until it has been sent again, however often it is pressed', async () => {
    bench.api.failures.push({ on: 'POST', problem: 'proof-missing', detail: 'That was very quick.' });
    const visitor = await bench.visit();
    await visitor.asksForACall();
    await bench.api.asked.next();
    await visitor.reads('One moment');
    await visitor.press('One moment');
    await visitor.reads('Checking that you are no robot.');
    await visitor.press('One moment');
    await bench.api.asked.next();
    await visitor.reads('You are 3rd');
    assert.deepEqual(bench.api.asked.unread, []);
  });

  it('faster than a person can, and meanwhile in another tab: that is the one that counts', async () => {
    const other = await bench.visit('/other');
    await other.open();
    const visitor = await bench.visit('/', (page) =>
      page.evaluateOnNewDocument(
        'setTimeout = ((later) => (then, ms) => (ms === 3000 ? (window.sendAgain = then) : later(then, ms)))(setTimeout)',
      ),
    );
    // Each tab sends what is kept, under one key.
    bench.api.failures.push(
      { on: 'POST', problem: 'proof-missing' },
      { on: 'POST', problem: 'proof-missing' },
    );
    await visitor.asksForACall();
    await bench.api.asked.next();
    await bench.api.asked.next();
    await visitor.page.waitForFunction('window.sendAgain');
    await other.page.bringToFront();
    await other.page.focus('::-p-aria([name="Your phone number"][role="textbox"])');
    await other.page.keyboard.type('020 7946 0199');
    await other.press('You may call me about my question, this one time.', 'checkbox');
    await other.press('Call me back');
    await other.reads('You are 3rd');
    await visitor.page.bringToFront();
    await visitor.reads('You are 3rd');
    await visitor.page.evaluate('sendAgain()');
    bench.api.change(bench.api.only.id, { place: 2 });
    await visitor.reads('You are 2nd');
    assert.equal(bench.api.count, 1);
  });

  it('in the words of the page, with a token that says who they are', async () => {
    bench.page = {
      attributes: 'data-texts="words" data-language="de" data-country="DE"',
      head:
        `<script type="application/json" id="words">{"open":"Rückruf","title":"Mit uns sprechen","submit":"Ruft mich an","place":"Sie sind {place}","ordinal.few":"{n}."}</script>` +
        `<script>(window.ringback ||= []).push(['identify', 'signed-by-the-bank'])</script>`,
    };
    const visitor = await bench.visit();
    await visitor.press('Rückruf');
    await visitor.reads('Mit uns sprechen');
    await visitor.reads('You may call me');
    await visitor.page.keyboard.type('030 1234567');
    await visitor.press('You may call me about my question, this one time.', 'checkbox');
    await visitor.press('Ruft mich an');
    const { body } = await bench.api.asked.next();
    assert.equal(body.country, 'DE');
    assert.equal(body.identity, 'signed-by-the-bank');
    assert.equal(body.consent.language, 'de');
    await visitor.reads('Sie sind 3.');
  });
});

import assert from 'node:assert/strict';
import { WidgetBench } from '../support/widget-bench.ts';

describe('A visitor asks for a call', () => {
  const bench = new WidgetBench();
  before(() => bench.open());
  beforeEach(() => bench.fresh());
  afterEach(() => bench.endOfStory());
  after(() => bench.close());

  it('by keyboard alone, from the button to a place in line', async () => {
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
    await visitor.reads('You are 3rd');
    await visitor.reads('We expect to ring between');
    assert.deepEqual(bench.api.faults, []);
    assert.deepEqual(visitor.errors, []);
  });
});

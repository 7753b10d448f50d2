import assert from 'node:assert/strict';
import type { Page } from 'puppeteer';
import { rulesAs } from '../support/fake-rules.ts';
import { PortalBench } from '../support/portal-bench.ts';

describe('Ana, who manages too, adds a service and removes one', function () {
  this.timeout(60_000);
  let bench: PortalBench;
  before(async () => (bench = await PortalBench.open()));
  after(() => bench.close());
  beforeEach(() => bench.fresh());

  const rules = async (): Promise<Page> => {
    const page = await bench.desk();
    await page.keyboard.press('m');
    await page.waitForSelector('.rule-list');
    return page;
  };
  const [sales] = rulesAs().rules.services;
  assert.ok(sales);
  const returns = { ...sales, id: 'returns', name: 'Returns' };
  const withReturns = (change: object = {}) => rulesAs({ services: [sales, { ...returns, ...change }] });
  const tellsOf = async (page: Page, name: string): Promise<void> => {
    await page.click('#new-service', { count: 3 });
    await page.type('#new-service', name);
    await page.keyboard.press('Enter');
  };

  it('by keyboard alone: by its name, which gives it an id she reads, with a number of her choice [MG8]', async () => {
    const { fake } = bench;
    const page = await rules();
    await tellsOf(page, 'Returns & repairs');
    await page.waitForSelector('.rule-editor [name=name]:focus');
    await bench.sees(page, '.rule-editor', 'Its id is returns-repairs.');
    await bench.sees(page, '.rule-editor', 'Not chosen here: +442079460100 is shown.');
    await bench.sees(page, '[data-rule="services/returns-repairs"]', 'not saved');
    const [numbers] = await page.$$('.rule-rows > .button');
    await numbers?.focus();
    await page.keyboard.press('Enter');
    await page.select('[aria-label="Number shown 1, number"]', '+442079460101');
    await bench.isAccessible(page);
    await page.focus('.rule-editor [type=submit]');
    await page.keyboard.press('Enter');
    const sent = await fake.heard('POST rules');
    const made = { id: 'returns-repairs', name: 'Returns & repairs', must: [], lastAgent: false };
    assert.deepEqual(sent.body, { base: 7, services: [{ ...sales, ...made, callerIds: ['+442079460101'] }] });
    await bench.sees(page, '.rule-said', 'Saved. Visitors can ask for it from now on.');
  });

  it('and is told of a name that is there already, or was removed, and of none [MG8]', async () => {
    bench.fake.rules = withReturns({ removed: true });
    const page = await rules();
    for (const [name, words] of [
      [' ', 'Give it a name'],
      ['SALES', 'There is a service called Sales already.'],
      ['returns', 'Returns was removed. You find it below, and can offer it again.'],
    ] as const) {
      await tellsOf(page, name);
      await bench.sees(page, '#new-service-problem', words);
    }
  });

  it('and reads who is still to be called before she removes it; then it stands apart, with how many are left [MG8]', async () => {
    const { fake } = bench;
    fake.rules = { ...withReturns(), left: { returns: 2 } };
    const page = await rules();
    await page.click('[data-rule="services/returns"]');
    await page.waitForSelector('.rule-editor');
    fake.refusals.set('POST rules', 'needs-confirmation');
    const remove = '::-p-xpath(//form//button[normalize-space()="Remove"])';
    await page.click(remove);
    await bench.sees(page, '.rule-said', 'Not removed yet: This has consequences');
    await bench.isAccessible(page);
    await page.click('.rule-said .danger');
    const sent = await fake.heard('POST rules');
    assert.deepEqual(sent.body, { base: 7, removeServices: ['returns'], anyway: true });
    await bench.sees(page, '.rule-said', 'Returns is not offered any more.');
    await bench.sees(page, '.rule-editor', '2 people who asked before are still to be called');
    await bench.sees(page, '.rule-removed', 'Returns · 2 still to call');
    await bench.isAccessible(page);

    await page.click('.rule-editor .primary');
    assert.deepEqual((await fake.heard('POST rules')).body, { base: 8, services: [returns] });
    await bench.sees(page, '.rule-said', 'Returns is offered again.');
    assert.equal(await bench.count(page, '.rule-removed'), 0);
  });

  it('and reads what an earlier version does not offer before it holds again [MG8]', async () => {
    const { fake } = bench;
    fake.rules = withReturns();
    const page = await rules();
    await page.click('[data-rule=history]');
    fake.refusals.set('POST rules', 'needs-confirmation');
    await page.click('[aria-label="Restore version 1"]');
    await bench.sees(page, '.rule-said', 'Not restored yet: This has consequences');
    await page.click('.rule-said .danger');
    const sent = await fake.heard('POST rules');
    assert.deepEqual(sent.body, { base: 7, version: 1, anyway: true });
    await bench.sees(page, '.rule-history', 'Version 1 restored');
  });

  it('and offers a removed one to no new entitlement [MG8]', async () => {
    bench.fake.rules = withReturns({ removed: true });
    const page = await rules();
    await page.click('[data-rule="entitlements/gold"]');
    await page.waitForSelector('.rule-editor');
    const names = await page.$$eval('.rule-editor .choice', (all) => all.map((it) => it.textContent));
    assert.deepEqual(names, ['Sales']);
  });

  it('and each has an id that is made of its name, and is nobody else’s [MG8]', async () => {
    const page = await rules();
    for (const [name, id] of [
      ['Rückgabe', 'ruckgabe'],
      ['Ruckgabe', 'ruckgabe-2'],
      ['返品', 'service'],
      [`${'x'.repeat(39)} and more`, 'x'.repeat(39)],
    ] as const) {
      await tellsOf(page, name);
      await page.waitForSelector(`[data-rule="services/${id}"][aria-current=true]`);
    }
  });
});

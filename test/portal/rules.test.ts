import assert from 'node:assert/strict';
import type { Page } from 'puppeteer';

import { rulesAs } from '../support/fake-rules.ts';
import { PortalBench } from '../support/portal-bench.ts';

describe('Ana, who manages too, changes rules', () => {
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
  const opens = async (page: Page, rule: string): Promise<void> => {
    await page.click(`[data-rule="${rule}"]`);
    await page.waitForSelector('.rule-editor');
  };
  const types = async (page: Page, selector: string, text: string): Promise<void> => {
    await page.click(selector, { count: 3 });
    await page.type(selector, text);
  };

  it('by keyboard alone: what she types is sent whole, and holds [MG4]', async () => {
    const { fake } = bench;
    const page = await rules();
    await page.focus('[data-rule="services/sales"]');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.rule-editor');
    await page.focus('[name=offerMs]');
    await page.keyboard.down('Control');
    await page.keyboard.press('a');
    await page.keyboard.up('Control');
    await page.keyboard.type('45');
    await page.keyboard.press('Enter');
    const sent = await fake.heard('POST rules');
    const [sales] = rulesAs().rules.services;
    assert.deepEqual(sent.body, { base: 7, services: [{ ...sales, offerMs: 45_000 }] });
    await bench.sees(page, '.rule-said', 'Saved');
    assert.equal(await page.$eval('[name=offerMs]', (it) => (it as HTMLInputElement).value), '45');
  });

  it('and reads beside each field why it was refused; nothing typed is lost [MG5]', async () => {
    const page = await rules();
    await opens(page, 'services/sales');
    await types(page, '[name=slotMinutes]', '1');
    bench.fake.ruleFaults = [
      { path: '/services/0/slotMinutes', message: 'This must be at least 5.' },
      { path: '/services/sales/must', message: 'Nobody could take a call for Sales.' },
      { path: '/services/cards/must', message: 'Nobody could take a call for Cards.' },
    ];
    await page.keyboard.press('Enter');
    await bench.sees(page, '.rule-said', 'Not saved: something is not right yet');
    const beside = await page.$eval('[name=slotMinutes]', (it) => ({
      invalid: it.getAttribute('aria-invalid'),
      words: document.getElementById(it.getAttribute('aria-describedby') ?? '')?.textContent,
      value: (it as HTMLInputElement).value,
    }));
    assert.deepEqual(beside, { invalid: 'true', words: 'This must be at least 5.', value: '1' });
    await bench.sees(page, '.rule-rows .problem', 'Nobody could take a call for Sales.');
    await bench.sees(page, '.rule-said li', 'Nobody could take a call for Cards.');
    await bench.isAccessible(page);
    await opens(page, 'agents/ana');
    await bench.sees(page, '[data-rule="services/sales"]', 'not saved');
    await opens(page, 'services/sales');
    assert.equal(await page.$eval('[name=slotMinutes]', (it) => (it as HTMLInputElement).value), '1');
  });

  it('and is warned of what a change does to those who are booked; it is saved when she wants it anyway [MG5]', async () => {
    const { fake } = bench;
    const page = await rules();
    await opens(page, 'services/sales');
    await types(page, '[name=name]', 'Advice');
    fake.refusals.set('POST rules', 'needs-confirmation');
    await page.keyboard.press('Enter');
    await bench.sees(page, '.rule-said', 'Not saved: This has consequences');
    await bench.isAccessible(page);
    await page.type('[name=name]', 's');
    await bench.isGone(page, '.rule-said button');
    fake.refusals.set('POST rules', 'needs-confirmation');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.rule-said button');
    await page.click('.rule-said button');
    const sent = await fake.heard('POST rules');
    const [sales] = rulesAs().rules.services;
    assert.deepEqual(sent.body, { base: 7, services: [{ ...sales, name: 'Advices' }], anyway: true });
    await bench.sees(page, '.rule-said', 'Saved');
  });

  it('and is told when another manager was first, by whom and what; hers is still there to save [MG5]', async () => {
    const { fake } = bench;
    const page = await rules();
    await opens(page, 'services/sales');
    await types(page, '[name=name]', 'Sales and advice');
    minaIsFirst(fake);
    await page.keyboard.press('Enter');
    await bench.sees(page, '.rule-said', 'Mina Larsen: Service Sales: name Sales → Shop.');
    assert.equal(await page.$eval('[name=name]', (it) => (it as HTMLInputElement).value), 'Sales and advice');
    await page.click('.rule-editor [type=submit]');
    await bench.sees(page, '.rule-said', 'Saved');
    assert.equal(fake.rules.rules.services[0]?.name, 'Sales and advice');
  });

  it('and is told of everything that others changed since she looked, not of the last alone [MG5]', async () => {
    const { fake } = bench;
    const page = await rules();
    await opens(page, 'services/sales');
    await types(page, '[name=name]', 'Sales and advice');
    minaIsFirst(fake);
    isFirst(fake, 'Otto Brandt', 'Hours office: closed on 2026-12-28');
    await page.keyboard.press('Enter');
    await bench.sees(page, '.rule-said', 'Not saved');
    const told = await page.$$eval('.rule-said li', (all) => all.map((it) => it.textContent));
    assert.deepEqual(told, [
      'Mina Larsen: Service Sales: name Sales → Shop.',
      'Otto Brandt: Hours office: closed on 2026-12-28.',
    ]);
    await bench.isAccessible(page);
    isFirst(fake, 'Otto Brandt', 'Hours office: closed on 2026-12-29');
    await page.click('.rule-editor [type=submit]');
    await page.waitForFunction(() => document.querySelector('.rule-said')?.textContent.includes('12-29.'));
    assert.equal(await bench.count(page, '.rule-said li'), 1, 'the others she has read');
    const isInSight = await page.$eval('.rule-said', (it) => it.getBoundingClientRect().top > 0);
    assert.ok(isInSight, 'though the button stands far below');
  });

  it('and is told so too when she looked elsewhere in between: what she began from counts, not what was loaded since [MG5]', async () => {
    const { fake } = bench;
    const page = await rules();
    await opens(page, 'services/sales');
    await types(page, '[name=name]', 'Sales and advice');
    await page.click('[data-rule="back"]');
    await page.waitForSelector('.board');
    minaIsFirst(fake);
    await page.keyboard.press('m');
    await bench.sees(page, '[data-rule="services/sales"]', 'not saved');
    await opens(page, 'services/sales');
    await page.click('.rule-editor [type=submit]');
    await bench.sees(page, '.rule-said', 'Mina Larsen: Service Sales: name Sales → Shop.');
    await page.click('.rule-editor [type=submit]');
    await bench.sees(page, '.rule-said', 'Saved');
  });

  it('and says by keyboard what changes for those who wait long; a sentence tells what will happen [AV11]', async () => {
    const { fake } = bench;
    const page = await rules();
    await opens(page, 'services/sales');
    await bench.sees(page, '.rule-says', 'At first: an agent with service:sales, however long they wait.');
    const press = async (name: string): Promise<void> => {
      await page.focus(`::-p-aria([name="${name}"][role="button"])`);
      await page.keyboard.press('Enter');
    };
    await press('Add a step');
    await types(page, '[name="rings/0/afterMs"]', '90');
    await page.select('[aria-label="After waiting, unit"]', 'seconds');
    await press('Step 1: Take out service:sales');
    await types(page, '[name=preferredWaitMs]', '2');
    await types(page, '[name=ageMsPerPriority]', '0.5');
    await bench.sees(page, '.rule-says', 'After 1 minute 30 seconds: any agent, for as long as it takes.');
    await bench.sees(page, '.rule-editor', 'waits for them alone for 2 minutes');
    await bench.sees(page, '.rule-editor', 'came up to 5 minutes earlier');
    await bench.isAccessible(page);
    bench.fake.ruleFaults = [{ path: '/services/sales/rings/0/afterMs', message: 'A step begins later.' }];
    await page.click('.rule-editor [type=submit]');
    await bench.sees(page, '.rule-step .problem', 'A step begins later.');
    await page.waitForSelector('[name="rings/0/afterMs"]:focus');
    await page.click('.rule-editor [type=submit]');
    await bench.sees(page, '.rule-said', 'Saved');
    const [sales] = fake.rules.rules.services;
    assert.deepEqual(sales?.rings, [{ afterMs: 90_000, must: [], prefer: [] }]);
    assert.deepEqual([sales.preferredWaitMs, sales.ageMsPerPriority], [120_000, 30_000]);
  });

  it('and says when an agent is planned to work, and takes it back [ES4]', async () => {
    const { fake } = bench;
    const page = await rules();
    await opens(page, 'agents/ana');
    const qualifications = [{ name: 'service:sales', level: 3 }];
    for (const [chosen, sent] of [
      ['office', { id: 'ana', qualifications, hours: 'office' }],
      ['not planned', { id: 'ana', qualifications }],
    ] as const) {
      await page.select('[name=hours]', chosen);
      await page.click('.rule-editor [type=submit]');
      assert.deepEqual((await fake.heard('POST rules')).body, {
        base: fake.rules.version - 1,
        agents: [sent],
      });
      await bench.sees(page, '.rule-said', 'Saved');
    }
    await bench.isAccessible(page);
  });

  it('and says how many calls and chats an agent has at once, and what keeps the others away [AV13]', async () => {
    const page = await rules();
    await opens(page, 'agents/ana');
    await bench.sees(
      page,
      '.rule-editor',
      '1 call: no chat is offered beside it. Up to 3 chats: a call may come',
    );
    await types(page, '[name="capacity/chat/most"]', '5');
    for (const channel of ['voice', 'chat']) await page.click(`[name="capacity/${channel}/blocks"]`);
    await bench.sees(
      page,
      '.rule-editor',
      '1 call: chats may come beside it. Up to 5 chats: no call is offered',
    );
    await page.click('.rule-editor [type=submit]');
    const sent = (await bench.fake.heard('POST rules')).body as { agents: { capacity: object }[] };
    assert.deepEqual(sent.agents[0]?.capacity, {
      voice: { most: 1, blocks: [] },
      chat: { most: 5, blocks: ['voice'] },
    });
    await bench.sees(page, '.rule-said', 'Saved');
    await page.click('[name="capacity/voice/most"]');
    await bench.sees(page, '.rule-editor', 'No calls, up to 5 chats.');
    await bench.isAccessible(page);
  });

  it('and makes new opening hours with a holiday, and takes a period out again', async () => {
    const { fake } = bench;
    const page = await rules();
    await page.type('#new-opening-hours', 'Summer 1');
    await page.keyboard.press('Enter');
    await bench.sees(page, '.rule-new .problem', 'Use small letters');
    await types(page, '#new-opening-hours', 'summer');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.rule-editor');
    await bench.sees(page, '[data-rule="hours/summer"]', 'not saved');
    const [open, exceptions] = await page.$$('.rule-rows > .button');
    await open?.click();
    await open?.click();
    await exceptions?.click();
    await page.click('[aria-label="Take out Tuesday 09:00 to 17:00"]');
    await page.click('.rule-editor [type=submit]');
    const sent = (await fake.heard('POST rules')).body as {
      hours: { id: string; weekly: object[]; exceptions: object[] }[];
    };
    assert.deepEqual(sent.hours[0]?.weekly, [{ day: 1, from: '09:00', to: '17:00' }]);
    assert.equal(sent.hours[0].exceptions.length, 1);
    await page.waitForSelector('[data-rule="hours/summer"][aria-current=true]');
  });

  it('and reads who changed what, and lets an earlier version hold again [MG5]', async () => {
    const { fake } = bench;
    const page = await rules();
    await page.click('[data-rule=history]');
    await bench.sees(page, '.rule-history', 'Mina Larsen');
    await bench.isAccessible(page);
    await page.click('[aria-label="Restore version 1"]');
    assert.deepEqual((await fake.heard('POST rules')).body, { base: 7, version: 1 });
    await bench.sees(page, '.rule-history', 'Version 1 restored');
  });

  it('and finds everything on a phone as on a desk, however long the names are, and the times whole', async () => {
    const long = 'Rindfleischetikettierung'.repeat(4);
    const skills = [{ name: `service:${'x'.repeat(80)}`, level: 5 }];
    const { rules: usual } = rulesAs();
    const services = usual.services.map((it) => ({
      ...it,
      name: long,
      must: skills,
      rings: [{ afterMs: 60_000, must: skills, prefer: skills }],
    }));
    const agents = usual.agents.map((it) => ({ ...it, name: long, qualifications: skills }));
    bench.fake.rules = rulesAs({ services, agents });
    isFirst(bench.fake, long, `Service ${long}: must have none → ${skills[0]?.name ?? ''} 5`);
    const page = await rules();
    for (const width of [390, 1440]) {
      await page.setViewport({ width, height: 900 });
      for (const rule of ['services/sales', 'hours/office', 'agents/ana', 'entitlements/gold', 'history']) {
        await page.click(`[data-rule="${rule}"]`);
        await page.waitForSelector(rule === 'history' ? '.rule-history' : '.rule-editor');
        const outOfSight = await page.$$eval('.rules *', (all) =>
          all
            .filter((it) => it.checkVisibility())
            .filter(
              (it) =>
                it.getBoundingClientRect().right > innerWidth ||
                (it.matches('.clock') && it.scrollWidth > it.clientWidth),
            )
            .map((it) => it.outerHTML.slice(0, 80)),
        );
        assert.deepEqual(outOfSight, [], `${rule} at ${width}`);
        if (width === 390) await page.click('[data-rule=all]');
      }
    }
  });

  it('and who is no manager finds neither the button nor the screen [AD3]', async () => {
    bench.fake.me = { ...bench.fake.me, roles: ['agent'] };
    const page = await bench.tab({ path: '#/rules' });
    await page.waitForSelector('.desk');
    assert.equal(await bench.count(page, '[data-command=rules]'), 0);
  });
});

/** Mina has saved a change of her own meanwhile. */
function minaIsFirst(fake: PortalBench['fake']): void {
  isFirst(fake, 'Mina Larsen', 'Service Sales: name Sales → Shop');
}

function isFirst(fake: PortalBench['fake'], who: string, what: string): void {
  const version = fake.rules.version + 1;
  const theirs = { version, at: Date.now(), who, what: [what] };
  fake.rules = { ...fake.rules, version, history: [theirs, ...fake.rules.history] };
}

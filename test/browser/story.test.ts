import assert from 'node:assert/strict';
import type { Frame, KeyInput, Page } from 'puppeteer';
import { agentHz, customerHz } from '../support/centre.ts';
import type { WidgetPage } from '../support/widget-bench.ts';
import { isAt, sees, Stage, telephone } from './stage.ts';

const NUMBER = '+442079460101';

describe('A visitor in the shop, an agent at the desk and a manager at the board', function () {
  this.timeout(90_000);
  let stage: Stage;
  beforeEach(async () => (stage = await Stage.open()));
  afterEach(async function () {
    const { currentTest } = this;
    if (currentTest?.state === 'failed') {
      await stage.keepPictures('failed');
      currentTest.err!.message += `\n${[...stage.mishaps, ...stage.centre.troubles].join('\n')}`;
    }
    await stage.close();
  });

  it('talk on the telephone and look at the same page, either leading, until the agent is done', async () => {
    const { network } = stage.centre;
    const line = network.line(NUMBER);
    line.behaviour = { do: 'ring' };

    const [mina, panel] = await Promise.all([stage.staff('mina'), stage.panel()]);
    await sees(panel, '#state', 'Waiting for Maya to log in');
    await stage.looksRight(panel, 'panel-waits');
    await mina.waitForSelector('.board .figures');
    await stage.looksRight(mina, 'board-empty');

    const maria = await stage.visitor('/tents/drift-2/');
    await stage.looksRight(maria.page, 'shop-product');
    await maria.open();
    await maria.reads('Harbour Outfitters may call me');
    await stage.looksRight(maria.page, 'widget-form');
    await maria.page.keyboard.type('020 7946 0101');
    await maria.press(
      'Harbour Outfitters may call me about this request, at the number above. One call; no advertising.',
      'checkbox',
    );
    await maria.press('Call me back');
    await maria.reads('You are next');
    await stage.looksRight(maria.page, 'widget-waiting');
    await sees(mina, '.line-box tbody', 'Sales, gold');

    const maya = await stage.staff('maya');
    await maya.waitForSelector('.desk');
    await sees(panel, '#line', 'Extension 101');
    await sees(panel, '#state', 'Ready for calls');
    await maya.keyboard.press('r');
    await maya.waitForSelector('.offer[data-awake=true]');
    assert.match(await maya.$eval('.countdown', (it) => it.textContent), /^0:(20|1\d)$/);
    assert.equal(network.callsTo(NUMBER).length, 0, 'nothing rings before Maya accepts');
    await stage.looksRight(maya, 'desk-offer');
    await sees(mina, '.boxes', 'Maya Okafor');
    await maya.keyboard.press('Enter');

    await sees(panel, '#state', 'Rings');
    await sees(maya, '.call-state', 'Your phone is ringing');
    await stage.looksRight(panel, 'panel-rings');
    await panel.keyboard.press('a');
    await sees(panel, '#state', 'Connected');

    await maria.reads('Maya will say');
    const shown = /\b[A-Z]+-\d\d\b/.exec(await maria.says())?.[0];
    await sees(maya, '.code-word b', shown ?? 'a code word');
    await stage.looksRight(maria.page, 'widget-ringing');
    await line.answer();
    await maria.reads('Connected with Maya');
    await sees(maya, '.call-state', 'Talking');
    await Promise.all([stage.phone.hears(customerHz), line.hears(agentHz)]);
    await stage.looksRight(panel, 'panel-talks');

    await maria.shows('Maya would like to see the pages you visit here');
    await stage.looksRight(maria.page, 'widget-asked-to-share');
    await maria.press('Allow');
    const frame = await frameOf(maya, '/tents/drift-2/');
    assert.equal(await frame.$eval('h1', (it) => it.textContent), 'Drift 2');
    assert.equal(await frame.$('ring-back'), null, 'no button in the agent’s frame');
    await stage.looksRight(maria.page, 'shop-shared');
    await stage.looksRight(maya, 'desk-shared');
    await sees(mina, '.boxes', '/tents/drift-2/');

    await theVisitorLeads(maria, maya);
    await theAgentLeads(maria, maya);
    await sees(mina, '.boxes', '/help/');
    await mina.click('.live-box .opener');
    await sees(mina, '[data-view=story]', 'Offered to Maya Okafor');
    await sees(mina, '[data-view=story]', 'Both talk');
    await sees(mina, '.drawer [data-view=why]', 'chosen: became free first');
    await stage.looksRight(mina, 'board-live');
    await mina.keyboard.press('Escape');
    await maya.reload(); // why she was chosen is not lost with the page
    await maya.waitForSelector('[data-frame=joined]');
    await maya.keyboard.press('w');
    await sees(maya, '.person .why', 'chosen: became free first');
    await Promise.all([stage.phone.hears(customerHz), line.hears(agentHz)]);

    await maria.press('Connected');
    await maria.reads('Connected with Maya');
    await maya.keyboard.press('e');
    await sees(maya, '.call-state', 'After call');
    assert.equal(line.calls.length, 0, 'both have hung up');
    await press(maya, 'Alt', 'n');
    await maya.keyboard.type('Asked about wind. Takes the Drift 2.');
    await sees(maya, '[data-notes=saved]', 'Saved');
    await maya.select('#outcome', 'resolved');
    await stage.looksRight(maya, 'desk-wrap-up');
    await maya.click('[data-command=done]');
    await sees(maya, '.state', 'Ready');
    await maria.reads('Thank you');
    await maria.page.waitForFunction(
      () => !document.querySelector('ring-back')?.shadowRoot?.querySelector('.frame')?.checkVisibility(),
    );
    await stage.looksRight(maria.page, 'widget-done');
    await sees(mina, '.boxes', 'No contact is up');
    await stage.looksRight(mina, 'board-after');
    assert.equal(network.callsTo(NUMBER).length, 1, 'Maria was rung once');
    assert.deepEqual(stage.mishaps, []);
  });

  it('know each other when the visitor has signed in, on a telephone, and is called once more after a missed call', async () => {
    const number = '+442079460102';
    const line = stage.centre.network.line(number);
    line.behaviour = { do: 'reject', status: 486 };
    const maria = await stage.visitor('/account/', telephone);
    await stage.looksRight(maria.page, 'phone-signed-out');
    await maria.press('Sign in as Maria Silva');
    await sees(maria.page, 'main', 'Good to see you, Maria');
    await stage.looksRight(maria.page, 'phone-signed-in');
    const [maya, panel] = await Promise.all([stage.staff('maya'), stage.panel(telephone)]);
    await sees(panel, '#state', 'Ready for calls');
    await maya.keyboard.press('r');

    await maria.open();
    await maria.reads('Harbour Outfitters may call me');
    await maria.page.keyboard.type('020 7946 0102');
    await stage.looksRight(maria.page, 'phone-form');
    assert.deepEqual(await maria.tooSmallOrTooWide(), []);
    await maria.press(
      'Harbour Outfitters may call me about this request, at the number above. One call; no advertising.',
      'checkbox',
    );
    await maria.press('Call me back');
    await maya.waitForSelector('.offer[data-awake=true]');
    await maya.keyboard.press('Enter');
    await sees(maya, '.who', 'Identity proved');
    await sees(maya, '.who', 'Pole replacement');
    await sees(panel, '#state', 'Rings');
    await stage.looksRight(panel, 'phone-panel-rings');
    await panel.tap('#answer');

    await maria.reads('the line was busy');
    await maria.page.waitForFunction(
      () => !document.querySelector('ring-back')?.shadowRoot?.textContent.includes('Maya would like to see'),
    );
    await stage.looksRight(maria.page, 'phone-unreached');
    await sees(maya, 'body', 'Maria Silva was not reached: busy');
    await sees(maya, '.state', 'Ready');
    line.behaviour = { do: 'answer', ringMs: 100 };
    await maria.press('Try again now');
    await maya.waitForSelector('.offer[data-awake=true]');
    await maya.keyboard.press('Enter');
    await sees(panel, '#state', 'Rings');
    await panel.tap('#answer');
    await maria.reads('Connected with Maya');
    await stage.looksRight(maria.page, 'phone-talking');
    await line.hears(agentHz);
    await line.hangUp();
    await sees(maya, '.call-bar', 'The visitor hung up');
    await maya.waitForSelector('#outcome');
    await maya.select('#outcome', 'resolved');
    await maya.click('[data-command=done]');
    await maria.reads('Thank you');
    await stage.looksRight(maria.page, 'phone-done');
    assert.deepEqual(stage.mishaps, []);
  });
});

async function press(page: Page, ...keys: KeyInput[]): Promise<void> {
  for (const key of keys) await page.keyboard.down(key);
  for (const key of keys.toReversed()) await page.keyboard.up(key);
}

async function theVisitorLeads(maria: WidgetPage, maya: Page): Promise<void> {
  await maria.press('Close');
  await maria.page.click('.crumbs a');
  await isAt(maria.page, '/tents/');
  await frameOf(maya, '/tents/');
  await maria.page.click('[data-sleeps="4"]'); // no page is loaded for it
  await frameOf(maya, '/tents/?sleeps=4');
}

async function theAgentLeads(maria: WidgetPage, maya: Page): Promise<void> {
  await maya.keyboard.press('l');
  await maya.waitForSelector('[data-command=lead][aria-pressed=true]');
  const frame = await frameOf(maya, '/tents/?sleeps=4');
  await frame.click('a[href="/jackets/"]');
  await isAt(maria.page, '/jackets/');
  await frameOf(maya, '/jackets/');
  await maya.type('#push-url', `${new URL(maria.page.url()).origin}/help/#returns`);
  await maya.keyboard.press('Enter');
  await isAt(maria.page, '/help/#returns');
  await frameOf(maya, '/help/#returns');
}

/** The page in the agent's frame, once it is at this path. */
async function frameOf(maya: Page, path: string): Promise<Frame> {
  const element = await maya.waitForSelector('[data-frame=joined] iframe');
  const frame = await element!.contentFrame();
  await frame
    .waitForFunction((wanted) => location.href.endsWith(wanted), {}, path)
    .catch((cause: unknown) => {
      throw new Error(`The agent’s frame is not at ${path} but at ${frame.url()}`, { cause });
    });
  await frame.waitForSelector('h1');
  return frame;
}

import assert from 'node:assert/strict';
import { generate } from 'otplib';
import type { Browser } from 'puppeteer';
import { openCentre, type TestCentre } from '../support/centre.ts';
import { axeFindings, launchBrowser } from './browser.ts';

describe('A manager where managers need a second factor', function () {
  this.timeout(60_000);
  let it_: TestCentre;
  let browser: Browser;

  before(async () => {
    [it_, browser] = await Promise.all([openCentre({ env: { MANAGER_TOTP: 'required' } }), launchBrowser()]);
  });
  after(async () => {
    await browser.close();
    await it_.close();
  });

  it('sets it up where the board is refused, and sees the board', async () => {
    const page = await (await browser.createBrowserContext()).newPage();
    await page.setViewport({ width: 1440, height: 900 });
    await page.goto(it_.agentUrl);
    await page.waitForSelector('[name=username]');
    await page.type('[name=username]', 'mina');
    await page.type('[name=password]', 'mina-demo-2026');
    await page.keyboard.press('Enter');
    await page.locator('::-p-text(Set it up)').click();
    await page.waitForSelector('.panel [name=password]');
    await page.type('.panel [name=password]', 'wrong password');
    await page.keyboard.press('Enter');
    await page.waitForFunction(
      () => document.querySelector('.panel .problem')?.textContent === 'This password is not right.',
    );
    await page.type('.panel [name=password]', 'mina-demo-2026');
    await page.keyboard.press('Enter');
    const key = await page.waitForSelector('.panel .key');
    assert.deepEqual(await axeFindings(page), []);
    const secret = (await key!.evaluate((it) => it.textContent)).replaceAll(' ', '');
    await page.waitForSelector('.panel [name=code]:focus');
    await page.keyboard.type(await generate({ secret }));
    await page.keyboard.press('Enter');
    await page.waitForSelector('.figures');
  });
});

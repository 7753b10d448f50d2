import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import type { Browser, Page } from 'puppeteer';
import { startShop } from '../../embedded/demo/shop.ts';
import type { Site } from '../../embedded/demo/web.ts';
import { axeFindings, launchBrowser } from './browser.ts';
import { isAt, sees } from './stage.ts';

const identitySecret = 'a secret that only the shop and the contact centre know';
const pages = [
  '/',
  '/tents/',
  '/tents/drift-2/',
  '/tents/skua-1/',
  '/tents/haven-4/',
  '/jackets/',
  '/jackets/tern/',
  '/jackets/eider/',
  '/help/',
  '/account/',
  '/checkout/?item=tern',
  '/checkout/thank-you/',
  '/no-such-page',
];

describe('The demo shop', function () {
  this.timeout(60_000);
  let site: Site;
  let browser: Browser;
  let page: Page;
  before(async () => {
    // Nobody answers where the widget should be: the shop has to do without.
    const elsewhere = { publicUrl: 'http://localhost:9', agentUrl: 'http://127.0.0.1:9' };
    [site, browser] = await Promise.all([
      startShop({ port: 0, identitySecret, ...elsewhere }),
      launchBrowser(),
    ]);
  });
  after(async () => {
    await browser.close();
    await site.close();
  });
  beforeEach(async () => {
    page = await (await browser.createBrowserContext()).newPage();
    page.setDefaultTimeout(10_000);
  });
  afterEach(() => page.browserContext().close());

  const shop = (): string => `http://localhost:${String(site.port)}`;

  it('can be used by everybody on every page, by day and by night, on a telephone', async () => {
    await page.setViewport({ width: 390, height: 844 });
    for (const path of pages) {
      await page.goto(shop() + path);
      for (const scheme of ['light', 'dark']) {
        await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
        assert.deepEqual(await axeFindings(page), [], `${path} in the ${scheme}`);
      }
      const sideways = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      assert.equal(sideways, false, `${path} scrolls sideways`);
      assert.doesNotMatch(await page.content(), /\{\{/, `${path} has a word left open`);
    }
  });

  it('filters its tents without loading a page, and goes back as it came', async () => {
    await page.goto(`${shop()}/tents/`);
    await page.evaluate(() => ((window as unknown as { isSame: boolean }).isSame = true));
    await page.click('[data-sleeps="1"]');
    await isAt(page, '/tents/?sleeps=1');
    await sees(page, '[data-count]', '1 tent');
    await page.goBack();
    await sees(page, '[data-count]', '3 tents');
    assert.equal(await page.evaluate(() => (window as unknown as { isSame?: boolean }).isSame), true);
    await page.goto(`${shop()}/tents/?sleeps=4`);
    await sees(page, '[data-list]', 'Haven 4');
    await sees(page, '[data-count]', '1 tent');
  });

  it('signs Maria in and says who she is in a token that only it can sign', async () => {
    await page.goto(`${shop()}/account/`);
    await page.click('[data-sign-in]');
    await sees(page, 'main', 'Good to see you, Maria');
    const { token } = await page.evaluate(
      async () => (await (await fetch('/api/me')).json()) as { token: string },
    );
    const [head = '', body = '', signature] = token.split('.');
    assert.equal(
      createHmac('sha256', identitySecret).update(`${head}.${body}`).digest('base64url'),
      signature,
    );
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as { sub: string; exp: number };
    assert.equal(claims.sub, 'c-silva');
    assert.ok(claims.exp * 1000 > Date.now() && claims.exp * 1000 < Date.now() + 3_600_000);
    await page.click('[data-sign-out]');
    await sees(page, 'main', 'Sign in as Maria Silva');
    assert.equal(await page.evaluate(async () => (await fetch('/api/me')).status), 204);
  });

  it('signs nobody in for a page of another site', async () => {
    const headers = { 'sec-fetch-site': 'cross-site' };
    const answer = await fetch(`${shop()}/api/sign-in`, { method: 'POST', headers });
    assert.equal(answer.status, 403);
    assert.equal(answer.headers.has('set-cookie'), false);
  });

  it('takes an order of what was chosen', async () => {
    await page.goto(`${shop()}/jackets/tern/`);
    await page.click('a[href="/checkout/?item=tern"]');
    await sees(page, '.summary', '£175');
    for (const name of ['name', 'address', 'town', 'postcode']) await page.type(`[name=${name}]`, 'x');
    await page.click('button[type=submit]');
    await isAt(page, '/checkout/thank-you/');
  });
});

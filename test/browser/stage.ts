import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import assert from 'node:assert/strict';
import type { Browser, Page, Viewport } from 'puppeteer';
import { type DeskPhone, startDeskPhone } from '../../embedded/demo/desk-phone.ts';
import { startPhonePanel } from '../../embedded/demo/phone-panel.ts';
import { tone } from '../../embedded/demo/phones/voice.ts';
import { startShop } from '../../embedded/demo/shop.ts';
import type { Site } from '../../embedded/demo/web.ts';
import { agentHz, openCentre, type TestCentre } from '../support/centre.ts';
import { axeFindings, launchBrowser } from './browser.ts';
import { WidgetPage } from '../support/widget-bench.ts';

const identitySecret = 'a secret that only the shop and the contact centre know';

/** The sizes of the two kinds of window people have. */
export const desktop: Viewport = { width: 1440, height: 900 };
export const telephone: Viewport = { width: 390, height: 844, isMobile: true, hasTouch: true };

/** Nothing moves: neither axe nor a picture meets a colour on its way to another one. */
const calm = { name: 'prefers-reduced-motion', value: 'reduce' };

/**
 * A whole contact centre of real processes, its shop, the phone on Maya's desk with its panel, and one real browser in which
 * each person has a profile of their own.
 */
export class Stage {
  readonly centre: TestCentre;
  /** The one on Maya's desk; a person answers it on the panel. */
  readonly phone: DeskPhone;
  readonly panelUrl: string;
  readonly #sites: readonly Site[];
  readonly #browser: Browser;
  readonly #pages: Page[] = [];
  /** What went wrong in any page: exceptions, and what a content security policy refused. */
  readonly mishaps: string[] = [];
  #shots = 0;

  private constructor(
    centre: TestCentre,
    phone: DeskPhone,
    sites: readonly Site[],
    panelUrl: string,
    browser: Browser,
  ) {
    this.centre = centre;
    this.phone = phone;
    this.#sites = sites;
    this.panelUrl = panelUrl;
    this.#browser = browser;
  }

  static async open(): Promise<Stage> {
    const [centre, browser] = await Promise.all([
      // The visitor's browser proves its work and fills the form in as everywhere.
      openCentre({ env: { IDENTITY_SECRET: identitySecret, PROOF_BITS: '12' } }),
      launchBrowser(),
    ]);
    const shop = await startShop({
      port: Number(new URL(centre.site).port),
      publicUrl: centre.publicUrl,
      agentUrl: centre.agentUrl,
      identitySecret,
      widgetOptions: 'data-open-shadow',
    });
    const phone = await startDeskPhone({
      extension: '101',
      password: 'desk-101-demo',
      registrar: { host: '127.0.0.1', port: Number(centre.centre.env['SIP_PORT']) },
      keepsTrying: true,
      retryMs: 1000,
      voice: tone(agentHz),
    });
    const panel = await startPhonePanel({ port: 0, phone, network: centre.network, person: 'Maya Okafor' });
    return new Stage(centre, phone, [shop, panel], `http://127.0.0.1:${String(panel.port)}/`, browser);
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await Promise.all([this.phone.close(), ...this.#sites.map((it) => it.close())]);
    await this.centre.close();
  }

  /** Somebody with a browser profile of their own opens an address. */
  async person(url: string, viewport: Viewport): Promise<Page> {
    const context = await this.#browser.createBrowserContext();
    const page = await context.newPage();
    this.#pages.push(page);
    page.setDefaultTimeout(12_000);
    await page.setViewport(viewport);
    await page.emulateMediaFeatures([calm]);
    page.on('pageerror', (error) => this.mishaps.push(String(error)));
    page.on('console', (message) => {
      const text = message.text();
      if (text.includes('Content Security Policy') || text.includes('Trusted')) this.mishaps.push(text);
    });
    await page.goto(url);
    return page;
  }

  /** A visitor on a page of the shop. */
  async visitor(path: string, viewport: Viewport = desktop): Promise<WidgetPage> {
    return new WidgetPage(await this.person(`${this.centre.site}${path}`, viewport));
  }

  /** Somebody logged in to the portal, with its event stream open. */
  async staff(username: 'maya' | 'mina', viewport: Viewport = desktop): Promise<Page> {
    const page = await this.person(this.centre.agentUrl, viewport);
    await page.locator('[name=username]').fill(username);
    await page.locator('[name=password]').fill(`${username}-demo-2026`);
    await page.keyboard.press('Enter');
    await page.waitForSelector('html[data-stream="live"]');
    return page;
  }

  panel(viewport: Viewport = { width: 900, height: 700 }): Promise<Page> {
    return this.person(this.panelUrl, viewport);
  }

  /** axe finds nothing on this page as it stands, the widget's shadow root included; with SHOTS set, keeps a picture of it. */
  async looksRight(page: Page, name: string): Promise<void> {
    await this.#picture(page, name);
    assert.deepEqual(await axeFindings(page), [], `axe has something to say about: ${name}`);
  }

  /** With SHOTS set, what everybody sees now. */
  async keepPictures(name: string): Promise<void> {
    for (const [index, page] of this.#pages.entries()) await this.#picture(page, `${name}-${index + 1}`);
  }

  async #picture(page: Page, name: string): Promise<void> {
    const folder = process.env['SHOTS'];
    if (!folder) return;
    mkdirSync(folder, { recursive: true });
    const number = String(++this.#shots).padStart(2, '0');
    const file = (scheme: string): `${string}.png` => `${join(folder, `${number}-${name}-${scheme}`)}.png`;
    for (const scheme of ['dark', 'light']) {
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }, calm]);
      await page.screenshot({ path: file(scheme) });
    }
  }
}

/** Waits until an element that fits `selector` says this. */
export async function sees(page: Page, selector: string, words: string): Promise<void> {
  try {
    await page.waitForFunction(
      (css, part) =>
        [...document.querySelectorAll<HTMLElement>(css)].some((it) =>
          it.innerText.replaceAll(/\s+/g, ' ').includes(part),
        ),
      {},
      selector,
      words,
    );
  } catch (cause) {
    const said = await page.$$eval(selector, (all) => all.map((it) => (it as HTMLElement).innerText));
    throw new Error(`"${words}" is not said by ${selector}, but: ${JSON.stringify(said)}`, { cause });
  }
}

/** Waits until the page is at this path, with its query and hash. */
export async function isAt(page: Page, path: string): Promise<void> {
  await page
    .waitForFunction((wanted) => location.href.endsWith(wanted), {}, path)
    .catch((cause: unknown) => {
      throw new Error(`The page is not at ${path} but at ${page.url()}`, { cause });
    });
}

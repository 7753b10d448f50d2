import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import puppeteer, { type Browser, type BrowserContext, type Page } from 'puppeteer';

import { FakeAgentServer } from './fake-agent-server.ts';

const chromium = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** Counts what cannot be seen from outside: sounds, and what the content security policy refused. */
function spyOnPage(): void {
  const spied = window as unknown as { tones: number; violations: string[] };
  spied.tones = 0;
  spied.violations = [];
  const start = OscillatorNode.prototype.start; // eslint-disable-line @typescript-eslint/unbound-method -- called with its own `this` below
  OscillatorNode.prototype.start = function (when?: number) {
    spied.tones += 1;
    start.call(this, when);
  };
  document.addEventListener('securitypolicyviolation', (event) => {
    spied.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
  });
}

/** One agent server and one browser, for the stories of the portal. */
export class PortalBench {
  readonly fake: FakeAgentServer;
  readonly #browser: Browser;
  #context: BrowserContext | undefined;

  private constructor(fake: FakeAgentServer, browser: Browser) {
    this.fake = fake;
    this.#browser = browser;
  }

  static async open(): Promise<PortalBench> {
    const fake = await FakeAgentServer.start();
    const browser = await puppeteer.launch({
      executablePath: chromium,
      args: [
        '--no-sandbox',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--autoplay-policy=no-user-gesture-required',
        // a name that is no loopback address: there the browser has no Web Locks without TLS
        '--host-resolver-rules=MAP portal.test 127.0.0.1',
      ],
    });
    return new PortalBench(fake, browser);
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await this.fake.stop();
  }

  /** Another browser profile and an agent who is logged in, for the next story. */
  async fresh(): Promise<void> {
    await this.#context?.close();
    this.#context = await this.#browser.createBrowserContext();
    this.fake.reset();
  }

  /** A new tab on the portal; the script `prepare` runs in the page before anything else. */
  async tab(options: { path?: string; origin?: string; prepare?: string } = {}): Promise<Page> {
    const page = await this.#context!.newPage();
    await page.setViewport({ width: 1440, height: 900 });
    await page.evaluateOnNewDocument(spyOnPage);
    if (options.prepare) await page.evaluateOnNewDocument(options.prepare);
    await page.goto(`${options.origin ?? this.fake.url}/${options.path ?? ''}`);
    return page;
  }

  /** A tab with the desk on it. */
  async desk(options: { origin?: string; prepare?: string } = {}): Promise<Page> {
    const page = await this.tab(options);
    await page.waitForSelector('.desk');
    await this.streaming(page);
    return page;
  }

  /** A tab with the board on it. */
  async board(): Promise<Page> {
    const page = await this.tab({ path: '#/board' });
    await page.waitForSelector('.figures');
    return page;
  }

  /** Waits until the page has the stream, or hears it from the tab that has. */
  async streaming(page: Page): Promise<void> {
    await page.waitForSelector('html[data-stream="live"]');
  }

  /** Waits until the text of `selector` holds `words`. */
  async sees(page: Page, selector: string, words: string): Promise<void> {
    await page.waitForFunction(
      (css, part) => [...document.querySelectorAll(css)].some((it) => it.textContent.includes(part)),
      { polling: 50, timeout: 8000 },
      selector,
      words,
    );
  }

  async isGone(page: Page, selector: string): Promise<void> {
    await page.waitForFunction((css) => document.querySelector(css) === null, { timeout: 8000 }, selector);
  }

  textOf(page: Page, selector: string): Promise<string> {
    return page.$eval(selector, (it) => it.textContent);
  }

  count(page: Page, selector: string): Promise<number> {
    return page.$$eval(selector, (all) => all.length);
  }

  /** Labels of the buttons in the call bar: what is offered now. */
  callActions(page: Page): Promise<string[]> {
    return page.$$eval('.call-actions button > span', (all) => all.map((it) => it.textContent));
  }

  tones(page: Page): Promise<number> {
    return page.evaluate(() => (window as unknown as { tones: number }).tones);
  }

  violations(page: Page): Promise<string[]> {
    return page.evaluate(() => (window as unknown as { violations: string[] }).violations);
  }

  /** axe finds nothing on this page as it stands. */
  async isAccessible(page: Page): Promise<void> {
    await page.evaluate(await readFile(axePath, 'utf8'));
    const found = await page.evaluate(async () => {
      const { axe } = window as unknown as {
        axe: {
          run: (
            root: Document,
            options: object,
          ) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
        };
      };
      const { violations } = await axe.run(document, { iframes: false });
      return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
    });
    assert.deepEqual(found, []);
  }
}

import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'puppeteer';
import puppeteer from 'puppeteer';
import { buildWidget } from '../../deploy/build-widget.ts';
import { FakeVisitorApi } from './fake-visitor-api.ts';

/** How the company's page is to be: attributes of the script line, more head or body, and headers. */
export interface SitePage {
  readonly attributes?: string;
  readonly head?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly nonce?: string;
}

/** A browser, a company's site and the web server of the widget, all real but for what stands behind the server. */
export class WidgetBench {
  api!: FakeVisitorApi;
  /** What the site answers for every address that has no page of its own. */
  page: SitePage = {};
  readonly pages = new Map<string, SitePage>();
  readonly #site = createServer((request, response) => {
    const path = new URL(request.url ?? '', 'http://site').pathname;
    const page = this.pages.get(path) ?? this.page;
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', ...page.headers });
    const nonce = page.nonce ? ` nonce="${page.nonce}"` : '';
    const script = `<script async${nonce} src="${this.api.origin}/widget.js" data-service="sales" data-open-shadow ${page.attributes ?? ''}></script>`;
    response.end(
      `<!doctype html><html lang="en"><head><title>Shop ${path}</title><meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">${page.head ?? ''}${script}</head>` +
        `<body><main><h1>Shop</h1><p><a href="/rates">Rates</a></p>${page.body ?? ''}</main></body></html>`,
    );
  });
  #browser!: Browser;
  #context!: BrowserContext;
  #folder!: string;

  /** Once for a file of stories: the bundle and the browser take a second. */
  async open(): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), 'ringback-widget-'));
    await buildWidget(this.#folder);
    this.#browser = await puppeteer.launch({
      executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--accept-lang=en-GB',
      ],
      env: { ...process.env, TZ: 'Europe/London', LANGUAGE: 'en_GB' },
    });
    this.#site.listen(0, '127.0.0.1');
    await once(this.#site, 'listening');
  }

  /** For each story: nobody has asked for anything yet, and no browser remembers anything. */
  async fresh(): Promise<void> {
    this.api = new FakeVisitorApi(this.#folder);
    await this.api.listen();
    this.page = {};
    this.pages.clear();
    this.#context = await this.#browser.createBrowserContext();
  }

  async endOfStory(): Promise<void> {
    await this.#context.close();
    await this.api.close();
  }

  async close(): Promise<void> {
    await this.#browser.close();
    this.#site.closeAllConnections();
    this.#site.close();
    await rm(this.#folder, { recursive: true });
  }

  /** The site is another origin than the web server, and a secure context for once: browsers trust localhost. */
  get site(): string {
    return `http://localhost:${(this.#site.address() as AddressInfo).port}`;
  }

  /** The same pages under another origin. */
  get otherSite(): string {
    return this.site.replace('localhost', '127.0.0.1');
  }

  /** A new tab of the same visitor, on a page of the site. */
  async visit(path = '/', prepare?: (page: Page) => Promise<unknown>): Promise<WidgetPage> {
    const page = await this.#context.newPage();
    const visited = new WidgetPage(page);
    await page.setViewport({ width: 1000, height: 800 });
    await prepare?.(page);
    await page.goto(this.site + path);
    return visited;
  }
}

/** One tab with the widget, told to do what people do: with names, keys and words, not with selectors. */
export class WidgetPage {
  readonly page: Page;
  readonly errors: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.on('pageerror', (error) => this.errors.push(error instanceof Error ? error.message : String(error)));
  }

  /** Waits until the open panel says something. */
  async reads(text: string): Promise<void> {
    await this.page
      .waitForFunction(
        (wanted) => {
          const dialog = document
            .querySelector('ring-back')
            ?.shadowRoot?.querySelector<HTMLElement>('dialog[open]');
          return dialog?.innerText.replaceAll(/\s+/g, ' ').includes(wanted) ?? false;
        },
        { timeout: 12_000 },
        text,
      )
      .catch(async (error: unknown) => {
        throw new Error(`The panel does not say "${text}" but: ${await this.says()}`, { cause: error });
      });
  }

  /** What the open panel says. */
  says(): Promise<string> {
    return this.page.evaluate(
      () =>
        document
          .querySelector('ring-back')
          ?.shadowRoot?.querySelector<HTMLElement>('dialog[open]')
          ?.innerText.replaceAll(/\s+/g, ' ') ?? '',
    );
  }

  /** Waits until the launcher says something. */
  async pill(text: string): Promise<void> {
    await this.page.waitForFunction(
      (wanted) =>
        document
          .querySelector('ring-back')
          ?.shadowRoot?.querySelector('.pill')
          ?.textContent.includes(wanted) ?? false,
      { timeout: 12_000 },
      text,
    );
  }

  /** Presses what has this name. */
  async press(name: string, role = 'button'): Promise<void> {
    await this.page.locator(`::-p-aria([name="${name}"][role="${role}"])`).click();
  }

  async open(): Promise<void> {
    await this.press('Call me back');
    await this.reads('Talk to a person');
  }

  /** The name of what has the focus, inside the widget too. */
  focused(): Promise<string> {
    return this.page.evaluate(() => {
      let focused = document.activeElement;
      while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
      if (!focused || focused === document.body) return '';
      const labels = (focused as HTMLInputElement).labels;
      return (focused.ariaLabel ?? labels?.[0]?.textContent ?? focused.textContent)
        .replaceAll(/\s+/g, ' ')
        .trim();
    });
  }

  /** What the launcher says. */
  pillText(): Promise<string> {
    return this.page.evaluate(
      () => document.querySelector('ring-back')?.shadowRoot?.querySelector('.pill')?.textContent ?? '',
    );
  }

  /** What the live region of this kind has said last. */
  heard(role: 'status' | 'alert'): Promise<string> {
    return this.page.evaluate(
      (wanted) =>
        document.querySelector('ring-back')?.shadowRoot?.querySelector(`[role="${wanted}"].unseen`)
          ?.textContent ?? '',
      role,
    );
  }

  /** Controls below 44 px (other than what has a larger label), and whatever sticks out of the window. */
  tooSmallOrTooWide(): Promise<string[]> {
    return this.page.evaluate(() => {
      const root = document.querySelector('ring-back')!.shadowRoot!;
      const wrong: string[] = [];
      if (document.documentElement.scrollWidth > innerWidth) wrong.push('the page scrolls sideways');
      for (const element of root.querySelectorAll<HTMLElement>('*')) {
        if (!element.checkVisibility() || element.closest('.unseen, svg')) continue;
        const { width, height, left, right } = element.getBoundingClientRect();
        if (left < 0 || right > innerWidth + 1) wrong.push(`${element.outerHTML.slice(0, 80)} sticks out`);
        if (
          element.scrollWidth > element.clientWidth + 1 &&
          getComputedStyle(element).overflowX !== 'visible'
        ) {
          wrong.push(`${element.outerHTML.slice(0, 80)} scrolls sideways`);
        }
        const isControl = element.matches(
          'button, select, input:not([type=radio], [type=checkbox]), label:has(input)',
        );
        if (isControl && (height < 44 || width < 44))
          wrong.push(`${element.outerHTML.slice(0, 80)} is ${width} x ${height}`);
      }
      return wrong;
    });
  }

  /** Waits until something outside the panel says this. */
  async shows(text: string): Promise<void> {
    await this.page.waitForFunction(
      (wanted) => document.querySelector('ring-back')?.shadowRoot?.textContent.includes(wanted) ?? false,
      {},
      text,
    );
  }

  /** Whether the frame of a shared page is there. */
  isSharingShown(): Promise<boolean> {
    return this.page.evaluate(
      () =>
        document.querySelector('ring-back')?.shadowRoot?.querySelector('.frame')?.checkVisibility() === true,
    );
  }

  /** Waits until the ticket of the page session is stored. */
  async pageSessionIsKept(ticket: string): Promise<void> {
    await this.page.waitForFunction(
      (wanted) => localStorage.getItem('ringback')?.includes(wanted),
      {},
      ticket,
    );
  }

  /** The name of the first time that can be picked. */
  firstTime(): Promise<string> {
    return this.page.evaluate(
      () =>
        document.querySelector('ring-back')?.shadowRoot?.querySelector('dialog .times label')?.textContent ??
        '',
    );
  }

  /** The sentences that are read out with the control of this name. */
  async describedBy(name: string): Promise<string[]> {
    const control = await this.page.waitForSelector(`::-p-aria([name="${name}"])`);
    return control!.evaluate((element) => {
      const ids = element.getAttribute('aria-describedby')?.split(' ') ?? [];
      return ids.map((id) => (element.getRootNode() as ShadowRoot).getElementById(id)?.textContent ?? '');
    });
  }

  /** What stands in the field of this name. */
  async value(name: string): Promise<string> {
    const field = await this.page.waitForSelector(`::-p-aria([name="${name}"][role="textbox"])`);
    return field!.evaluate((element) => (element as HTMLInputElement).value);
  }

  /** Pastes into what has the focus. */
  async paste(text: string): Promise<void> {
    const session = await this.page.createCDPSession();
    await session.send('Input.insertText', { text });
    await session.detach();
  }

  /** Goes on with the tab key until something with this name has the focus. */
  async tabTo(name: string): Promise<void> {
    const passed: string[] = [];
    for (let i = 0; i < 25; i++) {
      const now = await this.focused();
      if (now.startsWith(name)) return;
      passed.push(now);
      await this.page.keyboard.press('Tab');
    }
    throw new Error(`No way to "${name}" by keyboard, past: ${passed.join(' | ')}`);
  }

  /** Fills the form in and sends it, as fast as a person never would. */
  async asksForACall(phone = '020 7946 0199'): Promise<void> {
    await this.open();
    await this.reads('You may call me');
    await this.page.keyboard.type(phone);
    await this.press('You may call me about my question, this one time.', 'checkbox');
    await this.press('Call me back');
  }

  /** What is stored on the device. */
  stored(): Promise<Record<string, string>> {
    return this.page.evaluate(() =>
      Object.fromEntries(
        [localStorage, sessionStorage].flatMap((storage) => Object.entries(storage) as [string, string][]),
      ),
    );
  }
}

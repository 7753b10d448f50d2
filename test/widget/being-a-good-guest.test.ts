import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { inMinutes } from '../support/fake-visitor-api.ts';
import type { WidgetPage } from '../support/widget-bench.ts';
import { WidgetBench } from '../support/widget-bench.ts';

const axeFile = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

interface AxeResult {
  readonly violations: readonly { id: string; nodes: readonly { html: string; failureSummary: string }[] }[];
}
declare const axe: { run(context: unknown, options: unknown): Promise<AxeResult> };

describe('The widget on a page of somebody else', () => {
  const bench = new WidgetBench();
  let axeSource: string;
  before(async () => {
    axeSource = await readFile(axeFile, 'utf8');
    await bench.open();
  });
  beforeEach(() => bench.fresh());
  afterEach(() => bench.endOfStory());
  after(() => bench.close());

  it('stores nothing, sets no cookie and calls nobody before it is used [WI1]', async () => {
    const visitor = await bench.visit();
    await visitor.page.waitForSelector('ring-back');
    await visitor.page.mouse.move(900, 700);
    assert.deepEqual(await visitor.stored(), {});
    assert.deepEqual(bench.api.requests, ['GET /widget.js']);
    await visitor.open();
    await bench.api.lines.next();
    assert.deepEqual(Object.keys(await visitor.stored()).sort(), ['ringback', 'ringback-tab']);
    assert.deepEqual(await visitor.page.cookies(), []); // eslint-disable-line @typescript-eslint/no-deprecated -- the context's cookies are what is asked for
  });

  it('adds one global and one element', async () => {
    const before = await bench.visit('/', (page) =>
      page.evaluateOnNewDocument(() => {
        (window as unknown as { names: string[] }).names = Object.getOwnPropertyNames(window);
      }),
    );
    await before.page.waitForSelector('ring-back');
    await before.page.evaluate('ringback.open()');
    await before.reads('about 6–9 min');
    const added = await before.page.evaluate(() => {
      const { names } = window as unknown as { names: string[] };
      return Object.getOwnPropertyNames(window).filter(
        (name) => !names.includes(name) && name !== 'names' && !name.includes('ariaQuery'),
      );
    });
    assert.deepEqual(added, ['ringback']);
    assert.equal(
      await before.page.$$eval('body > :not(main)', (all) => all.map((it) => it.localName).join()),
      'ring-back',
    );
  });

  it('works under the strictest policy a site can have, and breaks none of it [WI1]', async () => {
    const nonce = 'bm9uY2U';
    const policy = [
      "default-src 'none'",
      `script-src 'nonce-${nonce}' 'strict-dynamic'`,
      "style-src 'none'",
      "form-action 'none'",
      "base-uri 'none'",
      'img-src data:',
      `connect-src ${bench.api.origin} ${bench.api.origin.replace('http', 'ws')}`,
      "require-trusted-types-for 'script'",
      'trusted-types ringback',
    ].join('; ');
    bench.page = {
      nonce,
      headers: { 'Content-Security-Policy': policy },
      head: `<script nonce="${nonce}">violations = []; addEventListener('securitypolicyviolation', (e) => violations.push(e.violatedDirective + ' ' + e.blockedURI + ' ' + e.sample))</script>`,
    };
    const visitor = await bench.visit();
    await visitor.asksForACall();
    await visitor.reads('You are 3rd');
    const line = await bench.api.lines.next();
    bench.api.welcome(line);
    line.hear({ type: 'sharing', on: true, viewers: ['Maya'] });
    await visitor.reads('Sharing this page');
    assert.deepEqual(await visitor.page.evaluate('violations'), []);
    assert.deepEqual(visitor.errors, []);
    const isStyled = await visitor.page.evaluate(
      () =>
        getComputedStyle(document.querySelector('ring-back')!.shadowRoot!.querySelector('dialog')!).position,
    );
    assert.equal(isStyled, 'fixed');
  });

  it('works where only its own host is allowed, without a nonce', async () => {
    bench.page = {
      headers: {
        'Content-Security-Policy': `script-src ${bench.api.origin}; connect-src ${bench.api.origin}`,
      },
    };
    const visitor = await bench.visit();
    await visitor.asksForACall();
    await visitor.reads('You are 3rd');
  });

  it('runs no part that is not the one it was built with', async () => {
    bench.api.corruptsParts = true;
    const visitor = await bench.visit();
    await visitor.press('Call me back');
    await visitor.pill('Not available now. Try again');
    bench.api.corruptsParts = false;
    await visitor.press('Not available now. Try again');
    await visitor.reads('about 6–9 min');
  });

  it('closes on Escape and gives the focus back; the page stays usable beside it', async () => {
    const visitor = await bench.visit();
    await visitor.page.waitForSelector('ring-back');
    await visitor.tabTo('Call me back');
    await visitor.page.keyboard.press('Enter');
    await visitor.reads('about 6–9 min');
    await visitor.page.keyboard.press('Escape');
    assert.equal(await visitor.focused(), 'Call me back');
    await visitor.page.keyboard.press('Enter');
    await Promise.all([visitor.page.waitForNavigation(), visitor.press('Rates', 'link')]);
    assert.equal(new URL(visitor.page.url()).pathname, '/rates');
  });

  it('holds the focus in the sheet on a phone, and nowhere else', async () => {
    const visitor = await bench.visit('/', async (page) => page.setViewport({ width: 390, height: 844 }));
    await visitor.page.setViewport({ width: 390, height: 844 });
    await visitor.open();
    await visitor.reads('about 6–9 min');
    const seen = new Set<string>();
    for (let i = 0; i < 20; i++) {
      await visitor.page.keyboard.press('Tab');
      seen.add(await visitor.focused());
    }
    assert.ok(!seen.has('Rates'), [...seen].join());
    assert.ok(seen.has('Close') && seen.has('Your phone number') && seen.has('What we store and why'));
  });

  it('gets out of the way of what has the focus', async () => {
    bench.page = { body: '<button style="position:fixed;right:24px;bottom:24px">Pay</button>' };
    const visitor = await bench.visit();
    await visitor.page.waitForSelector('ring-back');
    const isTucked = (wanted: boolean) =>
      visitor.page.waitForFunction(
        (is) =>
          document
            .querySelector('ring-back')
            ?.shadowRoot?.querySelector('.pill')
            ?.matches('[data-tucked]') === is,
        {},
        wanted,
      );
    await visitor.page.focus('button');
    await isTucked(true);
    await visitor.page.focus('a');
    await isTucked(false);
  });

  it('comes back when a page script has replaced the body, goes when it is told to, and does not come twice', async () => {
    const visitor = await bench.visit();
    await visitor.page.waitForSelector('ring-back');
    await visitor.page.evaluate(() => (document.body = document.createElement('body')));
    await visitor.page.waitForSelector('ring-back');
    await visitor.page.addScriptTag({ url: `${bench.api.origin}/widget.js` });
    assert.equal(await visitor.page.$$eval('ring-back', (all) => all.length), 1);
    await visitor.page.evaluate('ringback.hide()');
    assert.equal(await visitor.page.$eval('ring-back', (it) => getComputedStyle(it).display), 'none');
    await visitor.page.evaluate('ringback.show(); ringback.open()');
    await visitor.reads('about 6–9 min');
    await visitor.page.evaluate('ringback.destroy()');
    assert.equal(await visitor.page.$('ring-back'), null);
  });

  it('tells the page what happens, in the order it was asked to listen', async () => {
    bench.page = {
      head: `<script>heard = []; ringback = [['on', 'open', () => heard.push('open')], ['on', 'requested', (view) => heard.push(view.state)], ['on', 'close', () => heard.push('close')]]</script>`,
    };
    const visitor = await bench.visit();
    await visitor.asksForACall();
    await visitor.reads('You are 3rd');
    await visitor.press('Close');
    assert.deepEqual(await visitor.page.evaluate('heard'), ['open', 'queued', 'close']);
  });

  it('stores nothing at all where the page says that the visitor does not want it', async () => {
    bench.page = { head: `<script>ringback = [['setConsent', { store: false }]]</script>` };
    const visitor = await bench.visit();
    await visitor.asksForACall();
    await visitor.reads('You are 3rd');
    assert.deepEqual(await visitor.stored(), {});
  });

  const scenes: Record<string, (visitor: WidgetPage) => Promise<unknown>> = {
    async 'at rest'(visitor) {
      await visitor.page.waitForSelector('ring-back');
    },
    async 'with the form'(visitor) {
      await visitor.open();
      await visitor.reads('about 6–9 min');
    },
    async 'with errors'(visitor) {
      await scenes['with the form']!(visitor);
      const line = await bench.api.lines.next();
      bench.api.welcome(line);
      line.hear({ type: 'code', code: '482913', validForS: 600 });
      await visitor.reads('482 913');
      await visitor.press('Call me back');
      await visitor.reads('Tick this box');
    },
    async 'with times to pick'(visitor) {
      bench.api.availability = {
        ...bench.api.availability,
        slots: Array.from({ length: 12 }, (_, i) => inMinutes(1440 + i * 30, 1455 + i * 30)),
      };
      await scenes['with the form']!(visitor);
      await visitor.press('Pick a time', 'radio');
      await visitor.reads('Times in your zone');
    },
    async waiting(visitor) {
      await visitor.asksForACall('020 7946 0199');
      await visitor.reads('You are 3rd');
      await bench.api.streams.next();
    },
    async ringing(visitor) {
      await scenes['waiting']!(visitor);
      const view = { agent: { name: 'Maya' }, callerId: '+44 20 7946 0100', codeWord: 'AMBER-17' };
      bench.api.change(bench.api.only.id, { state: 'dialing-customer', ...view });
      await visitor.reads('AMBER-17');
    },
    async 'ringing, closed'(visitor) {
      await scenes['ringing']!(visitor);
      await visitor.press('Close');
    },
    async 'talking and sharing'(visitor) {
      await scenes['waiting']!(visitor);
      const line = await bench.api.lines.next();
      bench.api.welcome(line);
      bench.api.change(bench.api.only.id, { state: 'connected', agent: { name: 'Maya' }, allowed: [] });
      line.hear({ type: 'sharing', on: true, viewers: ['Maya'] });
      await visitor.reads('Sharing this page');
    },
    async 'asked to share'(visitor) {
      await scenes['waiting']!(visitor);
      const line = await bench.api.lines.next();
      bench.api.welcome(line);
      line.hear({ type: 'consent-asked', agent: 'Maya', text: 'Maya sees where you are.', version: '1' });
      await visitor.page.waitForSelector('::-p-aria([name="Allow"][role="button"])');
    },
    async 'not reached'(visitor) {
      await scenes['waiting']!(visitor);
      const view = { attempts: 1, lastOutcome: 'no-answer', allowed: ['retry', 'move'] } as const;
      bench.api.change(bench.api.only.id, { state: 'unreached', ...view });
      await visitor.reads('Try again now');
    },
    async 'telling what is stored'(visitor) {
      await scenes['with the form']!(visitor);
      await visitor.press('What we store and why');
      await visitor.reads('after the call: 90');
    },
  };

  for (const [name, reach] of Object.entries(scenes)) {
    it(`is accessible ${name}: nothing for axe to find, light or dark, and nothing to scroll sideways at 320 px [WI2]`, async () => {
      bench.page = { attributes: 'data-privacy="/privacy"' };
      const visitor = await bench.visit();
      await reach(visitor);
      await visitor.page.evaluate(axeSource);
      for (const [width, scheme] of [
        [1000, 'light'],
        [1000, 'dark'],
        [320, 'light'],
      ] as const) {
        await visitor.page.emulateMediaFeatures([
          { name: 'prefers-color-scheme', value: scheme },
          { name: 'prefers-reduced-motion', value: 'reduce' },
        ]);
        await visitor.page.setViewport({ width, height: 800 });
        const found = await visitor.page.evaluate(async () => {
          const { violations } = await axe.run({ include: [['ring-back']] }, { resultTypes: ['violations'] });
          return violations.flatMap(({ id, nodes }) =>
            nodes.map(({ html, failureSummary }) => [id, html, failureSummary]),
          );
        });
        assert.deepEqual(found, [], `${width} ${scheme}`);
        assert.deepEqual(await visitor.tooSmallOrTooWide(), [], `${width} ${scheme}`);
      }
    });
  }
});

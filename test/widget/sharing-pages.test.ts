import assert from 'node:assert/strict';
import type { PageSays } from '../../contracts/visitor.ts';
import type { PageLine } from '../support/fake-visitor-api.ts';
import type { WidgetPage } from '../support/widget-bench.ts';
import { WidgetBench } from '../support/widget-bench.ts';

type Said<Type extends PageSays['type']> = Extract<PageSays, { type: Type }>;

describe('A page session', () => {
  const bench = new WidgetBench();
  before(() => bench.open());
  beforeEach(() => bench.fresh());
  afterEach(async () => {
    assert.deepEqual(bench.api.faults, []);
    await bench.endOfStory();
  });
  after(() => bench.close());

  /** The next thing of this kind a page says; the others are passed over. */
  async function says<Type extends PageSays['type']>(line: PageLine, type: Type): Promise<Said<Type>> {
    for (;;) {
      const message = await line.says.next();
      if (message.type === type) return message as Said<Type>;
    }
  }

  async function begins(path = '/'): Promise<{ visitor: WidgetPage; line: PageLine; hello: Said<'hello'> }> {
    const visitor = await bench.visit(path);
    await visitor.open();
    const line = await bench.api.lines.next();
    const hello = await says(line, 'hello');
    bench.api.welcome(line);
    return { visitor, line, hello };
  }

  function asks(line: PageLine): void {
    line.hear({ type: 'consent-asked', agent: 'Maya', text: 'Maya sees where you are.', version: '7' });
  }

  function shares(line: PageLine): void {
    line.hear({ type: 'sharing', on: true, viewers: ['Maya'] });
  }

  describe('of a visitor', () => {
    it('begins when the widget is opened, and tells each page and each change of address in order', async () => {
      const { visitor, line, hello } = await begins('/rates');
      assert.equal(hello.seq, 0);
      assert.equal(hello.url, `${bench.site}/rates`);
      assert.equal(hello.title, 'Shop /rates');
      assert.equal(hello.ticket, undefined);
      const load = await says(line, 'navigated');
      await visitor.page.evaluate("history.pushState(null, '', '/rates/fixed')");
      const push = await says(line, 'navigated');
      await visitor.page.evaluate("location.hash = 'five-years'");
      const hash = await says(line, 'navigated');
      await visitor.page.evaluate('history.back()');
      const back = await says(line, 'navigated');
      assert.deepEqual(
        [load, push, hash, back].map(({ seq, how, url }) => [seq, how, url.slice(bench.site.length)]),
        [
          [1, 'load', '/rates'],
          [2, 'history', '/rates/fixed'],
          [3, 'hash', '/rates/fixed#five-years'],
          [4, 'hash', '/rates/fixed'],
        ],
      );
    });

    it('tells changes of address too where the browser has no Navigation API', async () => {
      const visitor = await bench.visit('/', (page) =>
        page.evaluateOnNewDocument("Object.defineProperty(window, 'navigation', { value: undefined })"),
      );
      await visitor.open();
      const line = await bench.api.lines.next();
      await says(line, 'navigated');
      await visitor.page.evaluate("history.pushState(null, '', '/a'); history.replaceState(null, '', '/b')");
      await visitor.page.evaluate("location.hash = 'c'");
      const moves = [
        await says(line, 'navigated'),
        await says(line, 'navigated'),
        await says(line, 'navigated'),
      ];
      assert.deepEqual(
        moves.map(({ how, url }) => [how, url.slice(bench.site.length)]),
        [
          ['history', '/a'],
          ['history', '/b'],
          ['hash', '/b#c'],
        ],
      );
    });

    it('goes on with its ticket, tab and count on the next page', async () => {
      const { visitor, line, hello } = await begins();
      await says(line, 'navigated');
      await visitor.pageSessionIsKept('ticket-1');
      await visitor.page.goto(`${bench.site}/next`);
      const next = await bench.api.lines.next();
      const again = await says(next, 'hello');
      assert.equal(again.ticket, 'ticket-1');
      assert.equal(again.tab, hello.tab);
      const moves = [await says(next, 'navigated')];
      while (moves.at(-1)?.url !== `${bench.site}/next`) moves.push(await says(next, 'navigated'));
      assert.equal(moves.at(-1)?.seq, 2);
    });

    it('gives another tab another id with the same ticket, even one that was duplicated', async () => {
      const { visitor, hello } = await begins();
      await visitor.pageSessionIsKept('ticket-1');
      const copy = await visitor.page.evaluate(() => Object.entries(sessionStorage) as [string, string][]);
      await bench.visit('/other', (page) =>
        page.evaluateOnNewDocument(
          (entries) => entries.forEach(([key, value]) => sessionStorage.setItem(key, value)),
          copy,
        ),
      );
      const other = await says(await bench.api.lines.next(), 'hello');
      assert.equal(other.ticket, 'ticket-1');
      assert.notEqual(other.tab, hello.tab);
    });

    it('comes back after a drop with what had not arrived', async () => {
      const { visitor, line } = await begins();
      await says(line, 'navigated');
      bench.api.refusesPages = true;
      line.drop();
      await line.closed;
      await visitor.page.evaluate("history.pushState(null, '', '/while-away')");
      bench.api.refusesPages = false;
      const again = await bench.api.lines.next();
      const hello = await says(again, 'hello');
      assert.equal(hello.url, `${bench.site}/while-away`);
      const moves = [await says(again, 'navigated'), await says(again, 'navigated')];
      assert.deepEqual(
        moves.map(({ seq }) => seq),
        [1, 2],
      );
      assert.ok(hello.seq < 1, 'what is sent again comes after what is said to be done');
    });

    it('keeps the secrets of an address to itself', async () => {
      const { line } = await begins('/login?access_token=abc&page=2&apiKey=k#id_token=xyz&tab=3');
      const { url } = await says(line, 'navigated');
      assert.equal(url, `${bench.site}/login?access_token=&page=2&apiKey=#id_token=&tab=3`);
    });

    it('keeps what the page calls a secret, and tells what it says is none', async () => {
      bench.page = { attributes: 'data-strip="customer" data-keep="code"' };
      const { line } = await begins('/?customer=4711&code=SUMMER');
      assert.equal((await says(line, 'navigated')).url, `${bench.site}/?customer=&code=SUMMER`);
    });

    it('begins anew when its ticket is not good any more', async () => {
      const { visitor, line } = await begins();
      await visitor.pageSessionIsKept('ticket-1');
      line.hear({ type: 'ended', reason: 'refused' });
      line.drop();
      const hello = await says(await bench.api.lines.next(), 'hello');
      assert.equal(hello.ticket, undefined);
    });

    it('goes with the request for a call', async () => {
      const { visitor } = await begins();
      await visitor.pageSessionIsKept('ticket-1');
      await visitor.page.keyboard.type('020 7946 0199');
      await visitor.press('You may call me about my question, this one time.', 'checkbox');
      await visitor.press('Call me back');
      assert.equal((await bench.api.asked.next()).body.session, 'ticket-1');
    });

    it('may begin with the page where the company wants to see who is there, and stores nothing for it', async () => {
      bench.page = { attributes: 'data-session="page"' };
      const visitor = await bench.visit();
      const line = await bench.api.lines.next();
      bench.api.welcome(line);
      await says(line, 'navigated');
      assert.deepEqual(await visitor.stored(), {});
    });
  });

  describe('in which somebody asks to see the pages', () => {
    it('is shared when the visitor allows it, word for word, with a frame and a way to stop at any time', async () => {
      const { visitor, line } = await begins();
      await visitor.press('Close');
      asks(line);
      await visitor.press('Allow');
      assert.deepEqual(await says(line, 'consent'), {
        type: 'consent',
        pages: true,
        text: 'Maya sees where you are.',
        version: '7',
      });
      shares(line);
      await visitor.shows('Sharing this page with Maya');
      await visitor.press('Stop');
      assert.deepEqual(await says(line, 'consent'), { type: 'consent', pages: false });
      assert.equal(await visitor.isSharingShown(), false);
    });

    it('is not shared when the visitor says not now, and the question is gone', async () => {
      const { visitor, line } = await begins();
      asks(line);
      await visitor.shows('Maya would like to see the pages you visit here');
      await visitor.press('Not now');
      assert.equal((await says(line, 'consent')).pages, false);
      assert.equal(await visitor.isSharingShown(), false);
    });

    it('asks above the sheet on a phone too', async () => {
      const { visitor, line } = await begins();
      await visitor.page.setViewport({ width: 390, height: 844 });
      asks(line);
      await visitor.press('Allow');
      assert.equal((await says(line, 'consent')).pages, true);
      shares(line);
      await visitor.reads('Sharing this page');
      await visitor.press('Stop sharing');
      assert.equal((await says(line, 'consent')).pages, false);
    });

    it('is not even asked about where the page forbids sharing, and ends when it forbids it later', async () => {
      const { visitor, line } = await begins();
      shares(line);
      await visitor.shows('Sharing this page with Maya');
      await visitor.page.evaluate('ringback.setConsent({ pages: false })');
      assert.equal((await says(line, 'consent')).pages, false);
      asks(line);
      assert.equal((await says(line, 'consent')).pages, false);
      assert.equal(await visitor.isSharingShown(), false);
    });

    /** The visitor shares, and presses "Stop" while the web server is away. */
    async function stopsWhileAway(): Promise<{ visitor: WidgetPage; line: PageLine }> {
      const { visitor, line } = await begins();
      await says(line, 'navigated');
      await visitor.press('Close');
      shares(line);
      await visitor.shows('Sharing this page with Maya');
      bench.api.refusesPages = true;
      line.drop();
      await line.closed;
      return { visitor, line };
    }

    /** A connection on which sharing is still on, as the server knows it. */
    async function whereItIsStillOn(): Promise<PageLine> {
      const line = await bench.api.lines.next();
      bench.api.welcome(line, undefined, true);
      shares(line);
      return line;
    }

    it('is told "stop" while the connection is down: it is said before anything of the page, until it is confirmed [CO2]', async () => {
      const { visitor } = await stopsWhileAway();
      await visitor.press('Stop');
      await visitor.page.evaluate("history.pushState(null, '', '/private')");
      bench.api.refusesPages = false;
      const again = await whereItIsStillOn();
      const hello = await says(again, 'hello');
      assert.deepEqual([hello.url, hello.title, hello.seq], [`${bench.site}/`, undefined, 0]);
      assert.deepEqual(await again.says.next(), { type: 'consent', pages: false });
      asks(again);
      await visitor.page.evaluate("heard = []; ringback.on('problem', (it) => heard.push(it))");
      again.hear({ type: 'problem', problem: 'after', title: 'what comes after it has arrived' });
      await visitor.page.waitForFunction('heard.length === 1');
      assert.equal(await visitor.isSharingShown(), false);
      assert.equal(await visitor.page.$('::-p-aria([name="Allow"])'), null);
      assert.deepEqual(again.says.unread, []);

      again.hear({ type: 'sharing', on: false, viewers: [] });
      let move = await says(again, 'navigated');
      while (!move.url.endsWith('/private')) move = await says(again, 'navigated');
      asks(again);
      await visitor.press('Allow');
      assert.equal((await says(again, 'consent')).pages, true);
      shares(again);
      await visitor.shows('Sharing this page with Maya');
    });

    it('is told "stop" while the connection is down, and the next page says it too [CO2]', async () => {
      const { visitor } = await stopsWhileAway();
      await visitor.press('Stop');
      await visitor.page.goto(`${bench.site}/next`);
      bench.api.refusesPages = false;
      const next = await whereItIsStillOn();
      assert.equal((await says(next, 'hello')).url, `${bench.site}/`);
      assert.deepEqual(await next.says.next(), { type: 'consent', pages: false });
      next.drop();
      const another = await whereItIsStillOn();
      await says(another, 'hello');
      assert.equal((await says(another, 'consent')).pages, false);
      assert.equal(await visitor.isSharingShown(), false);
      another.hear({ type: 'sharing', on: false, viewers: [] });
      await visitor.page.waitForFunction("!localStorage.getItem('ringback').includes('stopping')");
    });

    it('is told "stop" by the consent manager of the site while the connection is down [CO2]', async () => {
      const { visitor } = await stopsWhileAway();
      await visitor.page.evaluate('ringback.setConsent({ pages: false })');
      bench.api.refusesPages = false;
      const again = await whereItIsStillOn();
      await says(again, 'hello');
      assert.deepEqual(await again.says.next(), { type: 'consent', pages: false });
    });

    it('is not shared any more on a page that forbids it, whatever was allowed on the one before [CO2]', async () => {
      bench.page = {
        head: "<script>(window.ringback ||= []).push(['setConsent', { pages: false }])</script>",
      };
      const { visitor, line } = await begins();
      shares(line);
      assert.equal((await says(line, 'consent')).pages, false);
      assert.equal(await visitor.isSharingShown(), false);
    });

    it('shows the six digits to read out, as long as they are good', async () => {
      const { visitor, line } = await begins();
      line.hear({ type: 'code', code: '482913', validForS: 1, address: '203.0.113.7' });
      await visitor.reads('Read out 482 913 · 203.0.113.7.');
      await visitor.page.waitForFunction(
        () =>
          !document
            .querySelector('ring-back')
            ?.shadowRoot?.querySelector<HTMLElement>('dialog')
            ?.innerText.includes('482'),
      );
    });
  });

  describe('that is led from the other side', () => {
    async function led(): Promise<{ visitor: WidgetPage; line: PageLine }> {
      const { visitor, line } = await begins();
      await says(line, 'navigated');
      shares(line);
      await visitor.shows('Sharing this page with Maya');
      return { visitor, line };
    }

    it('goes where it is told, and marks its arrival as the echo', async () => {
      const { line } = await led();
      line.hear({ type: 'go', n: 41, url: `${bench.site}/mortgages`, by: 'agent' });
      const next = await bench.api.lines.next();
      await says(next, 'hello');
      let move = await says(next, 'navigated');
      while (move.how !== 'load' || !move.url.endsWith('/mortgages')) move = await says(next, 'navigated');
      assert.equal(move.because, 41);
    });

    it('goes to a part of the same page without loading it again', async () => {
      const { line } = await led();
      line.hear({ type: 'go', n: 42, url: `${bench.site}/#fees`, by: 'agent' });
      const move = await says(line, 'navigated');
      assert.deepEqual([move.how, move.because], ['hash', 42]);
    });

    it('stays when it is there already, and says so', async () => {
      const { line } = await led();
      line.hear({ type: 'go', n: 43, url: `${bench.site}/`, by: 'agent' });
      assert.equal((await says(line, 'navigated')).because, 43);
    });

    for (const url of [
      'https://phishing.example/login',
      'javascript:alert(1)',
      'data:text/html,hello',
      'http://user:word@localhost/',
      'file:///etc/passwd',
      '//phishing.example',
    ]) {
      it(`does not go to ${url}`, async () => {
        const { visitor, line } = await led();
        await visitor.page.evaluate("refused = []; ringback.on('problem', (it) => refused.push(it.url))");
        const before = visitor.page.url();
        line.hear({ type: 'go', n: 44, url, by: 'agent' });
        await visitor.page.waitForFunction('refused.length === 1');
        assert.equal(visitor.page.url(), before);
      });
    }

    it('goes to another site of the company that the page has named', async () => {
      bench.page = { attributes: `data-origins="${bench.otherSite}"` };
      const { visitor, line } = await led();
      line.hear({ type: 'go', n: 45, url: `${bench.otherSite}/shop`, by: 'agent' });
      await visitor.page.waitForFunction(`location.href === '${bench.otherSite}/shop'`);
    });

    it('goes nowhere once the visitor has stopped sharing', async () => {
      const { visitor, line } = await led();
      await visitor.press('Stop');
      await says(line, 'consent');
      await visitor.page.evaluate("after = []; ringback.on('problem', (it) => after.push(it))");
      line.hear({ type: 'go', n: 46, url: `${bench.site}/mortgages`, by: 'agent' });
      line.hear({ type: 'problem', problem: 'after', title: 'what comes after it has arrived' });
      await visitor.page.waitForFunction('after.length === 1');
      assert.equal(visitor.page.url(), `${bench.site}/`);
    });
  });

  describe('of an agent who watches', () => {
    async function watches(): Promise<{ viewer: WidgetPage; line: PageLine; hello: Said<'hello'> }> {
      const viewer = await bench.visit('/rates?x=1#ringback-viewer=ticket-once');
      const line = await bench.api.lines.next();
      const hello = await says(line, 'hello');
      bench.api.welcome(line, 'credential-9');
      return { viewer, line, hello };
    }

    it('takes the ticket out of the address first, draws no button and stores no visitor', async () => {
      const { viewer, hello } = await watches();
      assert.equal(viewer.page.url(), `${bench.site}/rates?x=1`);
      assert.equal(hello.viewer, 'ticket-once');
      assert.equal(hello.ticket, undefined);
      assert.equal(hello.url, `${bench.site}/rates?x=1`);
      assert.equal(await viewer.page.$('ring-back'), null);
      await viewer.page.waitForFunction(
        "sessionStorage.getItem('ringback-viewer')?.includes('credential-9')",
      );
      assert.deepEqual(Object.keys(await viewer.stored()), ['ringback-viewer']);
    });

    it('follows the visitor, and leads with each page that is opened', async () => {
      const { viewer, line } = await watches();
      await viewer.page.waitForFunction(
        "sessionStorage.getItem('ringback-viewer')?.includes('credential-9')",
      );
      line.hear({ type: 'go', n: 5, url: `${bench.site}/fees`, by: 'visitor' });
      const second = await bench.api.lines.next();
      const hello = await says(second, 'hello');
      assert.equal(hello.viewer, 'credential-9');
      let move = await says(second, 'navigated');
      while (!move.url.endsWith('/fees')) move = await says(second, 'navigated');
      assert.equal(move.because, 5);
      await viewer.page.click('a');
      const third = await bench.api.lines.next();
      move = await says(third, 'navigated');
      while (!move.url.endsWith('/rates')) move = await says(third, 'navigated');
      assert.equal(move.because, undefined);
    });

    it('ends for good when it is told so', async () => {
      const { viewer, line } = await watches();
      await viewer.page.waitForFunction(
        "sessionStorage.getItem('ringback-viewer')?.includes('credential-9')",
      );
      line.hear({ type: 'ended', reason: 'unregistered' });
      await line.closed;
      assert.deepEqual(await viewer.stored(), {});
    });

    it('tells the portal around it that the page is alive, and nobody else', async () => {
      const portal = await bench.visit('/portal');
      await portal.page.evaluate((url) => {
        (window as unknown as { told: unknown[] }).told = [];
        addEventListener('message', ({ data, origin }) =>
          (window as unknown as { told: unknown[] }).told.push([data, origin]),
        );
        const frame = document.createElement('iframe');
        frame.src = url;
        document.body.append(frame);
      }, `${bench.otherSite}/rates#ringback-viewer=ticket-once`);
      bench.api.welcome(await bench.api.lines.next(), 'credential-9');
      await portal.page.waitForFunction('told.length === 1');
      assert.deepEqual(await portal.page.evaluate('told'), [
        [{ type: 'ringback-viewer', state: 'welcome' }, bench.otherSite],
      ]);
    });

    it('is no visit either when a page of the site stands in a frame without a ticket', async () => {
      const portal = await bench.visit('/portal');
      await portal.page.evaluate((url) => {
        const frame = document.createElement('iframe');
        frame.src = url;
        document.body.append(frame);
      }, `${bench.site}/rates`);
      const frame = await portal.page.waitForFrame((it) => it.url().endsWith('/rates'));
      await frame.waitForSelector('h1');
      await frame.waitForFunction("document.readyState === 'complete'");
      assert.equal(await frame.$('ring-back'), null);
    });
  });
});

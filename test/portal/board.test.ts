import assert from 'node:assert/strict';
import type { Page } from 'puppeteer';

import type { AgentId, CallbackId } from '../../contracts/ids.ts';
import {
  anaAs,
  boardAs,
  contactOf,
  decision,
  emptyBoard,
  figures,
  keptDecision,
  offerOf,
  storyOf,
} from '../support/fake-agent-views.ts';
import { PortalBench } from '../support/portal-bench.ts';

describe('Ana, who manages too, looks at the board', () => {
  let bench: PortalBench;
  before(async () => (bench = await PortalBench.open()));
  after(() => bench.close());
  beforeEach(() => bench.fresh());

  it('and sees line, reservations, agents, contacts and trouble move as they do [MG1]', async () => {
    const { fake } = bench;
    const page = await bench.board();
    await bench.sees(page, '.line-box', 'Li Wei');
    await bench.sees(page, '.box', 'future');
    await bench.sees(page, '.services', 'Telephony down');
    await bench.sees(page, '.trouble-list', 'no BYE seen');
    await bench.streaming(page);
    const now = boardAs();
    fake.setBoard({ ...now, line: now.line.slice(1), figures: figures(2) });
    await page.waitForFunction(
      () => document.querySelector('[data-row=callback-li]')?.closest('.line-box') == null,
    );
    assert.match(await bench.textOf(page, '[data-figure=waiting]'), /2$/);
  });

  it('and reads how many more there are than rows [MG1]', async () => {
    const page = await bench.board();
    const now = boardAs();
    await bench.streaming(page);
    bench.fake.setBoard({ ...now, counts: { waiting: 1_240, booked: 7, reservations: 2 } });
    await bench.sees(page, '.line-box', `and ${(1_247 - now.line.length).toLocaleString('en')} more`);
    await bench.sees(page, '.line-box h2', '1,240, and 7 booked for later');
  });

  it('and asks what one more agent would change for somebody who waits, in a sentence [MG6]', async () => {
    const { fake } = bench;
    const page = await bench.board();
    await page.click('[data-row=callback-li]');
    await page.waitForSelector('[data-view=what-if] optgroup option');
    await page.select('[data-view=what-if]', 'needed');
    await bench.sees(page, '.what-if', 'They would be offered at once.');
    const { needs } = boardAs().line[0]!;
    const { id, body } = await fake.heard('POST callbacks/forecast');
    assert.deepEqual(
      [id, body],
      ['callback-li', { qualifications: needs.map((name) => ({ name, level: 5 })) }],
    );
    const at = (minutes: number) => new Date().setHours(12, minutes, 0, 0);
    fake.whatIf = {
      place: 3,
      estimate: { from: at(6), to: at(12) },
      then: { place: 2, estimate: { from: at(2), to: at(5) } },
    };
    await page.select('[data-view=what-if]', 'agent ana');
    const words = 'They would be 2nd instead of 3rd. They would be rung 12:02–12:05. As it is: 12:06–12:12.';
    await bench.sees(page, '.what-if', words);
    assert.deepEqual((await fake.heard('POST callbacks/forecast')).body, {
      qualifications: [{ name: 'service:sales', level: 3 }],
    });
    await bench.isAccessible(page);
  });

  it('and goes there from her desk and back by a key, on the one stream', async () => {
    const { fake } = bench;
    const page = await bench.desk();
    await page.keyboard.press('b');
    await page.waitForSelector('.figures');
    await bench.streaming(page);
    fake.setBoard(boardAs({ figures: figures(41) }));
    await bench.sees(page, '[data-figure=waiting]', '41');
    await fake.hasStreams(1);
    await page.keyboard.press('b');
    await page.waitForSelector('.desk');
  });

  it('in one tab while another rings: the leading tab brings the board to it', async () => {
    const { fake } = bench;
    const desk = await bench.desk();
    const board = await bench.board();
    await fake.streamsOpened.next();
    await fake.streamsOpened.next(); // opened anew, with the board
    fake.setBoard(boardAs({ figures: figures(42) }));
    await bench.sees(board, '[data-figure=waiting]', '42');
    fake.offer(offerOf(1));
    await desk.waitForSelector('html[data-ringing]');
    await fake.hasStreams(1);
  });

  it('and an offer comes to her there too, and takes her to her desk', async () => {
    const { fake } = bench;
    const page = await bench.board();
    await bench.streaming(page);
    fake.offer(offerOf(1));
    await page.waitForSelector('.floating-offers .offer[data-awake=true]');
    await page.keyboard.press('Enter');
    await fake.heard('POST reservations/accept');
    fake.withdraw(offerOf(1).reservationId, 'accepted');
    fake.setContact(contactOf(1));
    await page.waitForSelector('.call-bar');
  });

  it('and each figure says what it counts, on focus and on hover [MG1]', async () => {
    const page = await bench.board();
    await page.focus('[data-figure=service-level]');
    const isShown = (id: string): Promise<boolean> =>
      page.$eval(`#figure-${id}`, (it) => getComputedStyle(it).visibility === 'visible');
    assert.equal(await isShown('service-level'), true);
    assert.match(await bench.textOf(page, '#figure-service-level'), /given up within 20 s are left out/);
    await page.keyboard.press('Escape');
    assert.equal(await page.$eval('#figure-service-level', (it) => getComputedStyle(it).display), 'none');
    await page.hover('[data-figure=waiting]');
    assert.equal(await isShown('waiting'), true);
    await bench.sees(page, '[data-figure=handle-time]', '–');
  });

  it('and moves and cancels a callback in its drawer [MG2]', async () => {
    const { fake } = bench;
    const page = await bench.board();
    await page.click('.line-box [data-row=callback-ola] .opener');
    await bench.sees(page, '.drawer', 'Nobody logged in has what it needs');
    await bench.sees(page, '.drawer .facts', 'Support');
    const at = new Date(Date.now() + 7_200_000);
    at.setSeconds(0, 0);
    await page.$eval(
      '#move-at',
      (it, value) => {
        (it as HTMLInputElement).value = value;
        it.dispatchEvent(new Event('input', { bubbles: true }));
      },
      new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16),
    );
    await page.click('.drawer form .button');
    const move = await fake.heard('POST callbacks/move');
    assert.deepEqual([move.id, move.body], ['callback-ola', { at: at.getTime() }]);
    fake.completes = false;
    await page.waitForSelector('.drawer form .button[aria-busy=false]');
    await page.click('.drawer form .button');
    const { requestId } = await fake.heard('POST callbacks/move');
    const title = 'The service is closed at this time.';
    fake.emit('command.failed', { requestId, problem: 'needs-confirmation', title });
    await bench.sees(page, '.drawer [role=alert]', title);
    assert.equal(await page.$('[data-banner=notice]'), null, 'said once, where it is decided');
    await bench.isAccessible(page);
    await page.click('.drawer .button.danger');
    const again = await fake.heard('POST callbacks/move');
    assert.deepEqual(again.body, { at: at.getTime(), anyway: true });
    await bench.isGone(page, '.drawer [role=alert]');
    fake.completes = true;
    fake.emit('command.completed', { requestId: again.requestId });
    await page.click('.drawer .stack > .inline:last-child .button', { count: 2 });
    await bench.sees(page, '.drawer', 'cannot be undone'); // a double click is one click
    await page.click('.drawer .button.danger');
    assert.equal((await fake.heard('POST callbacks/cancel')).id, 'callback-ola');
    fake.setBoard(boardAs({ line: [] }));
    await bench.sees(page, '.drawer', 'has left the board');
    await page.keyboard.press('Escape');
    await bench.isGone(page, '.drawer');
  });

  it('reads each number whole, on a telephone too, and what was asked for as the agents read it', async () => {
    const [li, ...others] = boardAs().line;
    const who = '+4420••••0102';
    const wish = { service: 'Concierge', needs: ['service:sales', 'lang:pt'], tier: 'gold' };
    const [agent] = boardAs().agents;
    const since = Date.now() - 1_823_000;
    bench.fake.boardView = boardAs({
      line: [{ ...li!, who, ...wish, since }, ...others],
      agents: [{ ...agent!, with: who }],
    });
    const page = await bench.board();
    await bench.sees(page, '.line-box', 'Concierge, Portuguese, gold');
    for (const width of [1440, 390]) {
      await page.setViewport({ width, height: 800 });
      const cells = '.box tbody :is(th, td)';
      const heights = await page.$$eval(
        cells,
        (all, number) => {
          const texts = all.filter((it) => it.textContent === number && it.checkVisibility());
          return texts.map((it) => {
            const range = document.createRange();
            range.selectNodeContents(it);
            return range.getBoundingClientRect().height;
          });
        },
        who,
      );
      assert.ok(heights.length > 0 && heights.every((it) => it < 30), `${width}: ${heights.join()}`);
      assert.deepEqual(await wide(page), [], `at ${width} px`);
    }
  });

  it('and reads the date of who is booked for more than a week ahead, the weekday of who is for less', async () => {
    const booked = boardAs().line.find((it) => it.state === 'scheduled')!;
    const inDays = (days: number): number => new Date().setHours(14 + days * 24, 2, 0, 0);
    const rows = [2, 20].map((days) => ({
      ...booked,
      callbackId: `callback-${String(days)}` as CallbackId,
      at: inDays(days),
    }));
    bench.fake.boardView = boardAs({ line: rows });
    const page = await bench.board();
    const range = (row: string): Promise<string> =>
      bench.textOf(page, `[data-row=callback-${row}] td:nth-of-type(4)`);
    await page.waitForSelector('[data-row=callback-20]');
    assert.match(await range('2'), /^at [A-Z][a-z]{2},? 14:02$/);
    assert.match(await range('20'), /^at [A-Z][a-z]{2},? \d+ [A-Z][a-z]+,? (at )?14:02$/);
  });

  it('and sees in the drawer that a booked callback was moved once more, and no time that it has waited', async () => {
    const { fake } = bench;
    const ada = 'callback-ada' as CallbackId;
    const history = [{ at: Date.now(), what: 'Waits for the time that was picked' }];
    fake.stories.set(ada, storyOf(ada, { state: 'scheduled', history }));
    const page = await bench.board();
    await bench.streaming(page);
    await page.click('.line-box [data-row=callback-ada] .opener');
    await bench.sees(page, '[data-view=story]', 'Waits for the time that was picked');
    assert.equal((await bench.textOf(page, '.drawer p:has(> .badge)')).trim(), 'Scheduled');
    const moved = { at: Date.now(), what: 'Moved to another time by the manager' };
    fake.stories.set(ada, storyOf(ada, { state: 'scheduled', history: [...history, moved] }));
    const booked = boardAs().line.find((it) => it.callbackId === ada)!;
    fake.setBoard(boardAs({ line: [{ ...booked, at: booked.at! + 3_600_000 }] }));
    await bench.sees(page, '[data-view=story]', 'Moved to another time by the manager');
  });

  it('and reads in the drawer how a callback went and why its agent was chosen, from what is stored [MG3]', async () => {
    const { fake } = bench;
    const tom = 'callback-tom' as CallbackId;
    const talked = [{ at: Date.now() - 250_000, what: 'Both talk' }];
    fake.stories.set(tom, storyOf(tom, { who: 'Tom Baker', history: talked, why: decision() }));
    const page = await bench.board();
    await bench.streaming(page);
    await page.click('[data-row=callback-tom] .opener');
    await bench.sees(page, '[data-view=story]', 'Both talk');
    await bench.sees(page, '.drawer [data-view=why]', 'no lang:pt');

    const told = [...talked, { at: Date.now(), what: 'Done: Sold' }];
    fake.stories.set(tom, storyOf(tom, { who: 'Tom Baker', state: 'completed', history: told }));
    fake.setBoard(boardAs({ live: [] }));
    await bench.sees(page, '[data-view=story]', 'Done: Sold');
    await bench.sees(page, '.drawer', 'has left the board. Completed.');
  });

  it('and reads why of every agent it was offered to, also after a decline, and that the rule decides the same again [MG7]', async () => {
    const { fake } = bench;
    const tom = 'callback-tom' as CallbackId;
    const why = { ...decision(), at: Date.now(), chosen: 'agent-rui' as AgentId, because: 'preferred agent' };
    const later = { agentId: why.chosen, agent: 'Rui Matos', state: 'accepted' as const, why };
    fake.stories.set(tom, storyOf(tom, { who: 'Tom Baker', why }));
    fake.decisions.set(tom, [keptDecision(1)]);
    const page = await bench.board();
    await bench.streaming(page);
    await page.click('[data-row=callback-tom] .opener');
    await bench.sees(page, '[data-view=decisions]', 'Chosen because: preferred agent');
    assert.equal(
      await bench.count(page, '[data-view=decisions] [data-view=why]'),
      2,
      'also if it is not kept yet',
    );

    const odd = { same: false, agentId: 'agent-bo' as AgentId, agent: 'Bo Lindqvist' };
    fake.decisions.set(tom, [keptDecision(1), keptDecision(2, { ...later, replayed: odd })]);
    fake.setBoard(boardAs({ live: [] }));
    await bench.sees(page, '[data-view=decisions]', 'Replayed: Bo Lindqvist would be chosen.');
    assert.equal(await bench.count(page, '[data-view=decisions] [data-view=why]'), 2);
    assert.deepEqual(
      await page.$$eval('[data-view=decisions] summary', (all) => all.map((it) => it.textContent)),
      ['Ana Costa declined', 'Rui Matos accepted'],
    );
    await page.click('[data-view=decisions] summary');
    await bench.sees(page, '[data-view=decisions] details', 'Replayed: the same agent.');
    await bench.isAccessible(page);
  });

  it('and reads of a decision among many agents how many more there were [MG3]', async () => {
    const { fake } = bench;
    const tom = 'callback-tom' as CallbackId;
    const why = { ...decision(), more: { idle: 4, taken: 0, unable: 81 } };
    fake.stories.set(tom, storyOf(tom, { who: 'Tom Baker', why }));
    const page = await bench.board();
    await page.click('[data-row=callback-tom] .opener');
    await bench.sees(page, '.drawer [data-view=why]', 'And 85 more: 4 able and idle, 81 not able.');
  });

  it('and reads what the visitor was promised, and apart from it what is expected by now', async () => {
    const { fake } = bench;
    const [li, ...others] = boardAs().line;
    assert.ok(li?.estimate);
    const at = (hour: number): number => new Date().setHours(hour, 7, 0, 0);
    const promised = { from: at(3), to: at(4) };
    fake.boardView = boardAs({
      line: [{ ...li, promised, estimate: { from: at(5), to: at(6) } }, ...others],
    });
    const page = await bench.board();
    await bench.streaming(page);
    await page.click('.line-box [data-row=callback-li] .opener');
    await bench.sees(page, '.drawer .facts', 'Promised');
    const facts = async (): Promise<string> => bench.textOf(page, '.drawer .facts');
    assert.match(await facts(), /Promised\s*03:07–04:07\s*Expected now\s*05:07–06:07/);
    fake.setBoard(boardAs({ line: [{ ...li, promised, estimate: promised, place: 7 }, ...others] }));
    await bench.sees(page, '.drawer .facts', '7');
    assert.doesNotMatch(await facts(), /Expected now/, 'where no forecast is known');
  });

  it('and can ask for the story again when it did not come', async () => {
    bench.fake.refusals.set('GET callbacks', 'unavailable');
    const page = await bench.board();
    await page.click('.line-box [data-row=callback-ola] .opener');
    await bench.sees(page, '[data-view=story]', 'could not be loaded');
    await page.click('[data-view=story] .button');
    await bench.sees(page, '[data-view=story]', 'the offer was declined');
  });

  it('and sees the last four hours drawn, each step with its number [MG3]', async () => {
    const flow = { from: Date.now() - 600_000, stepMs: 300_000, waiting: [0, 4], answered: [1, 2] };
    bench.fake.boardView = boardAs({ flow });
    const page = await bench.board();
    const heights = (kind: string): Promise<(string | null)[]> =>
      page.$$eval(`[data-flow=${kind}] .bar`, (all) => all.map((it) => it.getAttribute('height')));
    assert.deepEqual(await heights('waiting'), ['0', '20']);
    assert.deepEqual(await heights('answered'), ['10', '20']);
    await bench.sees(page, '[data-flow=waiting] title', '4 waiting');
    await bench.sees(page, '.flow-box', 'at most 4');
    await bench.sees(page, '.flow-box', '3 in all');
  });

  it('and follows the page of a live contact, read-only', async () => {
    const page = await bench.board();
    await page.click('[data-row=callback-tom] .opener');
    await page.waitForSelector('.drawer [aria-pressed]');
    await page.click('.drawer [aria-pressed]');
    assert.equal((await bench.fake.heard('POST pages/watch')).id, 'session-tom');
    await page.waitForSelector('.watch iframe');
  });

  it('and the row under her pointer stays where it is for a second', async () => {
    const { fake } = bench;
    const page = await bench.board();
    await bench.streaming(page);
    const order = (): Promise<(string | null)[]> =>
      page.$$eval('.line-box tbody tr', (all) => all.map((it) => it.getAttribute('data-row')));
    await page.hover('[data-row=callback-ola]');
    const now = boardAs();
    const turned = [...now.line].reverse().map((it, i) => ({ ...it, place: i + 1 }));
    fake.setBoard({ ...now, line: turned, figures: figures(77) });
    await bench.sees(page, '[data-figure=waiting]', '77');
    assert.deepEqual(await order(), ['callback-li', 'callback-ola', 'callback-ada']);
    await page.waitForFunction(
      () => document.querySelector('.line-box tbody tr')?.getAttribute('data-row') === 'callback-ada',
    );
  });

  /** The lists whose columns do not all fit. */
  const wide = (page: Page): Promise<string[]> =>
    page.$$eval('.box .scroll', (lists) =>
      lists
        .filter((it) => it.scrollWidth > it.clientWidth)
        .map((it) => it.getAttribute('aria-labelledby') ?? ''),
    );

  it('and every column fits, however long the words: the time is never pushed out', async () => {
    const { agents, reservations } = boardAs();
    const long = 'Bartholomew of Hohenzollern-Sigmaringen';
    bench.fake.boardView = boardAs({
      agents: agents.map((it) => ({ ...it, state: 'not-ready', reason: 'logged in' })),
      reservations: reservations.map((it) => ({ ...it, who: long })),
    });
    const page = await bench.board();
    await bench.sees(page, '.agents-box', 'Not ready, logged in');
    assert.deepEqual(await wide(page), []);
  });

  it('and reads why somebody waits: who could take it, and what keeps them', async () => {
    const page = await bench.board();
    await page.click('.line-box [data-row=callback-li] .opener');
    await bench.sees(page, '.drawer', 'Nobody who could take it is free: Rui (in a contact)');
  });

  it('and that one is kept for their preferred agent, until when', async () => {
    const [first, ...others] = boardAs().line;
    assert.ok(first);
    const waitsFor = { agent: 'Rui', until: Date.now() + 50_000 };
    bench.fake.boardView = boardAs({ line: [{ ...first, waitsFor }, ...others] });
    const page = await bench.board();
    await page.click('.line-box [data-row=callback-li] .opener');
    await bench.sees(page, '.drawer', 'Kept for the preferred agent, Rui (in a contact), until');
    await bench.sees(page, '.drawer', 'then for whoever can take it');
  });

  it('and from four metres in wall mode', async () => {
    const page = await bench.board();
    await page.keyboard.press('w');
    await page.waitForSelector('.wall');
    const size = await page.$eval('.tile-value', (it) => parseFloat(getComputedStyle(it).fontSize));
    assert.ok(size >= 48, `${size} px`);
    assert.deepEqual(await wide(page), [], 'nobody scrolls a wall');
    await page.keyboard.press('w');
    await bench.isGone(page, '.wall');
  });

  it('and it says why it is empty, and what to do when it cannot be loaded', async () => {
    const { fake } = bench;
    fake.boardView = emptyBoard();
    const page = await bench.board();
    await bench.sees(page, '.line-box', 'Nobody waits');
    await page.close();
    fake.refusals.set('GET board', 'unavailable');
    const other = await bench.tab({ path: '#/board' });
    await bench.sees(other, '.board', 'The board could not be loaded');
    await other.click('.board .button');
    await other.waitForSelector('.figures');
  });

  it('but an agent who does not manage sees no way to it', async () => {
    bench.fake.me = anaAs({ roles: ['agent'] });
    const page = await bench.tab({ path: '#/board' });
    await page.waitForSelector('.desk');
    assert.equal(await bench.count(page, '[data-command=switch]'), 0);
  });

  it('and a manager who takes no calls lands on it', async () => {
    bench.fake.me = anaAs({ roles: ['manager'] });
    const page = await bench.tab();
    await page.waitForSelector('.figures');
    assert.equal(await bench.count(page, '.state-menu'), 0);
  });
});

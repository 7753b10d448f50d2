import assert from 'node:assert/strict';
import type { Page } from 'puppeteer';

import type { CallbackId, SessionId } from '../../contracts/ids.ts';
import {
  anaAs,
  boardAs,
  callOf,
  contactOf,
  decision,
  emptyBoard,
  mariaAs,
  offerOf,
  pagesAs,
  storyOf,
} from '../support/fake-agent-views.ts';
import type { FakeAgentServer } from '../support/fake-agent-server.ts';
import { PortalBench } from '../support/portal-bench.ts';

interface Screen {
  readonly name: string;
  readonly path?: string;
  readonly world: (fake: FakeAgentServer) => void;
  readonly then?: (page: Page, bench: PortalBench) => Promise<unknown>;
}

const longName = 'Adaeze Chukwuemeka-Oyelaran of the Lagos Branch Office';

const screens: readonly Screen[] = [
  {
    name: 'the log-in page',
    world: (fake) => (fake.isLoggedIn = false),
    then: (page) => page.waitForSelector('.log-in'),
  },
  { name: 'the first desk of the day', world: () => undefined },
  {
    name: 'a desk with a missed offer and an open menu',
    world: (fake) => (fake.me = anaAs({ reason: 'missed', phone: 'unreachable' })),
    then: (page) => page.keyboard.press('t'),
  },
  {
    name: 'an offer with its reasons',
    world: (fake) => {
      fake.me = anaAs({ state: 'reserved', name: 'Anastasia Konstantinopoulou-Featherstonehaugh' });
      fake.offers = [offerOf(1, { who: mariaAs({ name: longName }) }), offerOf(2)];
    },
    then: (page) => page.keyboard.press('w'),
  },
  {
    name: 'a call with a shared page',
    world: (fake) => (fake.contacts = [contactOf(1)]),
    then: (page) => page.waitForSelector('[data-frame=joined]'),
  },
  {
    name: 'after-call work with another contact waiting',
    world: (fake) => {
      const ended = { by: 'customer', cause: 'normal clearing', at: Date.now() } as const;
      const pages = pagesAs({ sharing: 'off', allowed: ['ask-consent'] });
      fake.contacts = [
        contactOf(1, {
          state: 'wrap-up',
          call: callOf(1, { ended, allowed: [] }),
          allowed: ['complete', 'check-identity'],
          session: { id: 'session-1' as SessionId, state: 'open', legs: [], pages },
        }),
        contactOf(2, { who: mariaAs({ name: longName, standing: 'proved' }) }),
      ];
    },
    then: (page) => page.keyboard.press('d'),
  },
  { name: 'the list of keys', world: () => undefined, then: (page) => page.keyboard.press('?') },
  { name: 'preferences', world: () => undefined, then: (page) => page.keyboard.press(',') },
  { name: 'the code panel', world: () => undefined, then: (page) => page.keyboard.press('g') },
  {
    name: 'a page that came by a code, before the visitor’s yes',
    world: (fake) => fake.refusals.set('POST pages/viewer', 'not-now'),
    then: async (page) => {
      await page.keyboard.press('g');
      await page.waitForSelector('.panel .code:focus');
      await page.keyboard.type('123456');
      await page.keyboard.press('Tab');
      await page.keyboard.type('203.0.113.7');
      await page.keyboard.press('Enter');
      await page.waitForSelector('[data-coded]');
    },
  },
  {
    name: 'a lost connection',
    world: () => undefined,
    then: async (page, bench) => {
      bench.fake.refusesStreams = true;
      bench.fake.dropStreams();
      await page.waitForSelector('[data-banner=stale]');
    },
  },
  {
    name: 'the board with an open drawer and its story',
    path: '#/board',
    world: (fake) => {
      const tom = 'callback-tom' as CallbackId;
      fake.boardView = boardAs();
      fake.stories.set(tom, storyOf(tom, { who: longName, why: decision() }));
    },
    then: async (page) => {
      await page.click('[data-row=callback-tom] .opener');
      await page.waitForSelector('.drawer [data-view=why]');
    },
  },
  { name: 'an empty board', path: '#/board', world: (fake) => (fake.boardView = emptyBoard()) },
  {
    name: 'the rules with a service open',
    path: '#/rules',
    world: () => undefined,
    then: (page) => page.click('[data-rule="services/sales"]'),
  },
  {
    name: 'the rules with opening hours open',
    path: '#/rules',
    world: () => undefined,
    then: (page) => page.click('[data-rule="hours/office"]'),
  },
  {
    name: 'the board on a wall',
    path: '#/board',
    world: () => undefined,
    then: (page) => page.keyboard.press('w'),
  },
];

describe('Every screen of the portal', () => {
  let bench: PortalBench;
  before(async () => (bench = await PortalBench.open()));
  after(() => bench.close());

  const looks = [
    { width: 1440, scheme: 'light' },
    { width: 1440, scheme: 'dark' },
    { width: 390, scheme: 'light' },
  ] as const;
  for (const { width, scheme } of looks)
    for (const screen of screens)
      it(`is accessible and keeps to its security policy: ${screen.name}, ${scheme}, ${width} px`, async () => {
        await bench.fresh();
        screen.world(bench.fake);
        const page = await bench.tab({ path: screen.path ?? '' });
        await page.setViewport({ width, height: 900 });
        await page.emulateMediaFeatures([
          { name: 'prefers-color-scheme', value: scheme },
          { name: 'prefers-reduced-motion', value: 'reduce' },
        ]);
        await page.waitForSelector('main:not(.door), .log-in');
        if (screen.path) await page.waitForSelector('.figures, .rule-list');
        await screen.then?.(page, bench);
        await bench.isAccessible(page);
        assert.deepEqual(await bench.violations(page), []);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(overflow <= 0, `${overflow} px wider than the window`);
      });
});

import assert from 'node:assert/strict';
import { TargetType } from 'puppeteer';

import type { SessionId } from '../../contracts/ids.ts';
import type { PagesView, SessionView } from '../../contracts/agent.ts';
import { callOf, contactOf, pagesAs } from '../support/fake-agent-views.ts';
import { PortalBench } from '../support/portal-bench.ts';

const session = (pages: PagesView): SessionView => ({
  id: 'session-1' as SessionId,
  state: 'open',
  legs: [],
  pages,
});

describe('Ana and Maria look at the same page', () => {
  let bench: PortalBench;
  before(async () => (bench = await PortalBench.open()));
  after(() => bench.close());
  beforeEach(() => bench.fresh());

  it('in a frame that may run scripts and forms, and nothing else', async () => {
    const { fake } = bench;
    fake.contacts = [contactOf(1)];
    const page = await bench.desk();
    await page.waitForSelector('[data-frame=joined]');
    const frame = await page.$eval('iframe', (it) => ({
      sandbox: it.getAttribute('sandbox'),
      credentialless: it.hasAttribute('credentialless'),
      referrer: it.getAttribute('referrerpolicy'),
      src: it.src,
    }));
    assert.deepEqual(frame.sandbox?.split(' ').sort(), ['allow-forms', 'allow-same-origin', 'allow-scripts']);
    assert.equal(frame.credentialless, true);
    assert.equal(frame.referrer, 'no-referrer');
    assert.ok(frame.src.startsWith(`${fake.siteOrigin}/mortgages/fixed#`));
    assert.equal(fake.sent.unread.filter((it) => it.name === 'POST pages/viewer').length, 1);
    assert.deepEqual(await bench.violations(page), []);
  });

  it('or in a window of its own, where the site does not let itself be framed', async () => {
    const { fake } = bench;
    fake.contacts = [contactOf(1)];
    fake.framable = false;
    const page = await bench.desk();
    await bench.sees(page, '[data-frame=silent]', 'does not show itself in here');
    await fake.heard('POST pages/viewer');
    const opened = page
      .browserContext()
      .waitForTarget((it) => it.type() === TargetType.PAGE && it.url().startsWith(fake.siteOrigin));
    await page.click('[data-frame=silent] .button.primary');
    await fake.heard('POST pages/viewer'); // a ticket is used once: the window has its own
    const companion = await (await opened).page();
    assert.equal(await companion!.evaluate(() => window.opener === null), true);
  });

  it('which is asked for when her contact begins, and not again by a desk that is loaded after the call', async () => {
    const { fake } = bench;
    const unshared = session(pagesAs({ sharing: 'off', registered: false, viewers: [], allowed: [] }));
    fake.contacts = [contactOf(1, { session: unshared })];
    await bench.desk();
    assert.deepEqual((await fake.heard('POST registrations')).body, { reservationId: 'reservation-1' });
    await bench.fresh();
    fake.contacts = [
      contactOf(1, { state: 'wrap-up', call: callOf(1, { allowed: [] }), session: unshared }),
      contactOf(2, { session: { ...unshared, id: 'session-2' as SessionId } }),
    ];
    await bench.desk();
    const asked = await fake.heard('POST registrations');
    assert.deepEqual(asked.body, { reservationId: 'reservation-2' }, 'only for whom she talks with');
  });

  it('again, with a ticket of its own, when Ana comes back to it from another contact', async () => {
    const { fake } = bench;
    fake.contacts = [
      contactOf(1),
      contactOf(2, { session: { ...session(pagesAs()), id: 'session-2' as SessionId } }),
    ];
    const page = await bench.desk();
    await page.waitForSelector('[data-frame=joined]');
    const first = await page.$eval('iframe', (it) => it.src);
    await page.keyboard.press('2');
    await page.waitForSelector('[data-callback=callback-2]');
    await page.waitForSelector('[data-frame=joined]');
    await page.keyboard.press('1');
    await page.waitForSelector('[data-callback=callback-1]');
    await page.waitForFunction(
      (before) => {
        const src = document.querySelector('iframe')?.src;
        return src !== undefined && src !== before;
      },
      {},
      first,
    );
    const tickets = ['session-1', 'session-2', 'session-1'];
    for (const id of tickets) assert.equal((await fake.heard('POST pages/viewer')).id, id);
  });

  it('once Maria has said yes', async () => {
    const { fake } = bench;
    fake.contacts = [
      contactOf(1, { session: session(pagesAs({ sharing: 'off', allowed: ['ask-consent'] })) }),
    ];
    const page = await bench.desk();
    await bench.sees(page, '.page-body', 'The visitor decides');
    await page.keyboard.press('a');
    assert.equal((await fake.heard('POST pages/consent')).id, 'session-1');
    fake.changeContact(1, { session: session(pagesAs({ sharing: 'asked', allowed: [] })) });
    await bench.sees(page, '.page-body', 'Waiting for the visitor’s yes');
    assert.equal(await bench.count(page, 'iframe'), 0);
    fake.changeContact(1, { session: session(pagesAs()) });
    await page.waitForSelector('[data-frame=joined]');
    fake.changeContact(1, { session: session(pagesAs({ sharing: 'paused', allowed: [] })) });
    await bench.sees(page, '.page-body', 'private fields');
    await bench.isGone(page, 'iframe');
    fake.changeContact(1, { session: session(pagesAs({ sharing: 'declined', allowed: ['ask-consent'] })) });
    await bench.sees(page, '.page-body', 'declined to share');
  });

  it('and Ana may lead, follow, and push a page', async () => {
    const { fake } = bench;
    fake.contacts = [contactOf(1)];
    const page = await bench.desk();
    await page.waitForSelector('[data-frame=joined]');
    await page.keyboard.press('l');
    assert.deepEqual((await fake.heard('PUT pages/mode')).body, { mode: 'lead' });
    fake.changeContact(1, {
      session: session(pagesAs({ mode: 'lead', viewers: [{ name: 'Ana', role: 'agent', mode: 'lead' }] })),
    });
    await page.waitForSelector('[data-command=lead][aria-pressed=true]');
    await page.keyboard.press('p');
    await page.keyboard.type('https://shop.example/rates');
    await page.keyboard.press('Enter');
    assert.deepEqual((await fake.heard('POST pages/push')).body, { url: 'https://shop.example/rates' });
    await page.waitForFunction(() => document.querySelector<HTMLInputElement>('#push-url')?.value === '');
  });

  it('and a push that is refused says why and keeps what was typed', async () => {
    const { fake } = bench;
    fake.contacts = [contactOf(1)];
    const page = await bench.desk();
    fake.refusals.set('POST pages/push', 'page-refused');
    await page.waitForSelector('#push-url');
    await page.type('#push-url', 'https://evil.example/');
    await page.keyboard.press('Enter');
    await bench.sees(page, '[data-banner=notice]', 'This page may not be shown here');
    assert.equal(
      await page.$eval('#push-url', (it) => (it as HTMLInputElement).value),
      'https://evil.example/',
    );
  });

  it('and an accepted reservation registers Ana by itself, once, when the server has not yet', async () => {
    const { fake } = bench;
    const page = await bench.desk();
    fake.setContact(
      contactOf(1, { session: session(pagesAs({ registered: false, sharing: 'off', allowed: [] })) }),
    );
    assert.deepEqual((await fake.heard('POST registrations')).body, { reservationId: 'reservation-1' });
    fake.changeContact(1, { session: session(pagesAs()) });
    await page.waitForSelector('[data-frame=joined]');
    await page.keyboard.press('s');
    assert.equal((await fake.heard('DELETE registrations')).id, 'registration-1');
  });

  it('and the six digits Maria reads out register Ana too; wrong ones say so', async () => {
    const { fake } = bench;
    const page = await bench.desk();
    await page.keyboard.press('g');
    await page.waitForSelector('.panel .code:focus');
    await page.keyboard.type('12');
    await page.keyboard.press('Enter');
    await bench.sees(page, '#code-problem', 'six digits');
    await page.keyboard.type('3 457');
    await page.keyboard.press('Tab');
    await page.keyboard.type('203.0.113.7');
    await page.keyboard.press('Enter');
    await bench.sees(page, '#code-problem', 'do not fit together');
    await page.$eval('.panel .code', (it) => (it as HTMLInputElement).select());
    await page.focus('.panel .code');
    await page.keyboard.type('123456');
    await page.keyboard.press('Enter');
    assert.deepEqual((await fake.heard('POST registrations')).body, { ip: '203.0.113.7', code: '123456' });
    await bench.isGone(page, '.panel');
  });

  it('and the page behind a code comes to her desk when the visitor has said yes, though there is no contact [CO3]', async () => {
    const { fake } = bench;
    const page = await bench.desk();
    fake.refusals.set('POST pages/viewer', 'not-now');
    await page.keyboard.press('g');
    await page.waitForSelector('.panel .code:focus');
    await page.keyboard.type('123456');
    await page.keyboard.press('Tab');
    await page.keyboard.type('203.0.113.7');
    await page.keyboard.press('Enter');
    await bench.sees(page, '[data-coded=waiting]', 'Waiting for the visitor’s yes');
    await page.waitForSelector('[data-coded=open] iframe');
    const frame = await (await page.$('[data-coded=open] iframe'))!.contentFrame();
    await frame.waitForSelector('h1');
    await bench.isAccessible(page);
    await page.keyboard.press('f');
    assert.deepEqual((await fake.heard('PUT pages/mode')).body, { mode: 'follow' });
    await page.waitForSelector('[data-command=follow][aria-pressed=true]');
    await page.keyboard.press('s');
    assert.equal((await fake.heard('DELETE registrations')).id, 'registration-1');
    await bench.isGone(page, '[data-coded]');
  });
});

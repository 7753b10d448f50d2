import assert from 'node:assert/strict';
import type { Page } from 'puppeteer';

import { anaAs, contactInWrapUp } from '../support/fake-agent-views.ts';
import { PortalBench } from '../support/portal-bench.ts';

describe('Ana writes down what was said', () => {
  let bench: PortalBench;
  let page: Page;
  before(async () => (bench = await PortalBench.open()));
  after(() => bench.close());
  beforeEach(async () => {
    await bench.fresh();
    bench.fake.me = anaAs({ state: 'working-after-call', next: { state: 'ready' } });
    bench.fake.contacts = [contactInWrapUp(1)];
    page = await bench.desk();
  });

  const notesAre = (state: string): Promise<unknown> => page.waitForSelector(`[data-notes=${state}]`);

  it('and it is saved without being asked', async () => {
    await page.keyboard.press('n');
    await page.keyboard.type('Wants the five year rate');
    const { body, id } = await bench.fake.heard('PUT contacts/notes');
    assert.deepEqual(body, { text: 'Wants the five year rate', version: 0 });
    assert.equal(id, 'callback-1');
    await notesAre('saved');
    assert.match(await bench.textOf(page, '.saved'), /^Saved \d\d:\d\d:\d\d$/);
  });

  it('and Done waits until it is saved [AD4]', async () => {
    const release = bench.fake.hold('PUT contacts/notes');
    await page.select('#outcome', 'Sold');
    await page.focus('#notes');
    await page.keyboard.type('Signs on Monday');
    await page.click('[data-command=done]');
    await bench.sees(page, '[data-command=done]', 'Saving first');
    assert.deepEqual(
      bench.fake.sent.unread.filter((it) => it.name === 'POST contacts/complete'),
      [],
    );
    release();
    assert.equal((await bench.fake.heard('PUT contacts/notes')).id, 'callback-1');
    const { body } = await bench.fake.heard('POST contacts/complete');
    assert.deepEqual(body, { disposition: 'Sold', next: 'as-wished' });
    bench.fake.closeContact(bench.fake.contacts[0]!.callbackId);
    bench.fake.setMe({ state: 'ready', allowed: ['not-ready'] });
    await bench.sees(page, '.resting', 'You are ready');
  });

  it('and Done asks for the outcome first', async () => {
    await page.keyboard.press('d');
    await bench.sees(page, '#done-problem', 'Choose an outcome first');
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'outcome');
    await page.select('#outcome', 'Sold');
    await bench.sees(page, '#done-problem', 'then ready');
  });

  it('and is not done when it cannot be saved; it is tried again, and then it is', async () => {
    bench.fake.refusals.set('PUT contacts/notes', 'unavailable');
    await page.select('#outcome', 'Sold');
    await page.focus('#notes');
    await page.keyboard.type('x');
    await page.click('[data-command=done]');
    await bench.sees(page, '#done-problem', 'the notes are not saved yet');
    await notesAre('failed');
    await bench.fake.heard('PUT contacts/notes');
    await notesAre('saved');
    await page.click('[data-command=done]');
    await bench.fake.heard('POST contacts/complete');
  });

  it('and Ready waits for it too', async () => {
    const release = bench.fake.hold('PUT contacts/notes');
    await page.focus('#notes');
    await page.keyboard.type('x');
    await page.keyboard.press('Escape');
    await page.keyboard.press('r');
    await bench.sees(page, '.banner', 'Ready as soon as your notes are saved');
    release();
    const first = await bench.fake.sent.next();
    assert.equal(
      first.name === 'POST pages/viewer' ? (await bench.fake.sent.next()).name : first.name,
      'PUT contacts/notes',
    );
    await bench.fake.heard('PUT me/state');
  });

  it('and sees both when somebody else has changed it meanwhile, and keeps hers', async () => {
    await page.focus('#notes');
    const contact = bench.fake.contacts[0]!;
    const release = bench.fake.hold('PUT contacts/notes');
    await page.keyboard.type('mine');
    await notesAre('saving');
    bench.fake.contacts = [{ ...contact, notes: { text: 'theirs', version: 1, savedAt: Date.now() } }];
    release();
    await bench.sees(page, '.conflict', 'theirs');
    assert.equal(await page.$eval('#notes', (it) => (it as HTMLTextAreaElement).value), 'mine');
    await page.click('.conflict button');
    const { body } = await bench.fake.heard('PUT contacts/notes');
    assert.deepEqual(body, { text: 'mine', version: 1 });
    await notesAre('saved');
  });

  it('and takes what somebody else wrote while she was not writing', async () => {
    bench.fake.changeContact(1, {
      notes: { text: 'From Rui: calls back at five', version: 4, savedAt: Date.now() },
    });
    await page.waitForFunction(() =>
      document.querySelector<HTMLTextAreaElement>('#notes')?.value.startsWith('From Rui'),
    );
    await page.focus('#notes');
    await page.keyboard.press('End');
    await page.keyboard.type('!');
    const { body } = await bench.fake.heard('PUT contacts/notes');
    assert.deepEqual(body, { text: 'From Rui: calls back at five!', version: 4 });
  });

  it('and loses nothing when she closes the tab in the middle of a word', async () => {
    await page.focus('#notes');
    await page.keyboard.type('half a sen');
    await page.close({ runBeforeUnload: true });
    const { body } = await bench.fake.heard('PUT contacts/notes');
    assert.deepEqual(body, { text: 'half a sen', version: 0 });
  });
});

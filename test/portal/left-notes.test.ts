import assert from 'node:assert/strict';
import type { Page } from 'puppeteer';

import type { AgentId } from '../../contracts/ids.ts';
import { anaAs, contactInWrapUp } from '../support/fake-agent-views.ts';
import { PortalBench } from '../support/portal-bench.ts';

/** Nothing saves itself while it is typed, and what was not saved is tried again at once. */
const typing = `{
  const later = window.setTimeout;
  window.setTimeout = (act, ms) => later(act, ms === 600 ? 1e8 : ms === 3000 ? 1 : ms);
}`;

describe('Ana’s contact leaves her desk while she writes', () => {
  let bench: PortalBench;
  let page: Page;
  before(async () => (bench = await PortalBench.open()));
  after(() => bench.close());
  beforeEach(async () => {
    await bench.fresh();
    bench.fake.me = anaAs({ state: 'working-after-call', next: { state: 'ready' } });
    bench.fake.contacts = [contactInWrapUp(1)];
  });

  const types = async (words: string, prepare = typing): Promise<void> => {
    page = await bench.desk({ prepare });
    await page.focus('#notes');
    await page.keyboard.type(words);
  };
  const closes = (): void => bench.fake.closeContact(bench.fake.contacts[0]!.callbackId);
  const keptText = (): Promise<string> => page.$eval('.left-notes textarea', (it) => it.value);
  const timesSent = (): number => bench.fake.asked.filter((it) => it === 'PUT contacts/notes').length;
  const logsIn = async (): Promise<void> => {
    await page.waitForSelector('.log-in');
    await page.type('[name=username]', 'ana');
    await page.type('[name=password]', 'correct horse');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.desk');
    await bench.streaming(page);
  };
  const sessionEnds = async (): Promise<void> => {
    bench.fake.isLoggedIn = false;
    bench.fake.emit('session.ended', { reason: 'expired' });
    await page.waitForSelector('.log-in');
  };
  /** Nothing keeps her: she becomes ready, and logs out. */
  const isFree = async (): Promise<void> => {
    await page.keyboard.press('Escape');
    await page.keyboard.press('r');
    await bench.fake.heard('PUT me/state');
    await page.keyboard.down('Shift');
    const hasContact = (await page.$('.call-bar')) !== null;
    await page.keyboard.press('Q');
    if (hasContact) {
      await bench.sees(page, '[data-banner=notice]', 'log out once more');
      await page.keyboard.press('Q');
    }
    await page.keyboard.up('Shift');
    await page.waitForSelector('.log-in');
  };

  it('and her last words are saved', async () => {
    await types('Signs on Monday');
    closes();
    const { body } = await bench.fake.heard('PUT contacts/notes');
    assert.deepEqual(body, { text: 'Signs on Monday', version: 0 });
    await bench.sees(page, '.banner', 'Notes saved after the contact was closed: Maria Silva.');
    assert.equal(await bench.count(page, '.left-notes'), 0);
  });

  it('and a server that is away for a moment gets them as soon as it is back', async () => {
    await types('Signs on Monday');
    bench.fake.refusals.set('PUT contacts/notes', 'unavailable');
    closes();
    await bench.fake.heard('PUT contacts/notes');
    await bench.sees(page, '.banner', 'Notes saved after the contact was closed');
    await bench.isGone(page, '.left-notes');
  });

  it('and what the server does not take stays in sight, to be copied and dismissed; it is not sent again', async () => {
    await types('Signs on Monday');
    bench.fake.refusals.set('PUT contacts/notes', 'not-found');
    closes();
    await bench.sees(
      page,
      '.left-notes',
      'Your last notes are not saved: Maria Silva. The contact is closed.',
    );
    assert.equal(await keptText(), 'Signs on Monday');
    await bench.isAccessible(page);
    const [copy, dismiss] = await page.$$('.left-notes button');
    await copy!.click();
    await bench.sees(page, '.left-notes button', 'Copied');
    await page.keyboard.press('r');
    await bench.fake.heard('PUT me/state');
    assert.equal(timesSent(), 1);
    await dismiss!.click();
    await bench.isGone(page, '.left-notes');
  });

  it('and a text in conflict is kept in sight too', async () => {
    await types('mine');
    const theirs = { text: 'theirs', version: 1, savedAt: Date.now() };
    bench.fake.changeContact(1, { notes: theirs });
    await bench.sees(page, '.conflict', 'theirs');
    closes();
    await bench.sees(page, '.left-notes', 'Somebody else has changed them meanwhile.');
    assert.equal(await keptText(), 'mine');
    await isFree();
    assert.equal(timesSent(), 0);
  });

  it('and comes back to it: the words are there again, and saved', async () => {
    await types('half a sen');
    const contact = bench.fake.contacts[0]!;
    bench.fake.refusals.set('PUT contacts/notes', 'not-found');
    closes();
    await bench.sees(page, '.left-notes', 'The contact is closed.');
    bench.fake.setContact(contact);
    await bench.isGone(page, '.left-notes');
    assert.equal(await page.$eval('#notes', (it) => (it as HTMLTextAreaElement).value), 'half a sen');
    await page.select('#outcome', 'Sold');
    await page.click('[data-command=done]');
    const { body } = await bench.fake.heard('PUT contacts/notes');
    assert.deepEqual(body, { text: 'half a sen', version: 0 });
  });

  it('and nobody has told her: a desk loaded without it lets her go all the same', async () => {
    await types('Signs on Monday');
    bench.fake.contacts = [];
    bench.fake.emit('stream.reset', {});
    await bench.sees(page, '.left-notes', 'The contact is closed.');
    await isFree();
  });

  it('with her session: who logs in next sees nothing of it, saves nothing of it, and is free', async () => {
    await types('of Ana alone');
    await sessionEnds();
    bench.fake.me = anaAs({ id: 'rui' as AgentId, name: 'Rui Teles', roles: ['agent'] });
    await logsIn();
    assert.equal(await page.$eval('#notes', (it) => (it as HTMLTextAreaElement).value), '');
    assert.equal(await bench.count(page, '.left-notes'), 0);
    await isFree();
    assert.equal(timesSent(), 0);
  });

  it('with her session: when she is back she finds her words, and they are saved', async () => {
    await types('half a sen', '');
    await sessionEnds();
    await logsIn();
    const { body } = await bench.fake.heard('PUT contacts/notes');
    assert.deepEqual(body, { text: 'half a sen', version: 0 });
    assert.equal(await page.$eval('#notes', (it) => (it as HTMLTextAreaElement).value), 'half a sen');
  });
});

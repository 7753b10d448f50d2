import assert from 'node:assert/strict';

import { anaAs, contactOf, offerOf } from '../support/fake-agent-views.ts';
import { PortalBench } from '../support/portal-bench.ts';

describe('The stream of events', () => {
  let bench: PortalBench;
  before(async () => (bench = await PortalBench.open()));
  after(() => bench.close());
  beforeEach(() => bench.fresh());

  it('goes on after a break with what happened meanwhile, each once [AD1]', async () => {
    const { fake } = bench;
    const page = await bench.desk();
    await fake.streamsOpened.next();
    fake.emit('line.changed', { waiting: 7 });
    await bench.sees(page, '[data-view=line]', '7');
    fake.refusesStreams = true;
    fake.dropStreams();
    await bench.sees(page, '[data-banner=stale]', 'Reconnecting, last update');
    assert.match(await bench.textOf(page, '[data-banner=stale]'), /\d\d:\d\d:\d\d$/);
    const before = fake.emit('line.changed', { waiting: 7 });
    fake.offer(offerOf(1));
    fake.withdraw(offerOf(1).reservationId, 'canceled');
    fake.setContact(contactOf(2));
    fake.refusesStreams = false;
    assert.equal(Number(await fake.streamsOpened.next()), Number(before) - 1);
    await bench.isGone(page, '[data-banner=stale]');
    await page.waitForSelector('.call-bar');
    assert.equal(await bench.count(page, '.offer'), 0);
    assert.equal(await bench.count(page, '[data-banner=notice]'), 1);
  });

  it('is asked for anew, with the whole truth, when the gap cannot be served', async () => {
    const { fake } = bench;
    const page = await bench.desk();
    await fake.streamsOpened.next();
    fake.offer(offerOf(1));
    await page.waitForSelector('.offer');
    fake.refusesStreams = true;
    fake.dropStreams();
    await page.waitForSelector('[data-banner=stale]');
    fake.offers = [];
    fake.contacts = [contactOf(1)];
    const last = fake.emit('line.changed', { waiting: 1 });
    fake.forget();
    fake.refusesStreams = false;
    await fake.streamsOpened.next();
    assert.equal(await fake.streamsOpened.next(), last);
    await page.waitForSelector('.call-bar');
    await bench.isGone(page, '.offer');
    await fake.hasStreams(1);
  });

  it('survives a message nobody can read', async () => {
    const { fake } = bench;
    const page = await bench.desk();
    fake.contacts = [contactOf(1)];
    fake.emitGarbage();
    await page.waitForSelector('.call-bar'); // the truth was asked for
    fake.emit('line.changed', { waiting: 9 });
    await bench.sees(page, '[data-view=line]', '9');
  });

  it('is asked for less and less often when it breaks as soon as it is open', async () => {
    const { fake } = bench;
    await bench.desk();
    await fake.streamsOpened.next();
    fake.breaksStreams = true;
    fake.dropStreams();
    const opened: number[] = [];
    for (let i = 0; i < 4; i++) {
      await fake.streamsOpened.next();
      opened.push(Date.now());
    }
    const gaps = opened.slice(1).map((at, i) => at - opened[i]!);
    assert.ok(gaps[2]! > gaps[0]! * 2, `gaps of ${gaps.join(', ')} ms`);
  });

  it('is not undone by a snapshot that was taken before and comes after', async () => {
    const { fake } = bench;
    const page = await bench.desk();
    const release = fake.hold('GET me, answered');
    fake.line = { waiting: 55 };
    fake.emitGarbage();
    await fake.heard('GET me, answered');
    fake.offer(offerOf(1));
    await page.waitForSelector('.offer');
    release();
    await bench.sees(page, '[data-view=line]', '55');
    assert.equal(await bench.count(page, '.offer'), 1);
    assert.match(await bench.textOf(page, '.state'), /Offered/);
  });

  it('shows a contact that is drawn anew, as often as it is, without an event of its own', async () => {
    const { fake } = bench;
    const page = await bench.desk();
    fake.setContact(contactOf(1));
    await bench.sees(page, '.call-service', 'Sales');
    for (const service of ['Loans', 'Cards', 'Claims']) {
      fake.redraw(contactOf(1, { service }));
      await bench.sees(page, '.call-service', service);
    }
  });

  it('ignores a name it does not know', async () => {
    const { fake } = bench;
    const page = await bench.desk();
    fake.emit('coffee.ready' as 'stream.reset', {});
    fake.emit('line.changed', { waiting: 8 });
    await bench.sees(page, '[data-view=line]', '8');
  });

  it('brings a new page when the server is a new one, but not in the middle of a contact', async () => {
    const { fake } = bench;
    fake.contacts = [contactOf(1)];
    const page = await bench.desk();
    await page.evaluate(() => document.body.setAttribute('data-old', ''));
    await fake.streamsOpened.next();
    fake.version = 'v2';
    fake.dropStreams();
    await fake.streamsOpened.next();
    fake.emit('line.changed', { waiting: 11 });
    await bench.sees(page, '[data-view=line]', '11');
    assert.equal(await bench.count(page, 'body[data-old]'), 1);
    const loaded = page.waitForNavigation();
    fake.closeContact(fake.contacts[0]!.callbackId);
    await loaded;
    await page.waitForSelector('.desk');
    assert.equal(await bench.count(page, 'body[data-old]'), 0);
  });

  it('is missed at once when the server cannot be reached at the start, and comes by itself when it can [AD8]', async () => {
    const { fake } = bench;
    fake.refusals.set('GET me', 'unavailable');
    const page = await bench.tab();
    await bench.sees(page, '[role=alert]', 'could not be loaded');
    fake.me = anaAs({ state: 'ready' });
    await bench.sees(page, '.resting', 'You are ready');
    await bench.streaming(page);
  });

  it('leaves what was last known on the screen while it is away, marked as old [AD8]', async () => {
    const { fake } = bench;
    fake.contacts = [contactOf(1)];
    const page = await bench.desk();
    fake.refusesStreams = true;
    fake.dropStreams();
    await bench.sees(page, '[data-banner=stale]', 'Reconnecting, last update');
    await bench.sees(page, '.call-bar', 'Talking');
    fake.refusesStreams = false;
    await bench.isGone(page, '[data-banner=stale]');
  });
});

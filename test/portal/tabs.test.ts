import assert from 'node:assert/strict';
import type { Page } from 'puppeteer';

import { contactOf, offerOf } from '../support/fake-agent-views.ts';
import { PortalBench } from '../support/portal-bench.ts';

const origins = [
  { where: 'where the browser has Web Locks', host: '127.0.0.1', locks: true },
  { where: 'on plain HTTP inside a LAN, without Web Locks', host: 'portal.test', locks: false },
] as const;

for (const { where, host, locks } of origins)
  describe(`Ana has several tabs open, ${where}`, () => {
    let bench: PortalBench;
    let origin: string;
    before(async () => {
      bench = await PortalBench.open();
      origin = `http://${host}:${bench.fake.port}`;
    });
    after(() => bench.close());
    beforeEach(() => bench.fresh());

    const rings = (page: Page): Promise<boolean> =>
      page.$eval('html', (it) => it.hasAttribute('data-ringing'));

    it('and exactly one holds the stream and rings, while the other shows the same [AD5]', async () => {
      const first = await bench.desk({ origin });
      const second = await bench.desk({ origin });
      assert.equal(await first.evaluate(() => 'locks' in navigator), locks);
      await bench.fake.hasStreams(1);
      bench.fake.offer(offerOf(1));
      await Promise.all([first.waitForSelector('.offer'), second.waitForSelector('.offer')]);
      const ringing = await Promise.race(
        [first, second].map((it) => it.waitForSelector('html[data-ringing]').then(() => it)),
      );
      const other = ringing === first ? second : first;
      assert.equal(await rings(other), false);
      assert.equal(await bench.tones(other), 0);
      await bench.sees(other, '.mirror', 'Another tab rings');
    });

    it('and a command given in the one that mirrors completes there', async () => {
      bench.fake.contacts = [contactOf(1)];
      await bench.desk({ origin });
      const second = await bench.desk({ origin });
      bench.fake.completes = false;
      await second.keyboard.press('h');
      const { requestId } = await bench.fake.heard('POST calls/hold');
      await second.waitForSelector('[data-command=hold][aria-busy=true]');
      bench.fake.emit('command.completed', { requestId });
      await second.waitForSelector('[data-command=hold][aria-busy=false]');
    });

    it('and when the first closes, another rings within a second and goes on from the last event [AD5]', async () => {
      const { fake } = bench;
      const first = await bench.desk({ origin });
      await fake.streamsOpened.next();
      const second = await bench.desk({ origin });
      fake.offer(offerOf(1));
      const last = fake.emit('line.changed', { waiting: 12 });
      await bench.sees(second, '[data-view=line]', '12');
      const closedAt = Date.now();
      await first.close({ runBeforeUnload: true });
      assert.equal(await fake.streamsOpened.next(), last);
      const tookMs = Date.now() - closedAt;
      assert.ok(tookMs < 1000, `took ${tookMs} ms`);
      await second.waitForSelector('html[data-ringing]');
      await fake.hasStreams(1);
      assert.equal(await bench.count(second, '.offer'), 1);
    });

    it('and when the leading tab dies without a word, another takes over', async () => {
      const { fake } = bench;
      const first = await bench.desk({ origin });
      await fake.streamsOpened.next();
      const second = await bench.desk({ origin });
      // the way a tab dies that is out of memory: it says nothing any more
      const session = await first.createCDPSession();
      session.send('Page.crash').catch(() => undefined);
      await fake.streamsOpened.next();
      fake.offer(offerOf(1));
      await second.waitForSelector('html[data-ringing]');
    });

    it('and three tabs opened at once agree on one', async () => {
      const tabs = await Promise.all([1, 2, 3].map(() => bench.desk({ origin })));
      bench.fake.offer(offerOf(1));
      await Promise.all(tabs.map((it) => it.waitForSelector('.offer')));
      await tabs[0]!.waitForFunction(() => true);
      const ringing = await Promise.all(tabs.map(rings));
      assert.equal(ringing.filter((it) => it).length, 1);
      await bench.fake.hasStreams(1);
    });

    it('and logging out in one logs out in all', async () => {
      const first = await bench.desk({ origin });
      const second = await bench.desk({ origin });
      await second.keyboard.down('Shift');
      await second.keyboard.press('Q');
      await second.keyboard.up('Shift');
      await Promise.all([first.waitForSelector('.log-in'), second.waitForSelector('.log-in')]);
      await bench.fake.hasStreams(0);
    });
  });

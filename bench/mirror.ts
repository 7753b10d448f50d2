import { WebSocket } from 'ws';
import type { PageSocket, VisitorClient } from '../test/support/visitor-client.ts';
import type { TestCentre } from '../test/support/centre.ts';
import type { Floor } from './floor.ts';
import { reportPair } from './report.ts';

const WARM_UP = 20;
/** A page that moves more often in a row than this is taken for one that runs wild, and shown out. */
const ROUNDS = 200;

/** A move of the visitor until a viewer's frame hears of it, against a WebSocket message through the same relays. */
export async function mirror(centre: TestCentre, floor: Floor): Promise<void> {
  const maya = await centre.readyAgent('maya');
  const visitor = centre.visitor('198.51.100.20');
  const page = await visitor.page({ url: `${centre.site}/` });
  const { ticket, session } = await page.hears('welcome');
  await visitor.ask('+442079460101', { session: ticket });
  await maya.accept(await maya.offer());
  await page.hears('consent-asked');
  page.say({ type: 'consent', pages: true });
  await page.hears('sharing', (it) => it.on);
  const frame = await viewer(
    (await maya.send<{ url: string }>('POST', `/pages/${session}/viewer`, {})).body.url,
    centre.visitor(),
  );

  const [left, right] = await Promise.all([socket(floor.url), socket(floor.url)]);
  const ours: number[] = [];
  const bare: number[] = [];
  for (let i = 0; i < WARM_UP + ROUNDS; i++) {
    const url = `${centre.site}/tents/?n=${String(i)}`;
    let from = performance.now();
    page.say({ type: 'navigated', seq: i + 2, url, how: 'history' });
    await frame.hears('go', (it) => it.url === url);
    const took = performance.now() - from;
    const echo = new Promise((resolve) => right.once('message', resolve));
    from = performance.now();
    left.send(JSON.stringify({ type: 'navigated', seq: i, url, how: 'history' }));
    await echo;
    const bareTook = performance.now() - from;
    if (i >= WARM_UP) {
      ours.push(took);
      bare.push(bareTook);
    }
  }
  reportPair('mirror', 'mirror', ours, bare);
  left.close();
  right.close();
}

/** An agent's frame, let in by the ticket in the address it is pointed at. */
async function viewer(url: string, client: VisitorClient): Promise<PageSocket> {
  const ticket = new URL(url).hash.replace('#ringback-viewer=', '');
  const frame = await client.page({ url: url.split('#')[0] ?? url, viewer: ticket });
  await frame.hears('welcome');
  return frame;
}

function socket(url: string): Promise<WebSocket> {
  const it = new WebSocket(url.replace(/^http/, 'ws'), { perMessageDeflate: false });
  return new Promise((resolve, reject) => {
    it.once('open', () => resolve(it));
    it.once('error', reject);
  });
}

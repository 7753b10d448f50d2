import assert from 'node:assert/strict';
import fc from 'fast-check';
import { maya, openPages, type PageBench, rui, settled, site } from '../support/page-bench.ts';
import { Browser } from '../support/page-browser.ts';

const pages = ['a', 'b', 'c', 'd'].map((it) => `${site}/${it}`);

/** Lets everything that is on its way arrive, until nothing is. */
async function calm(bench: PageBench, browsers: readonly Browser[], most = 200): Promise<void> {
  for (let round = 0; round < most; round++) {
    await settled();
    if (browsers.every((it) => it.isQuiet)) return;
    for (const it of browsers) {
      it.connect();
      it.speak();
      await settled();
      it.listen();
    }
    await bench.clock.pass(50);
  }
  assert.fail('the pages never came to rest');
}

interface Scene {
  bench: PageBench;
  readonly visitor: Browser;
  readonly frames: readonly Browser[];
  readonly all: readonly Browser[];
  readonly session: string;
}

/** A visitor who shares, Maya with two frames, and Rui who only follows. */
async function sharing(bench = openPages()): Promise<Scene> {
  const visitor = new Browser(bench, `${site}/a`);
  await calm(bench, [visitor]);
  const id = bench.desk.sessionOf(visitor.ticket, site);
  assert.ok(id);
  bench.accepted.set('r-maya', id).set('r-rui', id);
  await bench.desk.register(maya, { reservationId: 'r-maya' });
  await bench.desk.register(rui, { reservationId: 'r-rui' });
  await bench.desk.setMode(rui, id, 'follow');
  visitor.say({ type: 'consent', pages: true });
  await calm(bench, [visitor]);
  const frames: Browser[] = [];
  for (const viewer of [maya, maya, rui]) {
    const { url } = await bench.desk.ticket(viewer, id);
    const [page = '', ticket = ''] = url.split(/[#&]ringback-viewer=/);
    frames.push(new Browser(bench, page, { viewer: ticket }, '192.0.2.1'));
  }
  const all = [visitor, ...frames];
  await calm(bench, all);
  return { bench, visitor, frames, all, session: id };
}

type Wire = 'speak' | 'listen' | 'cut' | 'connect' | 'settle';
type Act =
  | { readonly do: 'click'; readonly who: number; readonly page: number; readonly how: 'load' | 'history' }
  | { readonly do: Wire; readonly who: number }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'kill' }
  | { readonly do: 'fail' }
  | { readonly do: 'mend' };

const who = fc.nat(3);
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('click' as const),
      who,
      page: fc.nat(3),
      how: fc.constantFrom('load' as const, 'history' as const),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom('speak' as const, 'listen' as const, 'connect' as const),
      who,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('cut' as const, 'settle' as const), who }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(100, 1_500, 5_000) }),
  },
);
const withFaults = fc.oneof(
  { weight: 16, arbitrary: act },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Act>({ do: 'kill' }, { do: 'fail' }, { do: 'mend' }),
  },
);

async function play(scene: Scene, acts: readonly Act[]): Promise<void> {
  for (const it of acts) {
    if (it.do === 'pass') await scene.bench.clock.pass(it.ms);
    else if (it.do === 'kill') {
      scene.bench = scene.bench.restart();
      for (const browser of scene.all) browser.bench = scene.bench;
    } else if (it.do === 'fail') scene.bench.stores.isDown = true;
    else if (it.do === 'mend') scene.bench.stores.isDown = false;
    else {
      const browser = scene.all[it.who];
      if (!browser) continue;
      if (it.do === 'click') browser.click(pages[it.page] ?? '', it.how);
      else browser[it.do]();
    }
    await settled();
  }
}

describe('The mirror, whatever the network does', function () {
  this.timeout(120_000);

  it('comes to rest with everybody at the same page', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 60 }), async (acts) => {
        const scene = await sharing();
        await play(scene, acts);
        await calm(scene.bench, scene.all);
        await scene.bench.clock.pass(20_000);
        await calm(scene.bench, scene.all);
        const at = scene.all.map((it) => it.url);
        assert.deepEqual(
          at,
          at.map(() => scene.visitor.url),
        );
      }),
      { numRuns: 150 },
    );
  });

  it('and does so too when the process is killed and the store fails meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(withFaults, { maxLength: 60 }), async (acts) => {
        const scene = await sharing();
        await play(scene, acts);
        scene.bench.stores.isDown = false;
        await calm(scene.bench, scene.all);
        await scene.bench.clock.pass(20_000);
        await calm(scene.bench, scene.all);
        const { bench, visitor, frames } = scene;
        const id = bench.desk.sessionOf(visitor.ticket, site);
        assert.equal(id, scene.session, 'the session is the same');
        for (const it of frames)
          assert.ok(!it.ended && it.url === visitor.url, `${it.url} is not ${visitor.url}`);
      }),
      { numRuns: 150 },
    );
  });
});

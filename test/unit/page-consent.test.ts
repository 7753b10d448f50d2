import assert from 'node:assert/strict';
import type { SessionId } from '../../contracts/ids.ts';
import {
  type FakeStream,
  maya,
  openPages,
  type PageBench,
  settled,
  site,
  visitorAt,
} from '../support/page-bench.ts';

/** A visitor whom Maya asks, registered by code. */
async function asked(bench: PageBench): Promise<{ visitor: FakeStream; id: SessionId }> {
  const visitor = await visitorAt(bench);
  const code = visitor.last('code')?.code ?? '';
  return { visitor, id: (await bench.desk.register(maya, { ip: '198.51.100.1', code })).sessionId };
}

describe('A visitor says yes', () => {
  it('to what nobody asked, again and again, and nothing of it is kept [SC8]', async () => {
    const bench = openPages();
    const visitor = await visitorAt(bench);
    for (let n = 0; n < 20; n++) {
      visitor.say({ type: 'consent', pages: true, text: 'x'.repeat(2_000), version: String(n) });
      visitor.say({ type: 'consent', pages: false });
    }
    await settled();
    assert.equal(bench.stores.consents.length, 0);
    assert.equal(bench.stores.audited.length, 0);
  });

  it('and no, again and again: one proof and one withdrawal for each question', async () => {
    const bench = openPages();
    const { visitor, id } = await asked(bench);
    for (let n = 0; n < 20; n++) {
      visitor.say({ type: 'consent', pages: true });
      visitor.say({ type: 'consent', pages: false });
    }
    await settled();
    assert.equal(bench.stores.consents.length, 1);
    assert.deepEqual(
      bench.stores.audited.filter((it) => it.startsWith('page-consent')),
      ['page-consent-withdrawn'],
    );
    assert.equal((await bench.desk.viewFor(maya, id)).sharing, 'declined');
  });

  it('to the words of the company, which are kept; to others, and is asked with those of the company [SC8]', async () => {
    const bench = openPages();
    const { visitor, id } = await asked(bench);
    const question = visitor.last('consent-asked');
    assert.ok(question);
    const { text, version } = question;
    for (const said of [
      { text: 'I agree to nothing', version },
      { text, version: 'made-up' },
    ]) {
      const before = visitor.heard.length;
      visitor.say({ type: 'consent', pages: true, ...said });
      await settled();
      assert.equal(visitor.heard.length, before + 1);
      assert.equal(visitor.heard.at(-1)?.type, 'consent-asked');
      assert.equal((await bench.desk.viewFor(maya, id)).sharing, 'asked');
    }
    assert.equal(bench.stores.consents.length, 0);
    visitor.say({ type: 'consent', pages: true, text, version });
    await settled();
    assert.equal((await bench.desk.viewFor(maya, id)).sharing, 'on');
    assert.deepEqual(
      bench.stores.consents.map((it) => [it.text, it.version]),
      [[text, version]],
    );
  });
});

describe('A page has a title that is drawn otherwise than it is written', () => {
  it('and is shown to the agent by what it is [SC5]', async () => {
    const bench = openPages();
    const { visitor, id } = await asked(bench);
    visitor.say({ type: 'consent', pages: true });
    visitor.say({
      type: 'navigated',
      seq: 2,
      url: `${site}/b`,
      title: '\u202egpj.exe\u0000',
      how: 'load',
    });
    await settled();
    assert.equal((await bench.desk.viewFor(maya, id)).page?.title, 'gpj.exe');
  });
});

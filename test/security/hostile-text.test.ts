import assert from 'node:assert/strict';
import { sees, Stage } from '../browser/stage.ts';
import { proofFor } from './asking.ts';

const markup = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>';
const nasty = '"\'`><svg/onload=hacked=1>\u202e\u{1f9e8}\r\n</textarea>';

describe('A visitor writes markup where a name belongs', function () {
  this.timeout(90_000);
  let stage: Stage;
  before(async () => (stage = await Stage.open()));
  after(() => stage.close());

  it('and agent and manager read it as text, and nothing of it runs', async () => {
    const { centre } = stage;
    const [maya, mina] = await Promise.all([stage.staff('maya'), stage.staff('mina')]);
    await sees(maya, 'body', 'Maya Okafor');
    for (const [phone, name] of [
      ['020 7946 0160', markup],
      ['020 7946 0161', nasty],
    ] as const) {
      const asker = centre.visitor('198.51.100.51');
      await asker.ask(phone, { name, proof: await proofFor(asker) });
    }
    await sees(mina, '.line-box tbody', markup);
    await sees(mina, '.line-box tbody', 'onload=hacked');
    await sees(maya, '.top-bar', 'phone on');
    await maya.keyboard.press('r');
    await maya.waitForSelector('.offer');
    await sees(maya, '.offer', 'hacked=1');
    await maya.keyboard.press('Enter');
    await sees(maya, '.desk', 'hacked=1');
    for (const page of [maya, mina]) {
      assert.equal(await page.evaluate(() => (window as { hacked?: number }).hacked), undefined);
      assert.equal(await page.$('img[src=x], svg[onload], body script:not([nonce])'), null);
    }
    assert.deepEqual(stage.mishaps, [], 'not even the policy had anything to refuse');
  });
});

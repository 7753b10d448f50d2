import { proofFor } from '../security/asking.ts';
import { sees, Stage } from './stage.ts';

describe('An agent who is not ready', function () {
  this.timeout(90_000);
  let stage: Stage;
  before(async () => (stage = await Stage.open()));
  after(() => stage.close());

  it('sees who waits, calls one of them, and both talk [AD9]', async () => {
    const { centre } = stage;
    const [maya, panel] = await Promise.all([stage.staff('maya'), stage.panel()]);
    await sees(maya, '.top-bar', 'phone on');
    const asker = centre.visitor('198.51.100.52');
    await asker.ask('020 7946 0163', { name: 'Rui Tavares', proof: await proofFor(asker) });
    await sees(maya, '.could-take', 'Rui');
    await stage.looksRight(maya, 'desk-line');
    await maya.click('.could-take-row button');
    await sees(panel, '#state', 'Rings');
    await panel.keyboard.press('a');
    await sees(maya, '.call-state', 'Talking');
  });
});

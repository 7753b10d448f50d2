import { isAt, sees, Stage } from './stage.ts';

describe('A visitor who is on the telephone already', function () {
  this.timeout(60_000);
  let stage: Stage;
  before(async () => (stage = await Stage.open()));
  after(() => stage.close());

  it('reads out the code and the address, and is led to the right page though nobody called back [CO3]', async () => {
    const [maria, maya] = await Promise.all([stage.visitor('/jackets/'), stage.staff('maya')]);
    await maria.open();
    await maria.reads('Read out');
    const [, code, address] = /Read out ([\d\s]{7}) · ([\d.]+)\.\s/.exec(await maria.says()) ?? [];
    await maya.keyboard.press('g');
    await maya.waitForSelector('.panel .code:focus');
    await maya.keyboard.type(code!.replaceAll(/\s/g, ''));
    await maya.keyboard.press('Tab');
    await maya.keyboard.type(address!);
    await maya.keyboard.press('Enter');
    await sees(maya, '[data-coded=waiting]', 'Waiting for the visitor’s yes');
    await stage.looksRight(maya, 'desk-code-waits');
    await maria.shows('Maya would like to see the pages you visit here');
    await maria.press('Allow');
    const element = await maya.waitForSelector('[data-coded=open] iframe');
    const frame = await element!.contentFrame();
    await frame.waitForSelector('a[href="/tents/"]');
    await stage.looksRight(maya, 'desk-code-open');
    await frame.click('a[href="/tents/"]');
    await isAt(maria.page, '/tents/');
    await sees(maya, 'body', 'Stop viewing');
    await maya.click('[data-command=stop]'); // the keys are the frame's while she works in it
    await maya.waitForFunction(() => document.querySelector('[data-coded]') === null);
  });
});

import assert from 'node:assert/strict';
import { openCentre, type TestCentre } from '../support/centre.ts';
import { moreAgents, openFrame, registerByCode, sharedPage, Tab } from '../support/page-scene.ts';

describe('A visitor shares the page', function () {
  this.timeout(60_000);
  let it_: TestCentre;

  before(async () => {
    it_ = await openCentre({ change: moreAgents(5) });
  });
  after(() => it_.close());

  it('and either side moves the other, each within a second [CO-1, CO-3]', async () => {
    const maya = await it_.agent('maya');
    const { tab, session } = await sharedPage(it_, maya, '198.51.100.1');
    const frame = await openFrame(it_, maya, session);

    const left = Date.now();
    tab.goes(`${it_.site}/jackets/`);
    await frame.isSentTo(`${it_.site}/jackets/`);
    assert.ok(Date.now() - left < 1_000, 'the agent followed late');

    const back = Date.now();
    frame.goes(`${it_.site}/help/`);
    await tab.isSentTo(`${it_.site}/help/`);
    assert.ok(Date.now() - back < 1_000, 'the visitor followed late');

    tab.goes(`${it_.site}/help/#sizes`, 'hash');
    await frame.isSentTo(`${it_.site}/help/#sizes`);
    assert.deepEqual([...tab.unread, ...frame.unread], [], 'landing leads nobody');
  });
});

import assert from 'node:assert/strict';
import { openCentre, type TestCentre } from '../support/centre.ts';
import { comesBackWhenItCan, openFrame, sharedPage } from '../support/page-scene.ts';

describe('The contact server is killed while a page is shared', function () {
  this.timeout(90_000);
  let it_: TestCentre;

  before(async () => {
    it_ = await openCentre();
  });
  after(() => it_.close());

  it('and the session comes back with consent and registration: visitor and agent go on where they were', async () => {
    const maya = await it_.agent('maya');
    const { tab, session, registration } = await sharedPage(it_, maya, '198.51.100.41');
    const frame = await openFrame(it_, maya, session);
    tab.goes(`${it_.site}/jackets/`);
    await frame.isSentTo(`${it_.site}/jackets/`);

    await it_.centre.kill('contact-server');
    await Promise.all([tab.page.closed, frame.page.closed]);
    await comesBackWhenItCan(() => tab.comesBack([`${it_.site}/tents/`]));
    await comesBackWhenItCan(() => frame.comesBack());
    assert.equal((await tab.page.hears('welcome')).session, session);
    assert.equal((await tab.page.hears('welcome')).sharing, true);
    await frame.isSentTo(`${it_.site}/tents/`);
    frame.goes(`${it_.site}/help/`);
    await tab.isSentTo(`${it_.site}/help/`);
    assert.deepEqual([...tab.unread, ...frame.unread], [], 'nothing twice');

    const { status } = await maya.send('DELETE', `/registrations/${registration.id}`);
    assert.equal(status, 204);
    await frame.page.hears('ended', (it) => it.reason === 'unregistered');
  });

  it('and what was withdrawn before stays withdrawn', async () => {
    const maya = await it_.agent('maya');
    const { tab, session } = await sharedPage(it_, maya, '198.51.100.42');
    const heard = tab.page.heard.items.length;
    tab.page.say({ type: 'consent', pages: false });
    await tab.page.hears('sharing', (it) => !it.on, heard);
    await it_.centre.kill('contact-server');
    await comesBackWhenItCan(() => tab.comesBack());
    assert.equal((await tab.page.hears('welcome')).sharing, false);
    assert.equal((await maya.send('POST', `/pages/${session}/viewer`, {})).status, 409);
  });
});

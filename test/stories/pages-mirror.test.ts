import assert from 'node:assert/strict';
import { openCentre, type TestCentre } from '../support/centre.ts';
import { moreAgents, openFrame, registerByCode, sharedPage, Tab } from '../support/page-scene.ts';

describe('A visitor shares the page', function () {
  this.timeout(60_000);
  let it_: TestCentre;

  before(async () => {
    it_ = await openCentre({ change: moreAgents(4) });
  });
  after(() => it_.close());

  it('and either side moves the other, each within a second [CO-1, CO-3] [CO1]', async () => {
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

  it('with five viewers on five desks, who all follow [CO-7, CO-8] [CO1, CO7]', async () => {
    const ip = '198.51.100.5';
    const maya = await it_.agent('maya');
    const { tab, session, visitor } = await sharedPage(it_, maya, ip);
    const ticket = tab.ticket;
    const viewers = [maya];
    for (const name of ['viewer-1', 'viewer-2', 'viewer-3', 'viewer-4']) {
      const agent = await it_.agent(name);
      // Each is given a code of their own: a used one is replaced when the page is next turned.
      await tab.loads(`${it_.site}/tents/`);
      const { sessionId } = await registerByCode(agent, tab, ip);
      assert.equal(sessionId, session);
      viewers.push(agent);
    }
    const frames = await Promise.all(viewers.map((it) => openFrame(it_, it, session)));
    const told = await tab.page.hears('sharing', (it) => it.viewers.length === 5);
    assert.deepEqual(told.viewers, ['Maya', 'Viewer1', 'Viewer2', 'Viewer3', 'Viewer4']);

    for (const page of ['jackets', 'help', 'tents']) {
      const start = Date.now();
      await tab.loads(`${it_.site}/${page}/?from=visitor`);
      await Promise.all(frames.map((it) => it.isSentTo(`${it_.site}/${page}/?from=visitor`)));
      assert.ok(Date.now() - start < 2_000, 'one of five followed late');
    }
    await frames[3]?.loads(`${it_.site}/jackets/?from=viewer`);
    await tab.isSentTo(`${it_.site}/jackets/?from=viewer`);
    const others = frames.filter((it) => it !== frames[3]);
    await Promise.all(others.map((it) => it.isSentTo(`${it_.site}/jackets/?from=viewer`)));
    assert.equal(frames[3]?.unread.length, 0, 'who led is not moved');
    assert.equal(tab.ticket, ticket);
    visitor.close();
  });

  it('while another visitor behind the same address shares with another agent: neither sees the other [SD-8] [CO6]', async () => {
    const ip = '198.51.100.66';
    const maya = await it_.agent('maya');
    const other = await it_.agent('viewer-1');
    const maria = await sharedPage(it_, maya, ip, '/tents/');
    const joao = await sharedPage(it_, other, ip, '/jackets/');
    assert.notEqual(maria.session, joao.session);
    const [mayas, others] = [
      await openFrame(it_, maya, maria.session),
      await openFrame(it_, other, joao.session),
    ];
    assert.equal(mayas.url, `${it_.site}/tents/`);
    assert.equal(others.url, `${it_.site}/jackets/`);
    maria.tab.goes(`${it_.site}/tents/drift-2/`);
    joao.tab.goes(`${it_.site}/jackets/tern/`);
    await mayas.isSentTo(`${it_.site}/tents/drift-2/`);
    await others.isSentTo(`${it_.site}/jackets/tern/`);
    assert.deepEqual([...mayas.unread, ...others.unread], []);

    const { status } = await maya.send('POST', `/pages/${joao.session}/viewer`, {});
    assert.equal(status, 403, 'a session that is not hers is closed to her');
    await assert.rejects(
      maya.command(`/pages/${joao.session}/push`, { url: `${it_.site}/help/` }),
      /not-permitted/,
    );
  });

  it('and a page is pushed to both; what is not ours is pushed to nobody [CO-3] [CO5]', async () => {
    const maya = await it_.agent('maya');
    const { tab, session } = await sharedPage(it_, maya, '198.51.100.9');
    const frame = await openFrame(it_, maya, session);
    for (const url of [
      'javascript:alert(1)',
      'data:text/html,hello',
      'https://evil.example/',
      it_.site.replace('http://', 'http://maria:secret@'),
      `${it_.site}.evil.example/`,
      it_.site.replace(/\d+$/, '1'),
      it_.site.replace('localhost', 'lоcalhost'),
      `${it_.site}@evil.example/`,
    ])
      await assert.rejects(maya.command(`/pages/${session}/push`, { url }), /page-refused/, url);

    await maya.command(`/pages/${session}/push`, { url: `${it_.site}/pay?token=one-time` });
    await tab.isSentTo(`${it_.site}/pay?token=one-time`);
    await frame.isSentTo(`${it_.site}/pay?token=`);
    tab.goes(`${it_.site}/thanks/`);
    await frame.isSentTo(`${it_.site}/thanks/`);
    assert.equal(tab.unread.length, 0, 'nothing hostile arrived');
  });

  it('and a move made while the connection was down arrives with the next one, once [CO8]', async () => {
    const maya = await it_.agent('maya');
    const { tab, session } = await sharedPage(it_, maya, '198.51.100.11');
    const frame = await openFrame(it_, maya, session);
    await tab.comesBack([`${it_.site}/jackets/`, `${it_.site}/jackets/tern/`]);
    await frame.isSentTo(`${it_.site}/jackets/tern/`);

    await frame.comesBack([`${it_.site}/help/`]);
    await tab.isSentTo(`${it_.site}/help/`);
    // The very same moves again, as after a drop nobody noticed, move nobody.
    frame.page.say({ type: 'navigated', seq: frame.seq - 1, url: `${it_.site}/tents/`, how: 'load' });
    tab.page.say({ type: 'navigated', seq: tab.seq - 1, url: `${it_.site}/tents/`, how: 'load' });
    tab.goes(`${it_.site}/end/`);
    await frame.isSentTo(`${it_.site}/end/`);
    assert.deepEqual([...tab.unread, ...frame.unread], []);
  });

  it('from the tab in front, whichever it is', async () => {
    const maya = await it_.agent('maya');
    const { tab, session, visitor } = await sharedPage(it_, maya, '198.51.100.12');
    const frame = await openFrame(it_, maya, session);
    tab.page.say({ type: 'focused' });
    const second = await Tab.open(visitor, `${it_.site}/help/`, { ticket: tab.ticket });
    second.page.say({ type: 'focused' });
    await frame.isSentTo(`${it_.site}/help/`);
    await tab.loads(`${it_.site}/background/`); // a page that loads itself anew behind the others
    tab.page.say({ type: 'focused' });
    await frame.isSentTo(`${it_.site}/background/`);
    frame.goes(`${it_.site}/jackets/`);
    await tab.isSentTo(`${it_.site}/jackets/`);
    assert.equal(second.unread.length, 0, 'the tab behind stays where it is');
  });
});

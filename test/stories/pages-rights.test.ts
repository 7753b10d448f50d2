import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Problem } from '../../contracts/problem.ts';
import WebSocket from 'ws';
import { openCentre, type TestCentre } from '../support/centre.ts';
import {
  frameTicket,
  moreAgents,
  openFrame,
  pagesOf,
  registerByCode,
  sharedPage,
  Tab,
} from '../support/page-scene.ts';

describe('Who may see a page, and how long', function () {
  this.timeout(90_000);
  let it_: TestCentre;

  before(async () => {
    it_ = await openCentre({
      change: (company) => {
        moreAgents(3)(company);
        for (const service of company.services) service.pagesAfterCallMs = 2_000;
      },
    });
  });
  after(() => it_.close());

  it('an agent who is registered, until unregistered: then it stops at once [CO-4, CO-5]', async () => {
    const maya = await it_.agent('maya');
    const { tab, session, registration } = await sharedPage(it_, maya, '198.51.100.21');
    assert.deepEqual(
      registration.join.map((it) => it.channel),
      ['data', 'pages'],
    );
    const frames = [await openFrame(it_, maya, session), await openFrame(it_, maya, session)];
    const heard = tab.page.heard.items.length;
    const { status } = await maya.send('DELETE', `/registrations/${registration.id}`);
    assert.equal(status, 204);
    for (const it of frames) {
      await it.page.hears('ended', (ended) => ended.reason === 'unregistered');
      await it.page.closed;
    }
    await tab.page.hears('sharing', (it) => !it.on, heard);
    const back = await it_.visitor('192.0.2.9').page({
      tab: frames[0]?.tab ?? '',
      url: `${it_.site}/tents/`,
      viewer: frames[0]?.credential ?? '',
    });
    await back.hears('ended', (it) => it.reason === 'refused');
  });

  it('nobody by guessing: unknown address and wrong code look alike, and five failures lock [CO4]', async () => {
    const agent = await it_.agent('viewer-1');
    const ip = '198.51.100.22';
    const tab = await Tab.open(it_.visitor(ip), `${it_.site}/tents/`);
    const { code } = await tab.page.hears('code');
    const wrong = String((Number(code) + 1) % 1_000_000).padStart(6, '0');
    const tries = ['192.0.2.99', ip, '192.0.2.98', ip, ip];
    const answers = [];
    for (const from of tries)
      answers.push(await agent.send<Problem>('POST', '/registrations', { ip: from, code: wrong }));
    assert.deepEqual(
      answers.map((it) => it.status),
      [404, 404, 404, 404, 423],
    );
    assert.deepEqual(answers[0]?.body, answers[1]?.body);
    const right = await agent.send<Problem>('POST', '/registrations', { ip, code });
    assert.equal(right.status, 423, 'locked is locked');
    assert.ok(Number(right.headers.get('retry-after')) > 0);
    const other = await it_.agent('viewer-2');
    const joined = await other.send('POST', '/registrations', { ip: `::ffff:${ip}`, code });
    assert.equal(joined.status, 201, 'in any spelling of the address');
  });

  it('a ticket opens one frame, once [CO9]', async () => {
    const maya = await it_.agent('maya');
    const { session } = await sharedPage(it_, maya, '198.51.100.23');
    const { url, ticket } = await frameTicket(maya, session);
    await Tab.open(it_.visitor('192.0.2.9'), url, { viewer: ticket });
    const thief = await it_.visitor('192.0.2.66').page({ url, viewer: ticket });
    await thief.hears('ended', (it) => it.reason === 'refused');
    await thief.closed;
  });

  it('nobody with the frame or the ticket of an agent who has logged out [SC2]', async () => {
    const agent = await it_.agent('viewer-3');
    const { session } = await sharedPage(it_, agent, '198.51.100.28');
    const frame = await openFrame(it_, agent, session);
    const { url, ticket } = await frameTicket(agent, session);
    assert.equal((await agent.send('DELETE', '/sessions/current')).status, 204);
    await frame.page.hears('ended');
    await frame.page.closed;
    const late = await it_.visitor('192.0.2.200').page({ url, viewer: ticket });
    await late.hears('ended', (it) => it.reason === 'refused');
  });

  it('a manager, who watches without moving anybody, and whom the visitor is told of by name [CO7, MG2]', async () => {
    const maya = await it_.agent('maya');
    const mina = await it_.agent('mina');
    const { tab, session } = await sharedPage(it_, maya, '198.51.100.24');
    const frame = await openFrame(it_, maya, session);
    const watching = await openFrame(it_, mina, session, 'watch');
    const { viewers } = await tab.page.hears('sharing', (it) => it.viewers.length === 2);
    assert.deepEqual(viewers, ['Maya', 'Mina']);

    watching.goes(`${it_.site}/help/`);
    await watching.isSentTo(`${it_.site}/tents/`);
    tab.goes(`${it_.site}/jackets/`);
    await Promise.all([frame.isSentTo(`${it_.site}/jackets/`), watching.isSentTo(`${it_.site}/jackets/`)]);
    assert.deepEqual([...tab.unread, ...frame.unread], [], 'nobody followed the manager');
    const asLead = await mina.send('PUT', `/pages/${session}/mode`, { mode: 'lead' });
    assert.equal(asLead.status, 403);
    await assert.rejects(mina.command(`/pages/${session}/push`, { url: `${it_.site}/` }), /not-permitted/);
    assert.equal((await maya.send('POST', `/pages/${session}/watch`, {})).status, 403);
  });

  it('nobody once the visitor has withdrawn, until they are asked anew [CO2]', async () => {
    const maya = await it_.agent('maya');
    const { tab, session } = await sharedPage(it_, maya, '198.51.100.25');
    const frame = await openFrame(it_, maya, session);
    tab.page.say({ type: 'consent', pages: false });
    await frame.page.hears('ended', (it) => it.reason === 'left');
    await frame.page.closed;
    assert.equal((await maya.send('POST', `/pages/${session}/viewer`, {})).status, 409);

    const heard = tab.page.heard.items.length;
    await maya.command(`/pages/${session}/consent`);
    await tab.page.hears('consent-asked', (it) => it.agent === 'Maya', heard);
    tab.page.say({ type: 'consent', pages: true });
    await tab.page.hears('sharing', (it) => it.on, heard);
    const again = await openFrame(it_, maya, session);
    tab.goes(`${it_.site}/jackets/`);
    await again.isSentTo(`${it_.site}/jackets/`);
  });

  it('an agent sees where the visitor is before the call, keeps it through a change of network, and loses it after the call by rule [CO-13, SD-8] [CO6, SE1]', async () => {
    const maya = await it_.readyAgent('maya');
    const visitor = it_.visitor('198.51.100.26');
    const tab = await Tab.open(visitor, `${it_.site}/tents/`);
    // They were asked before, by the code they read out, and have said yes.
    const { id: earlier } = await registerByCode(maya, tab, '198.51.100.26');
    await tab.page.hears('consent-asked');
    tab.page.say({ type: 'consent', pages: true });
    await tab.page.hears('sharing', (it) => it.on);
    assert.equal((await maya.send('DELETE', `/registrations/${earlier}`)).status, 204);
    await tab.page.hears('sharing', (it) => !it.on);
    const heard = tab.page.heard.items.length;
    tab.goes(`${it_.site}/tents/drift-2/`);
    const { id } = await visitor.ask('020 7946 0126', { session: tab.ticket });
    const offer = await maya.offer((it) => it.callbackId === id);
    assert.equal(offer.page?.url, `${it_.site}/tents/drift-2/`, 'before anything rings');
    await maya.accept(offer);
    await maya.contactIn('connected', id);
    await tab.page.hears('sharing', (it) => it.on, heard);
    const session = tab.page.heard.items.find((it) => it.type === 'welcome')?.session ?? '';
    const frame = await openFrame(it_, maya, session);
    const joined = (await maya.desk()).contacts.find((it) => it.callbackId === id)?.session;
    const states = joined?.legs.map((it) => `${it.role} ${it.channel} ${it.state}`).sort();
    assert.deepEqual(states, [
      'agent pages joined',
      'agent voice joined',
      'visitor pages joined',
      'visitor voice joined',
    ]);

    visitor.ip = '203.0.113.77';
    await tab.comesBack([`${it_.site}/jackets/`]);
    await frame.isSentTo(`${it_.site}/jackets/`);
    await maya.event(
      'contact.changed',
      (it) => it.callbackId === id && it.session?.pages.address?.earlier === '198.51.100.•',
    );
    assert.equal((await pagesOf(maya, id))?.address?.now, '203.0.113.•');

    await maya.command(`/calls/${(await maya.contactIn('connected', id)).call?.id ?? ''}/drop`);
    await maya.contactIn('wrap-up', id);
    tab.goes(`${it_.site}/help/`);
    await frame.isSentTo(`${it_.site}/help/`);
    await frame.page.hears('ended', (it) => it.reason === 'unregistered');
    await maya.complete(id, 'not-ready');
  });

  it('a leg is lost when its connection is, and joined again with it [SE-17] [SE2]', async () => {
    const maya = await it_.readyAgent('maya');
    const visitor = it_.visitor('198.51.100.27');
    const tab = await Tab.open(visitor, `${it_.site}/tents/`);
    const { id } = await visitor.ask('020 7946 0127', { session: tab.ticket });
    await maya.accept(await maya.offer((it) => it.callbackId === id));
    const leg = (state: string, from: number) =>
      maya.event(
        'contact.changed',
        (it) =>
          it.callbackId === id &&
          it.session?.legs.some(
            (one) => one.role === 'visitor' && one.channel === 'pages' && one.state === state,
          ) === true,
        from,
      );
    await leg('joined', 0);
    const connected = maya.told.items.length;
    tab.page.cut();
    await leg('lost', connected);
    await tab.comesBack();
    await leg('joined', connected);
    const contact = await maya.contactIn('connected', id);
    await maya.command(`/calls/${contact.call?.id ?? ''}/drop`);
    await maya.contactIn('wrap-up', id);
    await maya.complete(id, 'not-ready');
  });

  it('strangers are shown out: too large, not understood, too many, and silent', async () => {
    const connect = async (): Promise<WebSocket> => {
      const socket = new WebSocket(`${it_.publicUrl.replace(/^http/, 'ws')}/api/v1/session`, {
        origin: it_.site,
        headers: { 'x-forwarded-for': '198.51.100.30' },
      });
      socket.on('error', () => {});
      await once(socket, 'open');
      return socket;
    };
    const closing = async (socket: WebSocket): Promise<number> =>
      ((await once(socket, 'close')) as [number])[0];
    const large = await connect();
    large.send(JSON.stringify({ type: 'hello', tab: 'x'.repeat(100_000) }));
    assert.equal(await closing(large), 1009);
    const garbled = await connect();
    for (let n = 0; n < 12; n++) garbled.send('{"type":"hello"}');
    assert.equal(await closing(garbled), 1008);
    const flood = await connect();
    for (let n = 0; n < 400; n++) flood.send('{"type":"focused"}');
    assert.ok((await closing(flood)) >= 1000);
    const silent = await connect();
    assert.equal(await closing(silent), 1000, 'no hello in five seconds');
  });
});

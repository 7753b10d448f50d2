import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { SipServer } from '../../../embedded/sip-server/server.ts';
import {
  Rig,
  event,
  finalOf,
  sdp,
  type App,
  type AppDialog,
  type AppRequest,
  type AppResponse,
} from './support/app.ts';
import { TcpPhone, UdpPhone } from './support/phone.ts';

describe('A peer comes over TCP', () => {
  let rig: Rig;
  let server: SipServer;
  let app: App;
  let phone: TcpPhone;

  beforeEach(async () => {
    rig = new Rig();
    server = await rig.server({ limits: { connectionsPerSource: 3 } });
    app = await rig.app(server);
    phone = await TcpPhone.open(server.sipPort);
    rig.later(() => phone.close());
  });

  afterEach(async () => {
    await rig.end();
  });

  it('in pieces and in heaps: each request is answered once', async () => {
    app.options((_req, res) => res.send(200));
    const three = [1, 2, 3].map(() => phone.compose('OPTIONS', server.sipPort)).join('');
    for (const byte of three.match(/.{1,100}/gs) ?? []) phone.send(byte);
    for (let n = 0; n < 3; n++) await phone.response(200);
  });

  it('and calls: the BYE of the application comes down the same connection', async () => {
    const answered = new Promise<AppDialog>((resolve) => {
      app.invite((req, res) => {
        void app.createUAS(req, res, { localSdp: sdp('app') }).then((dialog) => {
          dialog.on('ack', () => resolve(dialog));
        });
      });
    });
    const invite = phone.compose('INVITE', server.sipPort, {}, sdp('phone'));
    phone.send(invite);
    const ok = await phone.response(200, 'INVITE');
    assert.match(ok.header('contact'), /;transport=tcp>$/);
    phone.send(
      phone.compose('ACK', server.sipPort, {
        From: ok.header('from'),
        To: ok.header('to'),
        'Call-ID': ok.header('call-id'),
        CSeq: ok.header('cseq').replace('INVITE', 'ACK'),
      }),
    );
    const over = (await answered).destroy();
    phone.answer(await phone.request('BYE'), 200);
    await over;
  });

  it('and goes in the middle of a call to it: the application is told 503 at once', async () => {
    const request = await app.request(`sip:a@127.0.0.1:${phone.port};transport=tcp`, { method: 'OPTIONS' });
    await phone.request('OPTIONS');
    const failed = finalOf(request);
    phone.close();
    assert.equal((await failed).status, 503);
  });

  it('and nobody listens where the application calls: 503 at once', async () => {
    const free = await rig.server();
    await free.close();
    const request = await app.request(`sip:a@127.0.0.1:${free.sipPort};transport=tcp`, { method: 'OPTIONS' });
    assert.equal((await finalOf(request)).status, 503);
  }).timeout(2000);

  it('with more connections than one address may have: the last one is turned away', async () => {
    const others = await Promise.all([1, 2, 3].map(() => TcpPhone.open(server.sipPort)));
    for (const one of others) rig.later(() => one.close());
    await Promise.race(others.map(({ closed }) => closed));
  });

  it('and sends what is no SIP: the connection is closed', async () => {
    phone.send('x'.repeat(100_000));
    await phone.closed;
  });
});

describe('A peer behind UDP is answered where it asked to be', () => {
  let rig: Rig;
  let server: SipServer;
  let app: App;
  let phone: UdpPhone;

  beforeEach(async () => {
    rig = new Rig();
    server = await rig.server();
    app = await rig.app(server);
    phone = await UdpPhone.open(server.sipPort);
    rig.later(() => phone.close());
    app.options((_req, res) => res.send(200));
  });

  afterEach(async () => {
    await rig.end();
  });

  it('at the port in its Via, or, with rport, at the port it came from', async () => {
    const other = await UdpPhone.open(server.sipPort);
    rig.later(() => other.close());
    const via = `SIP/2.0/UDP 127.0.0.1:${other.port}`;
    phone.send(phone.compose('OPTIONS', server.sipPort, { Via: `${via};branch=z9hG4bKa` }));
    await other.response(200);
    phone.send(phone.compose('OPTIONS', server.sipPort, { Via: `${via};rport;branch=z9hG4bKb` }));
    const here = await phone.response(200);
    assert.match(here.header('via'), new RegExp(`;received=127.0.0.1;rport=${phone.port}`));
  });

  it('with all its Vias in their order, and with the Record-Routes of its INVITE', async () => {
    app.invite(
      (req, res) =>
        void app
          .createUAS(req, res, { localSdp: sdp('app') })
          .then((one) => void one.request({ method: 'INFO' })),
    );
    const via = `SIP/2.0/UDP 127.0.0.1:${phone.port};branch=z9hG4bKa, SIP/2.0/TCP b;branch=z9hG4bKb`;
    const routes = `<sip:127.0.0.1:${phone.port};lr>, <sip:second.invalid;lr>`;
    phone.send(phone.compose('INVITE', server.sipPort, { Via: via, 'Record-Route': routes }, sdp('phone')));
    const ok = await phone.response(200, 'INVITE');
    assert.equal(ok.header('via'), via);
    assert.equal(ok.header('record-route'), routes);
    const info = await phone.request('INFO');
    const vias = info.text.match(/^Route: .*$/gm);
    assert.deepEqual(vias, [`Route: <sip:127.0.0.1:${phone.port};lr>`, 'Route: <sip:second.invalid;lr>']);
    assert.equal(info.start, `INFO sip:phone@127.0.0.1:${phone.port} SIP/2.0`);
    phone.answer(info, 200);
  });

  it('by a strict router that takes the request line, as in the days of RFC 2543', async () => {
    app.invite(
      (req, res) =>
        void app
          .createUAS(req, res, { localSdp: sdp('app') })
          .then((one) => void one.request({ method: 'INFO' })),
    );
    const routes = `<sip:127.0.0.1:${phone.port}>`;
    phone.send(phone.compose('INVITE', server.sipPort, { 'Record-Route': routes }, sdp('phone')));
    const info = await phone.request('INFO');
    assert.equal(info.start, `INFO sip:127.0.0.1:${phone.port} SIP/2.0`);
    assert.equal(info.header('route'), `<sip:phone@127.0.0.1:${phone.port}>`);
    phone.answer(info, 200);
  });

  it('at its source, when its Contact is an address behind a NAT', async () => {
    app.invite(
      (req, res) =>
        void app
          .createUAS(req, res, { localSdp: sdp('app') })
          .then((one) => void one.request({ method: 'INFO' })),
    );
    phone.send(phone.compose('INVITE', server.sipPort, { Contact: '<sip:me@10.1.2.3:5060>' }, sdp('phone')));
    const info = await phone.request('INFO');
    assert.equal(info.start, 'INFO sip:me@10.1.2.3:5060 SIP/2.0');
    phone.answer(info, 200);
  });

  it('over TCP from then on, when its Contact asks for that', async () => {
    const exchange = createServer().listen(phone.port, '127.0.0.1');
    rig.later(() => exchange.close());
    await once(exchange, 'listening');
    const call = app.createUAC(`sip:phone@127.0.0.1:${phone.port}`, { localSdp: sdp('app') });
    const contact = `<sip:phone@127.0.0.1:${phone.port};transport=tcp>`;
    phone.answer(await phone.request('INVITE'), 200, { Contact: contact }, sdp('phone'));
    await call;
    const [line] = (await once(exchange, 'connection')) as [Socket];
    rig.later(() => line.destroy());
    const [ack] = (await once(line, 'data')) as [Buffer];
    assert.match(ack.toString(), /^ACK [^]*Via: SIP\/2\.0\/TCP /);
  });

  it('at its new Contact, after a re-INVITE that moved it', async () => {
    const moved = await UdpPhone.open(server.sipPort);
    rig.later(() => moved.close());
    const call = app.createUAC(`sip:phone@127.0.0.1:${phone.port}`, { localSdp: sdp('app') });
    const invite = await phone.request('INVITE');
    phone.answer(invite, 200, {}, sdp('phone'));
    await phone.request('ACK');
    const dialog = await call;
    moved.send(inside(moved, invite, 'INVITE', { Contact: `<sip:moved@127.0.0.1:${moved.port}>` }));
    await moved.response(200, 'INVITE');
    void dialog.request({ method: 'INFO' });
    assert.equal((await moved.request('INFO')).start, `INFO sip:moved@127.0.0.1:${moved.port} SIP/2.0`);
  });

  function inside(
    from: UdpPhone,
    invite: { header(name: string): string },
    method: string,
    headers: Record<string, string>,
  ): string {
    return from.compose(method, server.sipPort, {
      From: `${invite.header('to')};tag=phone${phone.port}`,
      To: invite.header('from'),
      'Call-ID': invite.header('call-id'),
      ...headers,
    });
  }

  it('with refusals of the server itself: 481, 482, 483, 400, 422', async () => {
    phone.send(phone.compose('BYE', server.sipPort));
    await phone.response(481, 'BYE');
    phone.send(phone.compose('INFO', server.sipPort, { To: '<sip:a@b>;tag=none' }));
    await phone.response(481, 'INFO');
    phone.send(phone.compose('OPTIONS', server.sipPort, { 'Max-Forwards': '0' }));
    await phone.response(483);
    app.invite((_req, res) => res.send(180));
    const invite = phone.compose('INVITE', server.sipPort, {}, sdp('phone'));
    phone.send(invite);
    await phone.response(180);
    phone.send(invite.replace('branch=z9hG4bK', 'branch=z9hG4bKother'));
    await phone.response(482);
    phone.send(phone.compose('INVITE', server.sipPort, { Contact: '' }));
    await phone.response(400);
    phone.send(phone.compose('INVITE', server.sipPort, { 'Session-Expires': '30' }));
    assert.equal((await phone.response(422)).header('min-se'), '90');
  });

  it('in the order of its CSeq: what is older than the last is refused', async () => {
    const call = app.createUAC(`sip:phone@127.0.0.1:${phone.port}`, { localSdp: sdp('app') });
    const invite = await phone.request('INVITE');
    phone.answer(invite, 200, {}, sdp('phone'));
    await call;
    phone.send(inside(phone, invite, 'INFO', { CSeq: '10 INFO' }));
    await phone.response(200, 'INFO');
    phone.send(inside(phone, invite, 'INFO', { CSeq: '9 INFO' }));
    await phone.response(500, 'INFO');
  });

  it('with 491 to a second INVITE while the first is unanswered', async () => {
    const call = app.createUAC(`sip:phone@127.0.0.1:${phone.port}`, { localSdp: sdp('app') });
    const invite = await phone.request('INVITE');
    phone.answer(invite, 200, {}, sdp('phone'));
    const dialog = await call;
    const asked = event(dialog, 'modify');
    let answer!: AppResponse;
    dialog.on('modify', (_req: AppRequest, res: AppResponse) => (answer = res));
    phone.send(inside(phone, invite, 'INVITE', { CSeq: '10 INVITE' }));
    await asked;
    phone.send(inside(phone, invite, 'INVITE', { CSeq: '11 INVITE' }));
    await phone.response(491);
    answer.send(200, { body: sdp('app', 2) });
    await phone.response(200, 'INVITE');
  });
});

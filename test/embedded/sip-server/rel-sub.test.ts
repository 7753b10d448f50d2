import assert from 'node:assert/strict';
import type { SipServer } from '../../../embedded/sip-server/server.ts';
import {
  Rig,
  event,
  sdp,
  type App,
  type AppDialog,
  type AppRequest,
  type AppResponse,
} from './support/app.ts';
import { UdpPhone } from './support/phone.ts';

const FAST = { t1: 15, t2: 60, t4: 50 };

describe('Provisional responses that must not be lost', () => {
  let rig: Rig;
  let server: SipServer;
  let app: App;
  let phone: UdpPhone;

  beforeEach(async () => {
    rig = new Rig();
    server = await rig.server({ timing: FAST });
    app = await rig.app(server);
    phone = await UdpPhone.open(server.sipPort);
    rig.later(() => phone.close());
  });

  afterEach(async () => {
    await rig.end();
  });

  it('are repeated until the caller sends PRACK, of which the application hears', async () => {
    const pracked = new Promise<AppRequest>((resolve) => {
      app.invite((req, res) => {
        const done = (prack: AppRequest): void => {
          resolve(prack);
          void app.createUAS(req, res, { localSdp: sdp('app') });
        };
        res.send(183, { headers: { Require: '100rel' }, body: sdp('early') }, () => {}, done);
      });
    });
    const invite = phone.compose('INVITE', server.sipPort, { Supported: 'timer, 100rel' }, sdp('phone'));
    phone.send(invite);
    await phone.response(183);
    const early = await phone.response(183);
    assert.equal(early.header('rseq'), '1');
    phone.send(
      phone.compose('PRACK', server.sipPort, {
        From: early.header('from'),
        To: early.header('to'),
        'Call-ID': early.header('call-id'),
        CSeq: '99 PRACK',
        RAck: `1 ${early.header('cseq')}`,
      }),
    );
    await phone.response(200, 'PRACK');
    assert.equal((await pracked).method, 'PRACK');
    const ok = await phone.response(200, 'INVITE');
    assert.equal(ok.header('to'), early.header('to'));
  });

  it('are not sent to a caller that does not know them', async () => {
    const refused = new Promise<unknown>((resolve) => {
      app.invite((_req, res) => res.send(183, { headers: { Require: '100rel' } }, resolve));
    });
    phone.send(phone.compose('INVITE', server.sipPort, {}, sdp('phone')));
    assert.match(String(await refused), /Remote endpoint does not support 100rel/);
  });

  it('end the call with 504 when the PRACK never comes', async () => {
    app.invite((_req, res) => res.send(183, { headers: { Require: '100rel' } }));
    phone.send(phone.compose('INVITE', server.sipPort, { Supported: '100rel' }, sdp('phone')));
    await phone.response(504);
    assert.equal(server.stats().dialogs, 0);
  });

  it('of a called phone are acknowledged by the application', async () => {
    const call = app.createUAC(`sip:phone@127.0.0.1:${phone.port}`, { localSdp: sdp('app') });
    const invite = await phone.request('INVITE');
    phone.answer(invite, 183, { Require: '100rel', RSeq: '77' }, sdp('phone'));
    const prack = await phone.request('PRACK');
    assert.equal(prack.header('rack'), `77 ${invite.header('cseq')}`);
    assert.equal(prack.start, `PRACK sip:phone@127.0.0.1:${phone.port} SIP/2.0`);
    phone.answer(prack, 200);
    phone.answer(invite, 200, {}, sdp('phone'));
    await call;
  });
});

describe('Subscriptions', () => {
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
  });

  afterEach(async () => {
    await rig.end();
  });

  it('of a phone: it is notified until the application ends it', async () => {
    const begun = new Promise<AppDialog>((resolve) => {
      app.subscribe((req, res) => void app.createUAS(req, res, { headers: { Expires: '60' } }).then(resolve));
    });
    phone.send(phone.compose('SUBSCRIBE', server.sipPort, { Event: 'dialog', Expires: '60' }));
    const accepted = await phone.response(202, 'SUBSCRIBE');
    assert.match(accepted.header('contact'), /^<sip:127/);
    const dialog = await begun;
    assert.equal(server.stats().dialogs, 1);
    const headers = { Event: 'dialog', 'Subscription-State': 'active', 'Content-Type': 'text/plain' };
    const notified = dialog.request({ method: 'NOTIFY', headers, body: 'state' });
    const notify = await phone.request('NOTIFY');
    assert.deepEqual([notify.body, notify.header('subscription-state')], ['state', 'active']);
    phone.answer(notify, 200);
    assert.equal((await notified).status, 200);
    const over = dialog.request({
      method: 'NOTIFY',
      headers: { Event: 'dialog', 'Subscription-State': 'terminated' },
    });
    phone.answer(await phone.request('NOTIFY'), 200);
    await over;
    assert.equal(server.stats().dialogs, 0);
  });

  it('of the application: the NOTIFY may come before the 200, and the last one ends it', async () => {
    const subscribed = app.createUAC(`sip:phone@127.0.0.1:${phone.port}`, {
      method: 'SUBSCRIBE',
      headers: { Event: 'presence', Expires: '60' },
    });
    const subscribe = await phone.request('SUBSCRIBE');
    phone.answer(subscribe, 200);
    const dialog = await subscribed;
    const seen = event(dialog, 'notify');
    dialog.on('notify', (_req: AppRequest, res: AppResponse) => res.send(200));
    const notify = (state: string, seq: number): string =>
      phone.compose('NOTIFY', server.sipPort, {
        From: `${subscribe.header('to')};tag=phone${phone.port}`,
        To: subscribe.header('from'),
        'Call-ID': subscribe.header('call-id'),
        CSeq: `${seq} NOTIFY`,
        Event: 'presence',
        'Subscription-State': state,
      });
    phone.send(notify('active', 1));
    assert.equal((await seen).get('Subscription-State'), 'active');
    await phone.response(200, 'NOTIFY');
    phone.send(notify('terminated;reason=timeout', 2));
    await phone.response(200, 'NOTIFY');
    assert.equal(server.stats().dialogs, 0);
  });
});

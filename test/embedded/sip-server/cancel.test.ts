import assert from 'node:assert/strict';
import type { SipServer } from '../../../embedded/sip-server/server.ts';
import { Rig, event, failureOf, sdp, type App, type AppDialog, type AppRequest } from './support/app.ts';
import { UdpPhone } from './support/phone.ts';

const FAST = { t1: 20, t2: 80, t4: 100 };

describe('A caller changes their mind while it rings', () => {
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

  /** The application calls the phone; the request is handed over as soon as it has gone out. */
  function dial(): { request: Promise<AppRequest>; call: Promise<AppDialog> } {
    let call!: Promise<AppDialog>;
    const request = new Promise<AppRequest>((resolve) => {
      call = app.createUAC(
        `sip:phone@127.0.0.1:${phone.port}`,
        { localSdp: sdp('app') },
        { cbRequest: (_error: unknown, sent: AppRequest) => resolve(sent) },
      );
    });
    return { request, call };
  }

  it('and the phone stops ringing', async () => {
    const { request, call } = dial();
    const ended = failureOf(call);
    const invite = await phone.request('INVITE');
    phone.answer(invite, 180);
    (await request).cancel({ headers: { Reason: 'SIP;cause=200;text="Call completed elsewhere"' } });
    const cancel = await phone.request('CANCEL');
    assert.equal(cancel.header('via'), invite.header('via'));
    assert.equal(cancel.header('cseq'), `${Number.parseInt(invite.header('cseq'), 10)} CANCEL`);
    assert.match(cancel.header('reason'), /completed elsewhere/);
    phone.answer(cancel, 200);
    phone.answer(invite, 487);
    assert.equal((await ended).status, 487);
    const ack = await phone.request('ACK');
    assert.equal(ack.header('via'), invite.header('via'));
    assert.equal(server.stats().dialogs, 0);
  });

  it('but the CANCEL waits for the first sign of life of the phone', async () => {
    const { request, call } = dial();
    const ended = failureOf(call);
    const invite = await phone.request('INVITE');
    await new Promise<void>((done) => void request.then((sent) => sent.cancel({}, () => done())));
    await phone.request('INVITE'); // a retransmission: the CANCEL had its chance
    assert.ok(!phone.unread.some(({ method }) => method === 'CANCEL'));
    phone.answer(invite, 100);
    const cancel = await phone.request('CANCEL');
    phone.answer(cancel, 200);
    phone.answer(invite, 487);
    assert.equal((await ended).status, 487);
  });

  it('but it was answered just then: the call is acknowledged and ended at once', async () => {
    const { request, call } = dial();
    const invite = await phone.request('INVITE');
    phone.answer(invite, 180);
    (await request).cancel();
    const cancel = await phone.request('CANCEL');
    const ok = phone.answer(invite, 200, {}, sdp('phone'));
    phone.answer(cancel, 481);
    const dialog = await call;
    const destroyed = event(dialog, 'destroy');
    assert.match((await phone.request('ACK')).header('cseq'), /ACK/);
    const bye = await phone.request('BYE');
    assert.match(bye.header('reason'), /ACK-BYE due to cancel race condition/);
    phone.answer(bye, 200);
    assert.equal((await destroyed).source, 'application');
    phone.send(ok);
    await phone.request('ACK'); // the 200 came again: so does the ACK
    assert.equal(server.stats().dialogs, 0);
  });

  it('and is told 408 when the phone answers neither the CANCEL nor the call', async () => {
    const { request, call } = dial();
    const ended = failureOf(call);
    phone.answer(await phone.request('INVITE'), 180);
    (await request).cancel();
    assert.equal((await ended).status, 408);
    assert.deepEqual(server.stats().pending, { inbound: 0, outbound: 0 });
  });

  it('and the application of the called one hears of it, and may no longer answer', async () => {
    const ringing = new Promise<AppRequest>((resolve) => {
      app.invite((req, res) => {
        res.send(180);
        req.on('cancel', () => {
          res.send(200, { body: sdp('app') }, (error: string) => {
            assert.match(error, /unknown transaction/);
            resolve(req);
          });
        });
      });
    });
    const invite = phone.compose('INVITE', server.sipPort, {}, sdp('phone'));
    phone.send(invite);
    await phone.response(180);
    phone.send(
      invite
        .replace('INVITE sip', 'CANCEL sip')
        .replace(/CSeq: (\d+) INVITE/, 'CSeq: $1 CANCEL')
        .replace(/Content-Type.*\r\n/, '')
        .replace(/Content-Length: \d+\r\n\r\n.*/s, 'Content-Length: 0\r\n\r\n'),
    );
    await phone.response(200, 'CANCEL');
    const refused = await phone.response(487, 'INVITE');
    await ringing;
    assert.match(refused.header('to'), /;tag=/);
    assert.equal(server.stats().dialogs, 0);
  });

  it('too late: the answer was already on its way, so the server ends the call', async () => {
    const answered = new Promise<AppDialog>((resolve) => {
      app.invite((req, res) => void app.createUAS(req, res, { localSdp: sdp('app') }).then(resolve));
    });
    const invite = phone.compose('INVITE', server.sipPort, {}, sdp('phone'));
    phone.send(invite);
    const ok = await phone.response(200, 'INVITE');
    const destroyed = event(await answered, 'destroy');
    phone.send(
      `CANCEL sip:service@127.0.0.1:${server.sipPort} SIP/2.0\r\n` +
        ['Via', 'From', 'Call-ID'].map((name) => `${name}: ${header(invite, name)}\r\n`).join('') +
        `To: ${header(invite, 'To')}\r\nCSeq: ${Number.parseInt(ok.header('cseq'), 10)} CANCEL\r\n\r\n`,
    );
    await phone.response(481, 'CANCEL');
    const bye = await phone.request('BYE');
    assert.match(bye.header('reason'), /CANCEL after 200 OK/);
    assert.equal((await destroyed).source, 'application');
  });

  it('of a call that nobody knows', async () => {
    phone.send(phone.compose('CANCEL', server.sipPort, { CSeq: '1 CANCEL' }));
    await phone.response(481, 'CANCEL');
  });

  it('by vanishing: the ringing phones of an application that dies are let go', async () => {
    const mortal = await rig.app(server);
    void failureOf(mortal.createUAC(`sip:phone@127.0.0.1:${phone.port}`, { localSdp: sdp('app') }));
    const invite = await phone.request('INVITE');
    phone.answer(invite, 180);
    mortal.disconnect();
    phone.answer(await phone.request('CANCEL'), 200);
    phone.answer(invite, 200, {}, sdp('phone')); // it had been lifted just then
    await phone.request('ACK');
    phone.answer(await phone.request('BYE'), 200);
  });

  it('by vanishing just as it is lifted: a phone that nobody will ever speak to is hung up', async () => {
    const mortal = await rig.app(server);
    const uri = `sip:phone@127.0.0.1:${phone.port}`;
    // It acknowledges only once it knows what the other party says; it never comes to that.
    const lifted = mortal.createUAC(uri, { noAck: true });
    const invite = await phone.request('INVITE');
    phone.answer(invite, 200, {}, sdp('phone'));
    await lifted;
    mortal.disconnect();
    await phone.request('ACK');
    const bye = await phone.request('BYE');
    assert.match(bye.header('reason'), /application disconnected/);
    phone.answer(bye, 200);
    assert.equal(server.stats().dialogs, 0);
  });
});

function header(text: string, name: string): string {
  return new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1]?.trim() ?? '';
}

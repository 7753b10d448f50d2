import assert from 'node:assert/strict';
import type { SipServer } from '../../../embedded/sip-server/server.ts';
import {
  Rig,
  SECRET,
  event,
  failureOf,
  finalOf,
  sdp,
  type App,
  type AppDialog,
  type AppRequest,
  type AppResponse,
} from './support/app.ts';
import { Control } from './support/control.ts';
import { UdpPhone, type Seen } from './support/phone.ts';

/** 64*T1, the 32 seconds of the RFC, are 640 ms here. */
const FAST = { t1: 10, t2: 40, t4: 50, appSilenceMs: 300, ringMs: 600 };

describe('The network loses packets, or an end falls silent', () => {
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

  const phoneUri = (): string => `sip:phone@127.0.0.1:${phone.port}`;

  async function take(count: number, next: () => Promise<Seen>): Promise<Seen[]> {
    const all: Seen[] = [];
    while (all.length < count) all.push(await next());
    return all;
  }

  it('an INVITE is repeated ever more slowly until it is given up with 408', async () => {
    const ended = failureOf(app.createUAC(phoneUri(), { localSdp: sdp('app') }));
    assert.equal((await ended).status, 408);
    const invites = phone.unread.filter(({ method }) => method === 'INVITE');
    assert.ok(invites.length >= 6 && invites.length <= 7, `${invites.length} INVITEs`);
    assert.equal(new Set(invites.map(({ text }) => text)).size, 1);
    assert.deepEqual(server.stats().pending, { inbound: 0, outbound: 0 });
  });

  it('an INVITE is repeated no more once the phone has said 100', async () => {
    const call = app.createUAC(phoneUri(), { localSdp: sdp('app') });
    const invite = await phone.request('INVITE');
    phone.answer(invite, 100);
    const options = await app.request(phoneUri(), { method: 'OPTIONS' });
    await take(2, () => phone.request('OPTIONS')); // by now the server has read the 100
    phone.unread.length = 0;
    await take(4, () => phone.request('OPTIONS')); // plenty of time has passed
    assert.equal(phone.unread.filter(({ method }) => method === 'INVITE').length, 0);
    phone.answer(invite, 200, {}, sdp('phone'));
    await call;
    assert.equal(options.method, 'OPTIONS');
  });

  it('a phone that rings for ever is let go, when the application does not do it', async () => {
    const ended = failureOf(app.createUAC(phoneUri(), { localSdp: sdp('app') }));
    const invite = await phone.request('INVITE');
    phone.answer(invite, 180);
    phone.answer(await phone.request('CANCEL'), 200);
    phone.answer(invite, 487);
    assert.equal((await ended).status, 487);
    assert.deepEqual(server.stats().pending, { inbound: 0, outbound: 0 });
  });

  it('an OPTIONS is repeated, never more slowly than T2, and given up with 408', async () => {
    const request = await app.request(phoneUri(), { method: 'OPTIONS' });
    const response = await finalOf(request);
    assert.equal(response.status, 408);
    assert.equal(response.source_address, '');
    assert.ok(phone.unread.length >= 14, `${phone.unread.length} OPTIONS`);
  });

  it('a refusal is repeated until its ACK, and the application never sees that ACK', async () => {
    app.invite((_req, res) => res.send(486));
    const invite = phone.compose('INVITE', server.sipPort, {}, sdp('phone'));
    phone.send(invite);
    const [refused] = await take(3, () => phone.response(486));
    phone.send(acknowledge(invite, refused!));
    await server486Ends();
    assert.equal(server.stats().dialogs, 0);

    async function server486Ends(): Promise<void> {
      const before = phone.unread.filter(({ status }) => status === 486).length;
      const options = await app.request(phoneUri(), { method: 'OPTIONS' });
      await take(4, () => phone.request('OPTIONS'));
      assert.equal(options.method, 'OPTIONS');
      const late = phone.unread.filter(({ status }) => status === 486).length;
      assert.ok(late - before <= 1, 'at most one was on its way');
    }
  });

  it('a request that comes again gets the same answer again, and the application sees it once', async () => {
    let calls = 0;
    app.options((_req, res) => {
      calls++;
      res.send(200, { headers: { 'X-Count': String(calls) } });
    });
    const options = phone.compose('OPTIONS', server.sipPort);
    phone.send(options);
    const first = await phone.response(200);
    phone.send(options);
    assert.equal((await phone.response(200)).text, first.text);
    assert.equal(calls, 1);
  });

  it('a 200 is repeated until its ACK comes', async () => {
    const answered = new Promise<AppDialog>((resolve) => {
      app.invite((req, res) => void app.createUAS(req, res, { localSdp: sdp('app') }).then(resolve));
    });
    const invite = phone.compose('INVITE', server.sipPort, {}, sdp('phone'));
    phone.send(invite);
    const [ok] = await take(3, () => phone.response(200, 'INVITE'));
    const acknowledged = event(await answered, 'ack');
    phone.send(acknowledge(invite, ok!, 'z9hG4bKnew'));
    await acknowledged;
    assert.equal(server.stats().dialogs, 1);
  });

  it('a 200 that is never acknowledged ends in a BYE that the application hears of', async () => {
    const answered = new Promise<AppDialog>((resolve) => {
      app.invite((req, res) => void app.createUAS(req, res, { localSdp: sdp('app') }).then(resolve));
    });
    phone.send(phone.compose('INVITE', server.sipPort, {}, sdp('phone')));
    const destroyed = new Promise<string>((resolve) => {
      void answered.then((dialog) =>
        dialog.on('destroy', (_bye: AppRequest, reason: string) => resolve(reason)),
      );
    });
    const bye = await phone.request('BYE');
    assert.match(bye.header('reason'), /ACK timeout/);
    assert.equal(await destroyed, 'ACK timeout');
    assert.equal(server.stats().dialogs, 0);
  });

  it('a BYE waits for the ACK when the application hangs up first', async () => {
    app.invite((req, res) => {
      void app.createUAS(req, res, { localSdp: sdp('app') }).then((dialog) => dialog.destroy());
    });
    const invite = phone.compose('INVITE', server.sipPort, {}, sdp('phone'));
    phone.send(invite);
    const [, ok] = await take(2, () => phone.response(200, 'INVITE'));
    assert.ok(!phone.unread.some(({ method }) => method === 'BYE'));
    phone.send(acknowledge(invite, ok!, 'z9hG4bKnew'));
    phone.answer(await phone.request('BYE'), 200);
  });

  it('a 200 that comes again is acknowledged again', async () => {
    const call = app.createUAC(phoneUri(), { localSdp: sdp('app') });
    const invite = await phone.request('INVITE');
    const ok = phone.answer(invite, 200, {}, sdp('phone'));
    const first = await phone.request('ACK');
    phone.send(ok);
    assert.equal((await phone.request('ACK')).text, first.text);
    await call;
  });

  it('a 200 that comes once more when the call has moved on, or is over, gets the ACK of its own INVITE', async () => {
    const call = app.createUAC(phoneUri(), { localSdp: sdp('app') });
    const ok = phone.answer(await phone.request('INVITE'), 200, {}, sdp('phone'));
    const first = await phone.request('ACK');
    const dialog = await call;
    const changed = dialog.modify(sdp('other'));
    const okAgain = phone.answer(await phone.request('INVITE'), 200, {}, sdp('phone'));
    const second = await phone.request('ACK');
    await changed;
    phone.send(ok);
    assert.equal((await phone.request('ACK')).text, first.text);
    const over = dialog.destroy();
    phone.answer(await phone.request('BYE'), 200);
    await over;
    phone.send(okAgain);
    assert.equal((await phone.request('ACK')).text, second.text);
  });

  it('a second phone that answers the same call is acknowledged and hung up', async () => {
    const call = app.createUAC(phoneUri(), { localSdp: sdp('app') });
    const invite = await phone.request('INVITE');
    const ok = phone.answer(invite, 200, {}, sdp('phone'));
    await phone.request('ACK');
    phone.send(ok.replace(/(To: .*tag=)\S+/, '$1another'));
    const ack = await phone.request('ACK');
    assert.match(ack.header('to'), /tag=another/);
    const bye = await phone.request('BYE');
    assert.match(bye.header('to'), /tag=another/);
    phone.answer(bye, 200);
    await call;
    assert.equal(server.stats().dialogs, 1);
  });

  it('an application that never says a word costs the caller a 480', async () => {
    const heard = new Promise<AppResponse>((resolve) => app.invite((_req, res) => resolve(res)));
    phone.send(phone.compose('INVITE', server.sipPort, {}, sdp('phone')));
    await phone.response(100);
    await phone.response(480);
    const late = await heard;
    const error = await new Promise((done) => late.send(200, { body: sdp('late') }, done));
    assert.match(String(error), /unknown transaction/);
  });

  it('an application that dies costs its callers a 503 at once', async () => {
    const mortal = await rig.app(server);
    mortal.invite((_req, res) => {
      res.send(180);
      mortal.disconnect();
    });
    // The route may still be on its way: the first INVITE it is ready for gets through.
    await routed(mortal);
    phone.send(phone.compose('INVITE', server.sipPort, {}, sdp('phone')));
    await phone.response(503);
  });

  it('a call outlives its application: the phone may hang up, or the next application takes it over', async () => {
    const mortal = await rig.app(server);
    const first = await answeredCall(mortal);
    const second = await answeredCall(mortal);
    mortal.disconnect();
    phone.send(inside(first, 'INFO', 2));
    await phone.response(503, 'INFO');
    phone.send(inside(first, 'BYE', 3));
    await phone.response(200, 'BYE');
    const heir = await Control.open(server.controlPort);
    rig.later(() => heir.close());
    heir.send(`authenticate|${SECRET}|`);
    await heir.next();
    const id = `${second.header('call-id')};from-tag=${/tag=(.*)/.exec(second.header('from'))?.[1] ?? ''}`;
    heir.send(`sip||${id}\r\nOPTIONS sip:placeholder SIP/2.0\r\n\r\n`);
    assert.equal((await heir.next())[3], 'OK');
    phone.answer(await phone.request('OPTIONS'), 200);
    assert.match((await heir.next()).at(-1) ?? '', /^SIP\/2.0 200/);
    phone.send(inside(second, 'INFO', 2));
    assert.match((await heir.next()).at(-1) ?? '', /^INFO /);
  });

  /** A request of the phone's inside the call that this INVITE began. */
  function inside(invite: Seen, method: string, seq: number): string {
    return phone.compose(method, server.sipPort, {
      From: `${invite.header('to')};tag=phone${phone.port}`,
      To: invite.header('from'),
      'Call-ID': invite.header('call-id'),
      CSeq: `${seq} ${method}`,
    });
  }

  const answered = new Set<string>();

  async function answeredCall(by: App): Promise<Seen> {
    const call = by.createUAC(phoneUri(), { localSdp: sdp('app') });
    // not a retransmission of the call before
    const invite = await phone.next((one) => one.method === 'INVITE' && !answered.has(one.header('call-id')));
    answered.add(invite.header('call-id'));
    phone.answer(invite, 200, {}, sdp('phone'));
    await phone.request('ACK');
    await call;
    return invite;
  }

  /** Routes are answered in order: once a later request of the application has gone out, they stand. */
  async function routed(by: App): Promise<void> {
    const request = await by.request(phoneUri(), { method: 'OPTIONS' });
    phone.answer(await phone.request('OPTIONS'), 200);
    await finalOf(request);
  }
});

/** The ACK to a refusal has the INVITE's branch; the ACK to a 2xx is a request of its own. */
function acknowledge(invite: string, response: Seen, branch?: string): string {
  const via = /^Via: (.*)$/m.exec(invite)?.[1] ?? '';
  const seq = Number.parseInt(response.header('cseq'), 10);
  return [
    invite.split('\r\n')[0]?.replace('INVITE', 'ACK') ?? '',
    `Via: ${branch === undefined ? via : via.replace(/branch=\S+/, `branch=${branch}`)}`,
    `From: ${response.header('from')}`,
    `To: ${response.header('to')}`,
    `Call-ID: ${response.header('call-id')}`,
    `CSeq: ${seq} ACK`,
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
}

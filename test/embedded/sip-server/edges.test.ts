import assert from 'node:assert/strict';
import type { SipServer } from '../../../embedded/sip-server/server.ts';
import { eventually } from '../../support/eventually.ts';
import { Rig, SECRET, finalOf, sdp, type App, type AppRequest, type AppResponse } from './support/app.ts';
import { Control } from './support/control.ts';
import { nameServer } from './support/dns.ts';
import { TcpPhone, UdpPhone, type Seen } from './support/phone.ts';

describe('What is rare on the network, and happens', () => {
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

  const uri = (): string => `sip:phone@127.0.0.1:${phone.port}`;

  /** A request of the phone's inside the call that this INVITE began. */
  function inside(invite: Seen, method: string, seq: number, body = ''): string {
    const headers = {
      From: `${invite.header('to')};tag=phone${phone.port}`,
      To: invite.header('from'),
      'Call-ID': invite.header('call-id'),
      CSeq: `${seq} ${method}`,
    };
    return phone.compose(method, server.sipPort, headers, body);
  }

  it('both ends change the call at once: the phone is told 491, ours goes on, and later the phone may', async () => {
    const call = app.createUAC(uri(), { localSdp: sdp('app') });
    const invite = await phone.request('INVITE');
    phone.answer(invite, 200, {}, sdp('phone'));
    const dialog = await call;
    await phone.request('ACK');
    dialog.on('modify', (req: AppRequest, res: AppResponse) => res.send(200, { body: req.body }));
    const ours = dialog.request({ method: 'INVITE', body: sdp('app', 2) });
    const again = await phone.request('INVITE');

    phone.send(inside(invite, 'INVITE', 10, sdp('phone', 2)));
    await phone.response(491, 'INVITE');
    phone.send(inside(invite, 'UPDATE', 11, sdp('phone', 2)));
    await phone.response(491, 'UPDATE');
    phone.send(inside(invite, 'INFO', 12)); // asks for no other session
    await phone.response(200, 'INFO');
    phone.answer(again, 200, {}, sdp('phone'));
    assert.equal((await ours).status, 200);
    phone.send(inside(invite, 'INVITE', 13, sdp('phone', 2)));
    assert.equal((await phone.response(200, 'INVITE')).body, sdp('phone', 2));
  });

  it('names in UTF-8, a header of 8,000 letters and 30 kB of SDP come through both ways, byte for byte', async () => {
    const long = 'x-y=1;'.repeat(1333);
    const large = sdp('phone') + 'a=candidate:1 1 UDP 2130706431 192.0.2.1 40000 typ host\r\n'.repeat(520);
    const name = '"Zoë, 大停電 à"';
    const subject = 'déjà vu, voilà'; // ends in byte A0
    const asked = new Promise<AppRequest>((resolve) => {
      app.invite((req, res) => {
        resolve(req);
        res.send(200, { headers: { Subject: subject, 'X-Long': long }, body: large });
      });
    });
    const headers = { From: `${name} <sip:zoe@127.0.0.1>;tag=zoe`, Subject: subject, 'X-Long': long };
    phone.send(phone.compose('INVITE', server.sipPort, headers, large));
    const request = await asked;
    assert.deepEqual(
      [request.get('subject'), request.get('x-long'), request.body, request.get('from')],
      [subject, long, large, headers.From],
    );
    const ok = await phone.response(200);
    const utf8 = Buffer.from(ok.header('subject'), 'latin1').toString('utf8');
    assert.deepEqual([utf8, ok.header('x-long'), ok.body], [subject, long, large]);
    assert.equal(Number(ok.header('content-length')), large.length);
  });

  it('a trunk is a name: the SRV record of the best priority says where it is', async () => {
    const spare = await UdpPhone.open(server.sipPort);
    rig.later(() => spare.close());
    const names = await nameServer({
      '_sip._udp.trunk.example.com': [
        { priority: 20, weight: 0, port: spare.port, target: 'localhost' },
        { priority: 10, weight: 5, port: phone.port, target: 'localhost' },
      ],
    });
    rig.later(() => names.close());
    const request = await app.request('sip:+442079460100@trunk.example.com', { method: 'OPTIONS' });
    const there = await phone.request('OPTIONS');
    assert.equal(there.start, 'OPTIONS sip:+442079460100@trunk.example.com SIP/2.0');
    phone.answer(there, 200);
    assert.equal((await finalOf(request)).status, 200);
    assert.deepEqual(spare.unread, []);
  });

  it('a scanner asks who is here: it gets no answer, whatever it asks for', async () => {
    app.options((_req, res) => res.send(200));
    phone.send(phone.compose('OPTIONS', server.sipPort, { 'User-Agent': 'Friendly-Scanner 0.3' }));
    const honest = phone.compose('OPTIONS', server.sipPort, { 'User-Agent': 'Desk phone' });
    phone.send(honest);
    assert.ok(honest.includes((await phone.next(() => true)).header('call-id')));
    assert.equal(server.stats().dropped['scanner'], 1);
  });

  it('[SV2] a TCP peer stops reading: only its own connection pays for it', async () => {
    const stalled = await TcpPhone.open(server.sipPort);
    rig.later(() => stalled.close());
    app.register((req, res) => res.send(200, { headers: { Contact: req.get('contact') } }));
    stalled.send(
      stalled.compose('REGISTER', server.sipPort, { Contact: '<sip:s@stalled.invalid>;expires=60' }),
    );
    await stalled.response(200);
    stalled.stall();
    const control = await Control.open(server.controlPort);
    rig.later(() => control.close());
    control.send(`authenticate|${SECRET}|`);
    await control.next();
    const heavy = `Content-Type: text/plain\r\n\r\n${'heavy '.repeat(10_000)}`;
    let sent = 0;
    await eventually('the stalled connection to be dropped', async () => {
      for (let n = 0; n < 20; n++) control.send(`sip||\r\nMESSAGE sip:s@stalled.invalid SIP/2.0\r\n${heavy}`);
      sent += 20;
      const options = await app.request(uri(), { method: 'OPTIONS' });
      phone.answer(await phone.request('OPTIONS'), 200);
      assert.equal((await finalOf(options)).status, 200);
      return control.frames.unread.some((frame) => frame.at(-1)?.startsWith('SIP/2.0 503')) || undefined;
    });
    assert.ok(sent < 2000, `${sent} messages were kept for it`);
  });
});

import assert from 'node:assert/strict';
import type { SipServer } from '../../../embedded/sip-server/server.ts';
import { Rig, SECRET } from './support/app.ts';
import { Control } from './support/control.ts';
import { UdpPhone } from './support/phone.ts';

describe('An application speaks the control protocol by hand', () => {
  let rig: Rig;
  let server: SipServer;
  let phone: UdpPhone;
  let control: Control;

  beforeEach(async () => {
    rig = new Rig();
    server = await rig.server({ timing: { t1: 20, t2: 80, authenticateMs: 300 } });
    phone = await UdpPhone.open(server.sipPort);
    rig.later(() => phone.close());
    control = await open();
  });

  afterEach(async () => {
    await rig.end();
  });

  async function open(): Promise<Control> {
    const one = await Control.open(server.controlPort);
    rig.later(() => one.close());
    return one;
  }

  async function authenticated(...verbs: string[]): Promise<Control> {
    const one = await open();
    one.send(`authenticate|${SECRET}|tag1,tag2`);
    await one.next();
    for (const verb of verbs) {
      one.send(`route|${verb}`);
      assert.equal((await one.next())[3], 'OK');
    }
    return one;
  }

  it('and is told where SIP listens, and a version that makes drachtio-srf ping', async () => {
    const id = control.send(`authenticate|${SECRET}|`);
    const [, type, answered, ok, hostPorts, version, bound] = await control.next();
    assert.deepEqual([type, answered, ok], ['response', id, 'OK']);
    assert.equal(hostPorts, `tcp/127.0.0.1:${server.sipPort},udp/127.0.0.1:${server.sipPort}`);
    assert.equal(bound, hostPorts);
    assert.match(version ?? '', /^v0\.9\.10/);
  });

  it('with a wrong secret: it is refused and the connection closed', async () => {
    control.send('authenticate|wrong|');
    assert.deepEqual((await control.next()).slice(3), ['NO', 'incorrect secret']);
    await control.closed;
  });

  for (const payload of [
    'route|invite',
    'remove_route|invite',
    'sip||\r\nOPTIONS sip:a@127.0.0.1:9 SIP/2.0\r\n\r\n',
    'proxy|x||||serial|||sip:a@b\r\nINVITE sip:a@b SIP/2.0\r\n\r\n',
  ]) {
    it(`and may not ${payload.split('|')[0]} before it has authenticated`, async () => {
      control.send(payload);
      assert.deepEqual((await control.next()).slice(3), ['NO', 'not authenticated']);
      await control.closed;
    });
  }

  it('and may ping at any time', async () => {
    const id = control.send('ping');
    assert.deepEqual((await control.next()).slice(1), ['response', id, 'OK', 'pong']);
  });

  it('and is not kept when it never authenticates', async () => {
    await control.closed;
  });

  it('with a frame of another kind: it is refused and the connection closed', async () => {
    const one = await authenticated();
    one.send('dance|now');
    assert.deepEqual((await one.next()).slice(3), ['NO', 'Unknown message type']);
    await one.closed;
  });

  it('with bytes that are no frame: the connection is closed', async () => {
    const one = await authenticated();
    one.write('100000#');
    await one.closed;
  });

  it('and gets new requests in turn with the others, however often it asked for them', async () => {
    const [a, b] = [await authenticated('options', 'options'), await authenticated('options')];
    for (let n = 0; n < 4; n++) phone.send(phone.compose('OPTIONS', server.sipPort));
    for (const one of [a, b, a, b]) assert.equal((await one.next())[1], 'sip');
    assert.deepEqual([a.frames.unread, b.frames.unread], [[], []]);
  });

  it('and gets no more of them once it has taken its route back', async () => {
    const one = await authenticated('options');
    one.send('remove_route|options');
    assert.equal((await one.next())[3], 'OK');
    phone.send(phone.compose('OPTIONS', server.sipPort));
    await phone.response(503);
  });

  it('and is handed a new request, whole and with all that is known of it', async () => {
    const one = await authenticated('message');
    const headers = { 'X-Odd': 'a  b', Supported: 'path', Via: `SIP/2.0/UDP h;rport;branch=z9hG4bK1` };
    const sent = phone.compose('MESSAGE', server.sipPort, { ...headers, 'Content-Type': 'text/plain' }, 'hé');
    phone.send(sent);
    const [id, ...fields] = await one.next();
    const [
      type,
      source,
      bytes,
      protocol,
      address,
      port,
      time,
      txnId,
      dialogId,
      onAddress,
      onPort,
      end,
      text = '',
    ] = fields;
    assert.match(id ?? '', /^[0-9a-f-]{36}$/);
    assert.deepEqual([type, source, protocol, address], ['sip', 'network', 'udp', '127.0.0.1']);
    assert.equal(Number(port), phone.port);
    assert.match(time ?? '', /^\d\d:\d\d:\d\d\.\d{6}$/);
    assert.match(txnId ?? '', /^[0-9a-f-]{36}$/);
    assert.deepEqual([dialogId, onAddress, onPort, end], ['', '127.0.0.1', String(server.sipPort), '']);
    assert.equal(Buffer.byteLength(text), Number(bytes));
    const marked = sent.replace(
      ';rport;branch=z9hG4bK1',
      `;branch=z9hG4bK1;received=127.0.0.1;rport=${phone.port}`,
    );
    assert.equal(text, marked);
  });

  it('and its answer comes back to it complete, with the tag it chose', async () => {
    const one = await authenticated('options');
    phone.send(phone.compose('OPTIONS', server.sipPort));
    const txnId = (await one.next())[8] ?? '';
    const id = one.send(
      `sip|${txnId}|\r\nSIP/2.0 200 Fine\r\nTo: <sip:x@y>;tag=mine\r\nX-Tëst: no header\r\nX-B: ü\r\n\r\n`,
    );
    const [
      ,
      type,
      answered,
      ok,
      source,
      bytes,
      protocol,
      address,
      port,
      ,
      txn,
      dialogId,
      empty,
      sent,
      end,
      text = '',
    ] = await one.next();
    assert.deepEqual([type, answered, ok, source], ['response', id, 'OK', 'application']);
    assert.deepEqual([protocol, address, Number(port)], ['udp', '127.0.0.1', phone.port]);
    assert.deepEqual([txn, dialogId, empty, sent, end], [txnId, '', '', 'Msg sent:', '']);
    assert.equal(Buffer.byteLength(text), Number(bytes));
    const response = await phone.response(200);
    assert.equal(Buffer.from(response.text, 'latin1').toString(), text);
    assert.match(response.start, /200 Fine$/);
    assert.match(response.header('to'), /;tag=mine$/);
    assert.equal(response.header('x-b'), Buffer.from('ü').toString('latin1'));
    one.send(`sip|${txnId}|\r\nSIP/2.0 200 OK\r\n\r\n`);
    assert.deepEqual((await one.next()).slice(3), ['NOK', 'Response not sent due to unknown transaction']);
  });

  it('and its request comes back to it as it went out, with all that it left to the server', async () => {
    const one = await authenticated();
    const uri = `sip:phone@127.0.0.1:${phone.port}`;
    const id = one.send(
      `sip||\r\nMESSAGE ${uri} SIP/2.0\r\nvia: SIP/2.0/UDP evil\r\nroute: <sip:evil>\r\nfrom: "Ann" <sip:ann@localhost>\r\n` +
        `x-Own: kept\r\nsubject: hello\r\nnot a header\r\ncontent-length: 99\r\ncontent-type: text/plain\r\n\r\nhi`,
    );
    const [, type, answered, ok, source, bytes, protocol, address, port, , txnId, sent, end, text = ''] =
      await one.next();
    assert.deepEqual([type, answered, ok, source], ['response', id, 'OK', 'application']);
    assert.deepEqual([protocol, address, Number(port)], ['udp', '127.0.0.1', server.sipPort]);
    assert.deepEqual([sent, end], ['Msg sent:', '']);
    assert.match(txnId ?? '', /^[0-9a-f-]{36}$/);
    const request = await phone.request('MESSAGE');
    assert.equal(request.text, text);
    assert.equal(text.length, Number(bytes));
    assert.match(
      request.header('via'),
      new RegExp(`^SIP/2.0/UDP 127.0.0.1:${server.sipPort};rport;branch=z9hG4bK`),
    );
    assert.match(
      request.header('from'),
      new RegExp(`^"Ann" <sip:ann@127.0.0.1:${server.sipPort}>;tag=\\w+$`),
    );
    assert.deepEqual(
      ['to', 'max-forwards', 'cseq', 'subject', 'content-length', 'route', 'x-own', 'contact'].map((name) =>
        request.header(name),
      ),
      [`<${uri}>`, '70', '1 MESSAGE', 'hello', '2', '', 'kept', ''],
    );
    phone.answer(request, 200, { Contact: '' });
    const response = await one.next();
    assert.deepEqual([response[1], response[2], response[8], response[9]], ['sip', 'network', txnId, '']);
  });

  for (const [payload, why] of [
    ['sip||\r\nDANCE sip:a@127.0.0.1:9 SIP/2.0\r\n\r\n', /^invalid request-uri/],
    ['sip||\r\nOPTIONS nonsense SIP/2.0\r\n\r\n', /^invalid request-uri: nonsense/],
    ['sip||\r\nOPTIONS tel:+44 SIP/2.0\r\n\r\n', /^invalid request-uri: tel:\+44/],
    ['sip||\r\nOPTIONS sips:a@127.0.0.1 SIP/2.0\r\n\r\n', /^requested protocol\/transport not available/],
    ['sip||\r\nOPTIONS sip:a@127.0.0.1;transport=ws SIP/2.0\r\n\r\n', /^requested protocol\/transport/],
    ['sip||\r\nMESSAGE sip:a@127.0.0.1:9 SIP/2.0\r\n\r\nbody', /^missing content-type/],
    ['sip||none\r\nINFO sip:placeholder SIP/2.0\r\n\r\n', /^unable to find dialog for dialog id provided/],
    ['sip||none\r\nACK sip:placeholder SIP/2.0\r\n\r\n', /^ACK for non-success final response is auto/],
    ['sip|none|\r\nCANCEL sip:a@b SIP/2.0\r\n\r\n', /^unable to cancel unknown transaction id: none/],
    ['sip|none|\r\nSIP/2.0 200 OK\r\n\r\n', /^Response not sent due to unknown transaction/],
    ['sip||\r\n', /^invalid request-uri/],
  ] as const) {
    it(`and is told why not: ${JSON.stringify(payload.slice(0, 50))}`, async () => {
      const one = await authenticated();
      one.send(payload);
      const answer = await one.next();
      assert.equal(answer[3], 'NOK');
      assert.match(answer[4] ?? '', why);
    });
  }

  it('and can not call the server itself', async () => {
    const one = await authenticated();
    one.send(`sip||\r\nOPTIONS sip:a@127.0.0.1:${server.sipPort} SIP/2.0\r\n\r\n`);
    assert.deepEqual((await one.next()).slice(3), ['NOK', 'can not send request to myself']);
  });

  it('and is told 503 when the name of the peer means nothing', async () => {
    const one = await authenticated();
    one.send('sip||\r\nOPTIONS sip:a@name.invalid:5060 SIP/2.0\r\n\r\n');
    const echo = await one.next();
    assert.equal(echo[3], 'OK');
    const answer = await one.next();
    assert.equal(answer[8], echo[10]);
    assert.match(answer.at(-1) ?? '', /^SIP\/2.0 503/);
  });

  it('[SV2] and reads nothing for long: it is dropped, and the others notice nothing', async () => {
    const stalled = await authenticated('message');
    stalled.stall();
    const other = await authenticated('options');
    const body = 'x'.repeat(50_000);
    for (let n = 0; server.stats().applications > 1; n++) {
      phone.send(phone.compose('MESSAGE', server.sipPort, { 'Content-Type': 'text/plain' }, body));
      phone.send(phone.compose('OPTIONS', server.sipPort));
      assert.equal((await other.next())[1], 'sip');
      assert.ok(n < 2000, 'never dropped');
    }
  });
});

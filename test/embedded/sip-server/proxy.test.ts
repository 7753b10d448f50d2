import assert from 'node:assert/strict';
import type { SipServer } from '../../../embedded/sip-server/server.ts';
import { failureOf, Rig, sdp, type App, type ProxyResults } from './support/app.ts';
import { UdpPhone } from './support/phone.ts';

describe('An application sends a call on without taking part in it', () => {
  let rig: Rig;
  let server: SipServer;
  let app: App;
  let caller: UdpPhone;
  let first: UdpPhone;
  let second: UdpPhone;

  beforeEach(async () => {
    rig = new Rig();
    server = await rig.server();
    app = await rig.app(server);
    [caller, first, second] = await Promise.all([phone(), phone(), phone()]);
  });

  afterEach(async () => {
    await rig.end();
  });

  async function phone(): Promise<UdpPhone> {
    const one = await UdpPhone.open(server.sipPort);
    rig.later(() => one.close());
    return one;
  }

  const uri = (one: UdpPhone): string => `sip:there@127.0.0.1:${one.port}`;

  /** The caller calls, the application proxies to these with these options. */
  function proxied(to: UdpPhone[], options: object = {}): { invite: string; results: Promise<ProxyResults> } {
    const results = new Promise<ProxyResults>((resolve, reject) => {
      app.invite((req, res) => {
        assert.ok(res);
        app.proxyRequest(req, to.map(uri), options).then(resolve, reject);
      });
    });
    const invite = caller.compose('INVITE', server.sipPort, {}, sdp('caller'));
    caller.send(invite);
    return { invite, results };
  }

  it('answered there: the caller gets that answer, and we stay out of the call', async () => {
    const { invite, results } = proxied([first]);
    const there = await first.request('INVITE');
    assert.equal(there.start, `INVITE ${uri(first)} SIP/2.0`);
    assert.equal(there.header('max-forwards'), '69');
    assert.equal(there.header('record-route'), '');
    assert.equal(there.text.match(/^Via: /gm)?.length, 2);
    assert.equal(there.body, sdp('caller'));
    first.answer(there, 180);
    await caller.response(180);
    first.answer(there, 200, {}, sdp('first'));
    const ok = await caller.response(200, 'INVITE');
    assert.equal(ok.text.match(/^Via: /gm)?.length, 1);
    assert.ok(invite.includes(ok.header('call-id')));
    const { connected, finalStatus, responses } = await results;
    assert.deepEqual([connected, finalStatus, responses.length], [true, 200, 1]);
    assert.equal(server.stats().dialogs, 0);
  });

  it('with us on the path: ACK, re-INVITE and BYE go through, until the call is over', async () => {
    const { results } = proxied([first], { remainInDialog: true });
    const there = await first.request('INVITE');
    const recorded = there.header('record-route');
    assert.equal(recorded, `<sip:127.0.0.1:${server.sipPort};lr>`);
    first.answer(there, 200, { 'Record-Route': recorded }, sdp('first'));
    const ok = await caller.response(200, 'INVITE');
    await results;
    const inside = (method: string, seq: number): string =>
      caller
        .compose(method, server.sipPort, {
          From: ok.header('from'),
          To: ok.header('to'),
          'Call-ID': ok.header('call-id'),
          CSeq: `${seq} ${method}`,
          Route: recorded,
        })
        .replace(/^(\w+) \S+/, `$1 sip:phone@127.0.0.1:${first.port}`);
    caller.send(inside('ACK', 1));
    const ack = await first.request('ACK');
    assert.equal(ack.header('route'), '');
    caller.send(inside('INVITE', 2));
    first.answer(await first.request('INVITE'), 488);
    await caller.response(488);
    caller.send(inside('BYE', 3));
    first.answer(await first.request('BYE'), 200);
    await caller.response(200, 'BYE');
    caller.send(inside('INFO', 4));
    await caller.response(481, 'INFO');
  });

  it('with strict routers on both sides, who write us and themselves into the request line', async () => {
    const { results } = proxied([first], { remainInDialog: true });
    const there = await first.request('INVITE');
    const us = there.header('record-route');
    first.answer(there, 200, { 'Record-Route': us }, sdp('first'));
    const ok = await caller.response(200, 'INVITE');
    await results;
    const same = { From: ok.header('from'), To: ok.header('to'), 'Call-ID': ok.header('call-id') };
    const target = `sip:phone@127.0.0.1:${first.port}`;
    const old = `<sip:127.0.0.1:${second.port}>`; // no lr: it wants to stand in the request line
    const info = caller
      .compose('INFO', server.sipPort, { ...same, CSeq: '2 INFO', Route: `${old}, <${target}>` })
      .replace(/^INFO \S+/, `INFO ${us.slice(1, -1)}`);
    caller.send(info);
    const seen = await second.request('INFO');
    assert.equal(seen.start, `INFO ${old.slice(1, -1)} SIP/2.0`);
    assert.equal(seen.header('route'), `<${target}>`);
    second.answer(seen, 200);
    await caller.response(200, 'INFO');
  });

  it('not when the request asks proxies for an extension: 420 says which', async () => {
    const told = new Promise<Error>((resolve) => {
      app.invite((req) => void failureOf(app.proxyRequest(req, [uri(first)], {})).then(resolve));
    });
    caller.send(caller.compose('INVITE', server.sipPort, { 'Proxy-Require': 'gold, silver' }));
    assert.equal((await caller.response(420)).header('unsupported'), 'gold, silver');
    assert.match(String(await told), /extension/);
  });

  it('never for strangers: a Route through us leads nowhere without an application', async () => {
    const headers = { To: '<sip:a@b>;tag=x', Route: `<sip:127.0.0.1:${server.sipPort};lr>` };
    caller.send(caller.compose('INFO', server.sipPort, headers));
    await caller.response(481);
  });

  it('one after the other: the second is tried when the first is busy', async () => {
    const { results } = proxied([first, second]);
    first.answer(await first.request('INVITE'), 486);
    await first.request('ACK');
    second.answer(await second.request('INVITE'), 200, {}, sdp('second'));
    await caller.response(200, 'INVITE');
    const { finalStatus, responses } = await results;
    assert.equal(finalStatus, 200);
    assert.deepEqual(
      responses.flatMap(({ msgs }) => msgs.map(({ status }) => status)),
      [486, 200],
    );
  });

  it('one after the other: the second is tried when the first stays silent for too long', async () => {
    const { results } = proxied([first, second], { provisionalTimeout: '100ms' });
    await first.request('INVITE');
    second.answer(await second.request('INVITE'), 200, {}, sdp('second'));
    await caller.response(200, 'INVITE');
    assert.equal((await results).connected, true);
  });

  it('all at once: who answers first has it, the others stop ringing', async () => {
    const { results } = proxied([first, second], { forking: 'simultaneous' });
    const [one, two] = await Promise.all([first.request('INVITE'), second.request('INVITE')]);
    first.answer(one, 180);
    await caller.response(180);
    second.answer(two, 200, {}, sdp('second'));
    const cancel = await first.request('CANCEL');
    first.answer(cancel, 200);
    first.answer(one, 487);
    await first.request('ACK');
    assert.equal((await caller.response(200, 'INVITE')).body, sdp('second'));
    assert.equal((await results).finalStatus, 200);
  });

  it('and the best of the refusals goes back when nobody answers', async () => {
    const { results } = proxied([first, second], { forking: 'simultaneous' });
    const [one, two] = await Promise.all([first.request('INVITE'), second.request('INVITE')]);
    first.answer(one, 503);
    second.answer(two, 486);
    assert.equal((await caller.response(486)).status, 486);
    assert.equal((await results).connected, false);
  });

  it('and a redirect is followed when the application wants that', async () => {
    const { results } = proxied([first], { followRedirects: true });
    first.answer(await first.request('INVITE'), 302, { Contact: `<${uri(second)}>` });
    second.answer(await second.request('INVITE'), 200, {}, sdp('second'));
    await caller.response(200, 'INVITE');
    assert.equal((await results).connected, true);
  });

  it('and the caller hangs up while it rings', async () => {
    const { invite, results } = proxied([first]);
    const there = await first.request('INVITE');
    first.answer(there, 180);
    await caller.response(180);
    caller.send(cancelOf(invite));
    await caller.response(200, 'CANCEL');
    first.answer(await first.request('CANCEL'), 200);
    first.answer(there, 487);
    await caller.response(487, 'INVITE');
    assert.equal((await results).finalStatus, 487);
  });
});

describe('Whoever keeps the books hears of each call', () => {
  it('attempt, start and stop, from both sides', async () => {
    const rig = new Rig();
    try {
      const server = await rig.server();
      const books = await rig.app(server);
      const phone = await UdpPhone.open(server.sipPort);
      rig.later(() => phone.close());
      const seen: string[] = [];
      const complete = new Promise<void>((resolve) => {
        const note = (entry: string): void => {
          seen.push(entry);
          if (seen.length === 5) resolve();
        };
        books.on('cdr:attempt', (source: string, _time: string, msg: { method: string }) =>
          note(`attempt ${source} ${msg.method}`),
        );
        books.on('cdr:start', (source: string, _time: string, role: string) =>
          note(`start ${source} ${role}`),
        );
        books.on('cdr:stop', (source: string, _time: string, reason: string) =>
          note(`stop ${source} ${reason}`),
        );
      });
      const call = books.createUAC(`sip:a@127.0.0.1:${phone.port}`, { localSdp: sdp('app') });
      phone.answer(await phone.request('INVITE'), 200, {}, sdp('phone'));
      await phone.request('ACK');
      const over = (await call).destroy();
      phone.answer(await phone.request('BYE'), 200);
      await over;
      books.invite((_req, res) => res.send(486));
      const ready = await books.request(`sip:a@127.0.0.1:${phone.port}`, { method: 'OPTIONS' });
      assert.ok(ready);
      await phone.request('OPTIONS'); // the route was asked for before, so it stands
      phone.send(phone.compose('INVITE', server.sipPort, {}, sdp('phone')));
      await phone.response(486);
      await complete;
      assert.deepEqual(seen, [
        'attempt application INVITE',
        'start network uac',
        'stop application normal-release',
        'attempt network INVITE',
        'stop application call-rejected',
      ]);
    } finally {
      await rig.end();
    }
  });
});

function cancelOf(invite: string): string {
  const line = (name: string): string => new RegExp(`^${name}: .*$`, 'm').exec(invite)?.[0] ?? '';
  const seq = Number.parseInt(line('CSeq').slice(6), 10);
  const head = ['Via', 'From', 'To', 'Call-ID'].map((name) => line(name).trim()).join('\r\n');
  return `${invite.split('\r\n')[0]?.replace('INVITE', 'CANCEL') ?? ''}\r\n${head}\r\nCSeq: ${seq} CANCEL\r\n\r\n`;
}

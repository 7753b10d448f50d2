import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { SipServer } from '../../../embedded/sip-server/server.ts';
import { Rig, finalOf, sdp, type App, type AppRequest } from './support/app.ts';
import { TcpPhone, UdpPhone, type Phone } from './support/phone.ts';

const NONCE = 'a1b2c3';

describe('A telephone registers with the application', () => {
  let rig: Rig;
  let server: SipServer;
  let app: App;

  beforeEach(async () => {
    rig = new Rig();
    server = await rig.server();
    app = await rig.app(server);
    app.register((req, res) => {
      const given = req.has('Authorization') ? req.get('Authorization') : '';
      if (given.includes(`response="${digest('secret', 'REGISTER', uriOf(given))}"`)) {
        res.send(200, { headers: { Contact: `${req.get('Contact')};expires=60`, Expires: '60' } });
      } else {
        res.send(401, { headers: { 'WWW-Authenticate': `Digest realm="ringback", nonce="${NONCE}"` } });
      }
    });
  });

  afterEach(async () => {
    await rig.end();
  });

  async function udp(): Promise<UdpPhone> {
    const phone = await UdpPhone.open(server.sipPort);
    rig.later(() => phone.close());
    return phone;
  }

  async function tcp(): Promise<TcpPhone> {
    const phone = await TcpPhone.open(server.sipPort);
    rig.later(() => phone.close());
    return phone;
  }

  async function register(phone: Phone, password: string, contact: string): Promise<number> {
    const common = { 'Call-ID': `reg-${phone.port}`, Contact: contact };
    phone.send(phone.compose('REGISTER', server.sipPort, { ...common, CSeq: '1 REGISTER' }));
    const challenge = await phone.response(401, 'REGISTER');
    assert.match(challenge.header('www-authenticate'), new RegExp(`nonce="${NONCE}"`));
    assert.match(challenge.header('to'), /;tag=/);
    assert.equal(challenge.header('contact'), '');
    const uri = `sip:service@127.0.0.1:${server.sipPort}`;
    const authorization =
      `Digest username="ana", realm="ringback", nonce="${NONCE}", uri="${uri}", ` +
      `response="${digest(password, 'REGISTER', uri)}"`;
    const again = { ...common, CSeq: '2 REGISTER', Authorization: authorization };
    phone.send(phone.compose('REGISTER', server.sipPort, again));
    const final = await phone.next((one) => one.status >= 200 && one.header('cseq') === '2 REGISTER');
    if (final.status === 200) assert.equal(final.header('contact'), `${contact};expires=60`);
    return final.status;
  }

  it('over UDP: challenged, then accepted', async () => {
    const phone = await udp();
    assert.equal(await register(phone, 'secret', `<sip:ana@127.0.0.1:${phone.port}>`), 200);
  });

  it('with a wrong password: challenged again', async () => {
    const phone = await udp();
    assert.equal(await register(phone, 'guess', `<sip:ana@127.0.0.1:${phone.port}>`), 401);
  });

  it('over TCP with a Contact nobody can reach: calls come down the same connection', async () => {
    const phone = await tcp();
    assert.equal(await register(phone, 'secret', '<sip:ana@phone.invalid;transport=tcp>'), 200);
    const call = app.createUAC('sip:ana@phone.invalid;transport=tcp', { localSdp: sdp('app') });
    const invite = await phone.request('INVITE');
    assert.match(invite.header('via'), /^SIP\/2.0\/TCP /);
    assert.match(invite.header('contact'), /;transport=tcp>/);
    phone.answer(invite, 200, { Contact: '<sip:ana@phone.invalid;transport=tcp>' }, sdp('phone'));
    await phone.request('ACK');
    const dialog = await call;
    const over = dialog.destroy();
    phone.answer(await phone.request('BYE'), 200);
    await over;
  });

  it('over TCP and goes away: it can not be called any more', async () => {
    const phone = await tcp();
    await register(phone, 'secret', '<sip:ana@phone.invalid;transport=tcp>');
    phone.close();
    const request = await app.request('sip:ana@phone.invalid;transport=tcp', { method: 'OPTIONS' });
    assert.equal((await finalOf(request)).status, 503);
  });

  it('and behind a NAT it is called where it really is, by the proxy parameter', async () => {
    const phone = await udp();
    const request = await app.request('sip:ana@10.255.255.1:5062', {
      method: 'OPTIONS',
      proxy: `sip:127.0.0.1:${phone.port};transport=udp`,
    });
    const options = await phone.request('OPTIONS');
    assert.equal(options.start, 'OPTIONS sip:ana@10.255.255.1:5062 SIP/2.0');
    assert.equal(options.header('route'), '');
    phone.answer(options, 200);
    assert.equal((await finalOf(request)).status, 200);
  });
});

describe('The application registers with somebody else', () => {
  it('and answers the challenge: same Call-ID and From, higher CSeq', async () => {
    const rig = new Rig();
    try {
      const server = await rig.server();
      const app = await rig.app(server);
      const registrar = await UdpPhone.open(server.sipPort);
      rig.later(() => registrar.close());
      const request = await app.request(`sip:127.0.0.1:${registrar.port}`, {
        method: 'REGISTER',
        headers: {
          To: 'sip:us@localhost',
          From: 'sip:us@localhost',
          Contact: '<sip:us@localhost>;expires=60',
        },
        auth: { username: 'ana', password: 'secret' },
      });
      const final = new Promise<AppRequest>((resolve) =>
        request.on('authenticate', (retry: AppRequest) => resolve(retry)),
      );
      const first = await registrar.request('REGISTER');
      registrar.answer(first, 401, {
        Contact: '',
        'WWW-Authenticate': `Digest realm="ringback", nonce="${NONCE}"`,
      });
      const second = await registrar.request('REGISTER');
      assert.equal(second.header('call-id'), first.header('call-id'));
      assert.equal(second.header('from'), first.header('from'));
      assert.equal(second.header('cseq'), '2 REGISTER');
      assert.notEqual(second.header('via'), first.header('via'));
      const expected = digest('secret', 'REGISTER', `sip:127.0.0.1:${registrar.port}`);
      assert.match(second.header('authorization'), new RegExp(`response="${expected}"`));
      const done = finalOf(await final);
      registrar.answer(second, 200);
      assert.equal((await done).status, 200);
    } finally {
      await rig.end();
    }
  });

  it('and calls with the same credentials; a challenged BYE does not lose the call', async () => {
    const rig = new Rig();
    try {
      const server = await rig.server();
      const app = await rig.app(server);
      const trunk = await UdpPhone.open(server.sipPort);
      rig.later(() => trunk.close());
      const challenge = { 'Proxy-Authenticate': `Digest realm="ringback", nonce="${NONCE}"` };
      const call = app.createUAC(`sip:+44@127.0.0.1:${trunk.port}`, {
        localSdp: sdp('app'),
        auth: { username: 'ana', password: 'secret' },
      });
      const first = await trunk.request('INVITE');
      trunk.answer(first, 407, challenge);
      await trunk.request('ACK');
      const second = await trunk.request('INVITE');
      assert.equal(second.header('cseq'), '2 INVITE');
      assert.equal(second.header('from'), first.header('from'));
      assert.match(second.header('proxy-authorization'), /^Digest /);
      trunk.answer(second, 200, {}, sdp('trunk'));
      const ack = await trunk.request('ACK');
      assert.equal(ack.header('cseq'), '2 ACK');
      assert.equal(ack.header('proxy-authorization'), second.header('proxy-authorization'));
      const over = (await call).destroy();
      trunk.answer(await trunk.request('BYE'), 407, challenge);
      const bye = await trunk.request('BYE');
      assert.match(bye.header('proxy-authorization'), /^Digest /);
      trunk.answer(bye, 200);
      await over;
      assert.equal(server.stats().dialogs, 0);
    } finally {
      await rig.end();
    }
  });
});

function digest(password: string, method: string, uri: string): string {
  const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
  return md5(`${md5(`ana:ringback:${password}`)}:${NONCE}:${md5(`${method}:${uri}`)}`);
}

function uriOf(authorization: string): string {
  return /uri="([^"]*)"/.exec(authorization)?.[1] ?? '';
}

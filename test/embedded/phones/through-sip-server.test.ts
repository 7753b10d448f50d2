import assert from 'node:assert/strict';
import { startDeskPhone } from '../../../embedded/demo/desk-phone.ts';
import type { DeskPhone } from '../../../embedded/demo/desk-phone.ts';
import { digestParameters, digestResponse } from '../../../embedded/demo/phones/digest.ts';
import { tone } from '../../../embedded/demo/phones/voice.ts';
import { startTelephoneNetwork } from '../../../embedded/demo/telephone-network.ts';
import type { TelephoneNetwork } from '../../../embedded/demo/telephone-network.ts';
import { Rig, sdp } from '../sip-server/support/app.ts';
import type { App, AppRequest } from '../sip-server/support/app.ts';

const CUSTOMER = '+442079460105';

describe('A desk phone and the telephone network are joined by the SIP server', () => {
  let rig: Rig;
  let app: App;
  let phone: DeskPhone;
  let network: TelephoneNetwork;
  let contact: string;

  /** Lets the phone in if its digest is right, as the registrar of the product will. */
  function admit(request: AppRequest): boolean {
    const given = digestParameters(request.has('Authorization') ? request.get('Authorization') : '');
    const value = (name: string) => given.get(name) ?? '';
    const expected = digestResponse({
      username: '201',
      password: 'secret',
      algorithm: 'SHA-256',
      realm: 'desk',
      nonce: 'once',
      method: 'REGISTER',
      uri: value('uri'),
      qop: 'auth',
      nonceCount: value('nc'),
      cnonce: value('cnonce'),
    });
    return expected === value('response');
  }

  beforeEach(async () => {
    rig = new Rig();
    const server = await rig.server();
    app = await rig.app(server);
    app.register((request, response) => {
      if (admit(request)) {
        contact = `sip:201@${request.source_address}:${request.source_port}`;
        response.send(200, { headers: { Contact: request.get('Contact'), Expires: '300' } });
      } else {
        const challenge = 'Digest realm="desk", nonce="once", qop="auth", algorithm=SHA-256';
        response.send(401, { headers: { 'WWW-Authenticate': challenge } });
      }
    });
    network = await startTelephoneNetwork({ ringMs: 30, peers: [`127.0.0.1:${server.sipPort}`] });
    rig.later(() => network.close());
    phone = await startDeskPhone({
      extension: '201',
      password: 'secret',
      registrar: { host: '127.0.0.1', port: server.sipPort },
      voice: tone(440),
      autoAnswer: true,
      answerAfterMs: 30,
    });
    rig.later(() => phone.close());
  });

  afterEach(() => rig.end());

  /** The agent first, on hold; then the customer with the agent's offer; then the agent is let through. */
  async function callBack() {
    const agent = await app.createUAC(contact, { localSdp: sdp('ringback', 1, 'inactive') });
    const offer = agent.remote.sdp.replace('a=inactive', 'a=sendrecv');
    const customer = await app.createUAC(network.uri(CUSTOMER), { localSdp: offer });
    const joined = await agent.request({ method: 'INVITE', body: customer.remote.sdp });
    assert.equal(joined.status, 200);
    return { agent, customer };
  }

  it('the agent first, then the customer: they hear each other, and each phone rang once', async () => {
    await callBack();
    await Promise.all([phone.hears(880), network.line(CUSTOMER).hears(440)]);
    assert.deepEqual([phone.counters.invites, network.callsTo(CUSTOMER).length], [1, 1]);
  });

  it('the agent hears nothing before the customer is there', async () => {
    await app.createUAC(contact, { localSdp: sdp('ringback', 1, 'inactive') });
    await phone.hearsNothing();
    assert.equal(phone.call?.packets.sent, 0);
  });

  it('when the customer hangs up, the agent is released', async () => {
    const { agent, customer } = await callBack();
    customer.on('destroy', () => void agent.destroy());
    const ended = phone.waitFor('ended');
    await network.line(CUSTOMER).hangUp();
    assert.equal((await ended).by, 'far');
  });

  it('when the customer is busy, the answer says so', async () => {
    await assert.rejects(app.createUAC(network.uri('+442079460205'), { localSdp: sdp('ringback') }), {
      status: 486,
    });
  });

  it('the agent dials out through a bridge of both legs', async () => {
    app.invite((request, response) => {
      app
        .createB2BUA(request, response, network.uri(CUSTOMER), {})
        .then(({ uas, uac }) => {
          uas.on('destroy', () => void uac.destroy());
          uac.on('destroy', () => void uas.destroy());
        })
        .catch(() => {});
    });
    await phone.dialUntilUp(CUSTOMER);
    await Promise.all([phone.hears(880), network.line(CUSTOMER).hears(440)]);
    const ended = network.line(CUSTOMER).waitFor('ended');
    await phone.hangUp();
    assert.equal((await ended).by, 'far');
  });
});

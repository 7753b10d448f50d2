import assert from 'node:assert/strict';
import { parseMessage } from '../../../embedded/sip-server/sip/parse-message.ts';
import type { SipServer } from '../../../embedded/sip-server/server.ts';
import { Rig, SECRET } from './support/app.ts';
import { Control } from './support/control.ts';
import { TcpPhone, UdpPhone, type Phone } from './support/phone.ts';
import { TORTURES, type Torture } from './torture/messages.ts';

describe('[SV1] The torture messages of RFC 4475', () => {
  let rig: Rig;
  let server: SipServer;
  let app: Control;
  let probes = 0;

  beforeEach(async () => {
    rig = new Rig();
    server = await rig.server();
    app = await Control.open(server.controlPort);
    rig.later(() => app.close());
    app.send(`authenticate|${SECRET}|`);
    await app.next();
    for (const method of ['invite', 'options', 'register', 'message']) {
      app.send(`route|${method}`);
      await app.next();
    }
  });

  afterEach(async () => {
    await rig.end();
  });

  it('are all here', () => {
    assert.equal(TORTURES.length, 49);
  });

  for (const torture of TORTURES) {
    for (const over of torture.udpOnly ? (['UDP'] as const) : (['UDP', 'TCP'] as const)) {
      it(`${torture.section} ${torture.name} over ${over} is ${told(torture)}, and the next caller is served`, async () => {
        const phone: Phone = await (over === 'TCP' ? TcpPhone : UdpPhone).open(server.sipPort);
        rig.later(() => phone.close());
        phone.send(Buffer.from(torture.text, 'latin1'));
        const { outcome } = torture;
        if (outcome === 'handed') {
          const frame = await app.next();
          assert.equal(frame[1], 'sip');
          const sent = torture.text.split('\r\n', 1)[0]!.trimEnd().split(/ +/);
          assert.deepEqual(frame.at(-1)!.split('\r\n', 1)[0]!.split(' '), sent);
        } else if (typeof outcome === 'number' && (over === 'TCP' || torture.text.includes(';rport'))) {
          const answer = await phone.next((one) => one.status >= 200);
          assert.equal(answer.status, outcome);
        }
        await nextCallerIsServed();
        assert.deepEqual(app.frames.unread, []);
        if (typeof outcome === 'object') assert.deepEqual(server.stats().dropped, { [outcome.dropped]: 1 });
      });
    }
  }

  /** What came before is dealt with once this request has come through. */
  async function nextCallerIsServed(): Promise<void> {
    const next = await UdpPhone.open(server.sipPort);
    rig.later(() => next.close());
    const callId = `probe${String(++probes)}`;
    next.send(next.compose('OPTIONS', server.sipPort, { 'Call-ID': callId }));
    const frame = await app.next();
    assert.ok(frame.at(-1)!.includes(callId), frame.at(-1));
  }

  it('keep their parts when they are valid: 3.1.1.1 as it has to be read', () => {
    const message = parseMessage(TORTURES[0]!.text);
    assert.ok(typeof message !== 'string');
    assert.deepEqual(
      {
        cseq: message.cseq,
        from: message.fromTag,
        to: message.toTag,
        via: [message.via.protocol, message.via.host],
        contact: message.get('contact'),
        length: message.body.length,
      },
      {
        cseq: { seq: 9, method: 'INVITE' },
        from: '98asjd8',
        to: '1918181833n',
        via: ['udp', '192.0.2.2'],
        contact:
          '"Quoted string \\"\\"" <sip:jdrosen@example.com> ; newparam = newvalue ; secondparam ; q = 0.33',
        length: Number(message.get('content-length')),
      },
    );
  });
});

function told({ outcome }: Torture): string {
  if (outcome === 'handed') return 'handed to the application';
  return typeof outcome === 'number' ? `refused with ${String(outcome)}` : 'dropped';
}

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startTelephoneNetwork } from '../../../embedded/demo/telephone-network.ts';
import type { TelephoneNetwork } from '../../../embedded/demo/telephone-network.ts';
import { freePort } from '../../../embedded/launch/free-port.ts';
import { Program, findProgram } from './programs.ts';

const sipp = findProgram('sipp');

const headers = (method: string, cseq: number, to: string, type = '') => `
${method} sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: <sip:+442079460999@[local_ip]:[local_port]>;tag=[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>${to}
Call-ID: [call_id]
CSeq: ${cseq} ${method}
Contact: <sip:sipp@[local_ip]:[local_port]>
Max-Forwards: 70
${type}Content-Length: [len]
`;

const INVITE = `<send retrans="500"><![CDATA[${headers('INVITE', 1, '', 'Content-Type: application/sdp\n')}
v=0
o=sipp 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio [media_port] RTP/AVP 0
a=rtpmap:0 PCMU/8000
]]></send>`;
const PROVISIONAL = '<recv response="100" optional="true"/><recv response="180" optional="true"/>';

/** A caller that expects to talk, and hangs up. */
const TALK = `<scenario>${INVITE}
<recv response="180"/><recv response="200"/>
<send><![CDATA[${headers('ACK', 1, '[peer_tag_param]')}]]></send>
<pause milliseconds="100"/>
<send retrans="500"><![CDATA[${headers('BYE', 2, '[peer_tag_param]')}]]></send>
<recv response="200"/></scenario>`;

/** A caller that expects a refusal. */
const refused = (status: number) => `<scenario>${INVITE}${PROVISIONAL}
<recv response="${status}"/>
<send><![CDATA[${headers('ACK', 1, '[peer_tag_param]')}]]></send></scenario>`;

describe('sipp calls the telephone network', function () {
  let network: TelephoneNetwork;
  let folder: string;
  const running: Program[] = [];

  before(function () {
    if (sipp === undefined) this.skip();
  });

  beforeEach(async () => {
    network = await startTelephoneNetwork({ ringMs: 50, peers: ['127.0.0.1'] });
    folder = await mkdtemp(path.join(tmpdir(), 'sipp-'));
  });

  afterEach(async () => {
    await Promise.all(running.splice(0).map((program) => program.stop()));
    await network.close();
    await rm(folder, { recursive: true });
  });

  /** Makes that many calls at once; resolves with the exit code, 0 if all went as the scenario says. */
  async function call(number: string, scenario: string, calls = 1): Promise<number | null> {
    const file = path.join(folder, 'scenario.xml');
    await writeFile(file, `<?xml version="1.0"?>\n${scenario}`);
    const { host, port } = network.address;
    const where = ['-i', '127.0.0.1', '-p', String(await freePort()), '-mp', String(await freePort())];
    const load = ['-m', String(calls), '-r', String(calls), '-timeout', '10s', '-nostdin'];
    const parameters = ['-sf', file, '-s', number, ...where, ...load, `${host}:${port}`];
    const program = new Program(sipp ?? '', parameters, folder);
    running.push(program);
    return program.ends();
  }

  it('and talks with somebody who answers', async () => {
    assert.equal(await call('+442079460105', TALK), 0);
    assert.equal(network.callsTo('+442079460105')[0]?.outcome, 'talked');
  });

  it('and twenty of its callers talk at once', async () => {
    assert.equal(await call('+442079460105', TALK, 20), 0);
    assert.equal(network.callsTo('+442079460105').filter(({ outcome }) => outcome === 'talked').length, 20);
  });

  for (const [number, status] of [
    ['+442079460205', 486],
    ['+442079460405', 404],
    ['+442079460605', 603],
  ] as const) {
    it(`and is told ${status} by ${number}`, async () => {
      assert.equal(await call(number, refused(status)), 0);
      assert.equal(network.callsTo(number).length, 1);
    });
  }

  it('and notices if the network answered something else', async () => {
    assert.notEqual(await call('+442079460205', refused(404)), 0);
  });
});

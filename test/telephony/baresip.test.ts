import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '../../embedded/launch/free-port.ts';
import { findProgram, Program } from '../embedded/phones/programs.ts';
import { WatchedCall } from '../ports/telephony.ts';
import { CALLER_ID, EXTENSION, TelephoneExchange, TRUNK } from '../support/telephone-exchange.ts';
import { BY_HAND } from '../support/exchange-rig.ts';

const baresip = findProgram('baresip');

const BARESIP_HZ = 520;

const config = (sipPort: number, controlPort: number): string => `
sip_listen 127.0.0.1:${sipPort}
net_interface 127.0.0.1
module_path /usr/lib/baresip/modules
module g711.so
module ausine.so
module aubridge.so
module_tmp account.so
module_tmp uuid.so
module_app menu.so
module_app ctrl_tcp.so
audio_source ausine,${BARESIP_HZ}
ausrc_srate 48000
ausrc_channels 2
audio_player aubridge,sink
ctrl_tcp_listen 127.0.0.1:${controlPort}
`;

describe('baresip stands on the agent’s desk', function () {
  let exchange: TelephoneExchange;
  let program: Program;
  let folder: string;
  let controlPort: number;

  before(function () {
    if (baresip === undefined) this.skip();
  });

  beforeEach(async () => {
    exchange = await TelephoneExchange.start();
    folder = await mkdtemp(path.join(tmpdir(), 'baresip-agent-'));
    controlPort = await freePort();
    await writeFile(path.join(folder, 'config'), config(await freePort(), controlPort));
    const { sipPort } = exchange.server;
    const account = `<sip:${EXTENSION}@127.0.0.1:${sipPort};transport=udp>;auth_user=${EXTENSION};auth_pass=${exchange.password};regint=60;answermode=auto;audio_codecs=PCMU,PCMA`;
    await writeFile(path.join(folder, 'accounts'), `${account}\n`);
    await writeFile(path.join(folder, 'contacts'), '');
    const registered = new Promise<void>((resolve) => {
      exchange.phones.onChange((_, isIn) => {
        if (isIn) resolve();
      });
    });
    program = new Program(baresip ?? '', ['-v', '-4', '-f', folder], folder);
    await program.prints('baresip is ready');
    await registered;
  });

  afterEach(async () => {
    await program.stop();
    await exchange.close();
    await rm(folder, { recursive: true });
  });

  async function press(command: string): Promise<void> {
    const control = connect(controlPort, '127.0.0.1');
    await once(control, 'connect');
    const text = JSON.stringify({ command, params: '' });
    control.write(`${text.length}:${text},`);
    await once(control, 'data').catch(() => {}); // it may leave before it answers
    control.destroy();
  }

  it('registers with digest, takes the callback, and audio passes both ways', async () => {
    const line = exchange.network.line(BY_HAND);
    const call = new WatchedCall({
      telephony: exchange.telephony,
      extension: EXTENSION,
      number: BY_HAND,
      trunkId: TRUNK,
      callerId: CALLER_ID,
    });
    call.ringAgent();
    while (!(await call.nextWords()).startsWith('established'));
    const rings = line.waitFor('ringing');
    call.dialCustomer();
    await rings;
    await line.answer();
    await call.nextAll('originated customer', 'delivered customer', 'established customer', 'joined');
    await line.hears(BARESIP_HZ);
    await program.prints('incoming rtp for'); // its player does not survive a hold, so that is all it can tell
    await exchange.telephony.hold(call.id);
    await call.next('held by agent');
    await line.hearsNothing();
    await exchange.telephony.retrieve(call.id);
    await call.next('retrieved by agent');
    await line.hears(BARESIP_HZ);
    await press('hangup');
    await call.next('cleared by agent');
  });
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { toneShare } from '../../../embedded/demo/phones/ear.ts';
import { SoftPhone } from '../../../embedded/demo/phones/soft-phone.ts';
import { tone } from '../../../embedded/demo/phones/voice.ts';
import { freePort } from '../../../embedded/launch/free-port.ts';
import { Program, findProgram } from './programs.ts';

const baresip = findProgram('baresip');
const BARESIP_HZ = 880;
const OUR_HZ = 600;
/** Listening so long gives baresip the time to record more than it judges by. */
const RECORDED = { windowMs: 800 };

const config = (sipPort: number, controlPort: number, folder: string) => `
sip_listen 127.0.0.1:${sipPort}
net_interface 127.0.0.1
module_path /usr/lib/baresip/modules
module g711.so
module ausine.so
module aufile.so
module aubridge.so
module sndfile.so
module_tmp account.so
module_tmp uuid.so
module_app menu.so
module_app ctrl_tcp.so
audio_source ausine,${BARESIP_HZ}
ausrc_srate 48000
ausrc_channels 2
audio_player aubridge,sink
snd_path ${folder}
ctrl_tcp_listen 127.0.0.1:${controlPort}
`;

/** The largest share that the tone has in any fifth of a second of a recording. */
function bestShare(wav: Buffer, hz: number): number {
  const format = wav.indexOf('fmt ') + 8;
  assert.equal(wav.readUInt16LE(format + 2), 1, 'one channel');
  assert.equal(wav.readUInt16LE(format + 14), 16, '16 bits');
  const rate = wav.readUInt32LE(format + 4);
  const start = wav.indexOf('data') + 8;
  const samples = Int16Array.from({ length: (wav.length - start) >> 1 }, (_, at) =>
    wav.readInt16LE(start + 2 * at),
  );
  let best = 0;
  for (let at = 0; at + rate / 5 <= samples.length; at += rate / 20) {
    best = Math.max(best, toneShare(samples.subarray(at, at + rate / 5), hz, rate));
  }
  return best;
}

describe('baresip, a telephone that is not ours', function () {
  let phone: SoftPhone;
  let program: Program;
  let folder: string;
  let sipPort: number;
  let controlPort: number;

  before(function () {
    if (baresip === undefined) this.skip();
  });

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'baresip-'));
    sipPort = await freePort();
    controlPort = await freePort();
    await writeFile(path.join(folder, 'config'), config(sipPort, controlPort, folder));
    const account = `<sip:phone@127.0.0.1:${sipPort};transport=udp>;regint=0;answermode=auto;audio_codecs=PCMU,PCMA`;
    await writeFile(path.join(folder, 'accounts'), `${account}\n`);
    await writeFile(path.join(folder, 'contacts'), '');
    phone = await SoftPhone.open({
      user: 'soft',
      voice: tone(OUR_HZ),
      behaviour: { do: 'answer', ringMs: 20 },
    });
    program = new Program(baresip ?? '', ['-4', '-f', folder], folder);
    await program.prints('baresip is ready');
  });

  afterEach(async () => {
    await phone.close();
    await program.stop();
    await rm(folder, { recursive: true });
  });

  /** Presses a button of baresip over its control port. */
  async function press(command: string, params = ''): Promise<void> {
    const control = connect(controlPort, '127.0.0.1');
    await once(control, 'connect').catch((error: unknown) => {
      throw new Error(`baresip takes no commands:\n${program.output}`, { cause: error });
    });
    const text = JSON.stringify({ command, params });
    control.write(`${text.length}:${text},`);
    await Promise.race([once(control, 'data'), once(control, 'close')]); // it may quit before it answers
    control.destroy();
  }

  /** Ends baresip, which completes its recordings; the largest share of the tone in what it has heard. */
  async function heardShare(hz: number): Promise<number> {
    await press('quit');
    await program.ends();
    const files = (await readdir(folder)).filter((name) => name.endsWith('-dec.wav'));
    assert.ok(files.length > 0, `no recording:\n${program.output}`);
    const recordings = await Promise.all(files.map((file) => readFile(path.join(folder, file))));
    return Math.max(...recordings.map((recording) => bestShare(recording, hz)));
  }

  it('is called: both hear each other, and it is put on hold and taken back', async () => {
    await phone.dialUntilUp(`sip:phone@127.0.0.1:${sipPort}`);
    await phone.hears(BARESIP_HZ, RECORDED);
    // baresip 1.0.0 records nothing any more after a hold, so its ear counts for the time before, ours for after
    await phone.hold();
    await phone.hearsNothing();
    await phone.retrieve();
    await phone.hears(BARESIP_HZ);
    await phone.hangUp();
    assert.ok((await heardShare(OUR_HZ)) > 0.8);
  });

  it('calls: both hear each other, and its hang-up is noticed', async () => {
    const invited = phone.waitFor('invite');
    const up = phone.waitFor('established');
    await press('dial', phone.uri);
    assert.equal((await invited).from, 'phone');
    await up;
    await phone.hears(BARESIP_HZ, RECORDED);
    const ended = phone.waitFor('ended');
    await press('hangup');
    assert.deepEqual([(await ended).by, phone.counters.byes], ['far', 1]);
    assert.ok((await heardShare(OUR_HZ)) > 0.8);
  });
});

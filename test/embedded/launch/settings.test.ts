import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { wrongSettings } from '../../../embedded/launch/check-settings.ts';
import { readEnvFile } from '../../../embedded/launch/read-env-file.ts';

/** Any free ports, so that nothing of this machine is in the way. */
const free = {
  PUBLIC_PORT: '0',
  LINK_PORT: '0',
  AGENT_PORT: '0',
  SIP_PORT: '0',
  SHOP_PORT: '0',
  PHONE_PORT: '0',
};

describe('Somebody starts it for the first time', () => {
  it('and all is well', async () => {
    assert.deepEqual(await wrongSettings(free), []);
  });

  it('with a port that is taken: they are told which, and which other one to take', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const [sentence, ...more] = await wrongSettings({ ...free, SHOP_PORT: String(port) });
    assert.match(
      sentence ?? '',
      new RegExp(`^Port ${port} is in use. End what uses it, or choose another: SHOP_PORT=\\d+ make run$`),
    );
    assert.deepEqual(more, []);
    await new Promise((resolve) => server.close(resolve));
  });

  it('with data where no folder can be: they are told, and where to put them instead', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'ringback-'));
    const file = join(dir, 'notes.txt');
    await writeFile(file, '');
    const main = fileURLToPath(new URL('../../../embedded/main.ts', import.meta.url));
    for (const [DATA_DIR, why] of [
      [join(file, 'var'), `The folder ${file} cannot be made: there is a file of that name`],
      // Where there is no such place, it is one that only root may make.
      ...(existsSync('/proc/self')
        ? [['/proc/ringback', 'cannot be made: this is no place for folders']]
        : []),
    ] as const) {
      const args = ['--import', 'tsx', main];
      const started = spawn(process.execPath, args, { env: { ...process.env, ...free, DATA_DIR } });
      const said: string[] = [];
      started.stdout.setEncoding('utf8').on('data', (text: string) => said.push(text));
      const [code] = (await once(started, 'close')) as [number];
      assert.equal(code, 1);
      assert.ok(said.join('').startsWith(`Ringback does not start. DATA_DIR is "${DATA_DIR}". The folder`));
      assert.ok(said.join('').includes(`${why}. Choose a folder you may write to: DATA_DIR=`));
    }
    await rm(dir, { recursive: true });
  }).timeout(30_000);

  it('where another telephone server listens on UDP', async () => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const [sentence] = await wrongSettings({ ...free, SIP_PORT: String(socket.address().port) });
    assert.match(sentence ?? '', /SIP_PORT=\d+ make run$/);
    socket.close();
  });

  it('with settings that cannot be: each is named with what it must be', async () => {
    const wrong = await wrongSettings({
      ...free,
      SHOP_PORT: 'eighty',
      AGENT_PORT: '70000',
      REDIS_URL: 'localhost:6379',
      PUBLIC_PORT: '9000',
      LINK_PORT: '9000',
    });
    assert.deepEqual(wrong, [
      'REDIS_URL is "localhost:6379". It must look like redis://127.0.0.1:6379',
      'LINK_PORT and PUBLIC_PORT are both 9000. Each needs a port of its own',
      'AGENT_PORT is "70000". It must be a number from 1 to 65535',
      'SHOP_PORT is "eighty". It must be a number from 1 to 65535',
    ]);
    assert.deepEqual(await wrongSettings({ ...free, BIND_HOST: '192.0.2.7' }), [
      'BIND_HOST is "192.0.2.7", which is no address of this machine',
    ]);
  });

  it('with a settings file: quotes and comments are understood, and a line that is no setting is shown', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ringback-'));
    const file = join(folder, '.env');
    assert.deepEqual(readEnvFile(file), {});
    await writeFile(file, '# ours\n\nSHOP_PORT=9070 # the shop\nexport NAME="a # b"\nEMPTY=\n');
    assert.deepEqual(readEnvFile(file), { SHOP_PORT: '9070', NAME: 'a # b', EMPTY: '' });
    await writeFile(file, 'SHOP_PORT=1\nSHOP PORT 9070\n');
    assert.throws(() => readEnvFile(file), /^Error: Line 2 of .env is no setting: "SHOP PORT 9070"/);
    await rm(folder, { recursive: true });
  });
});

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { startProgram } from '../../../embedded/launch/program.ts';

const programModule = fileURLToPath(new URL('../../../embedded/launch/program.ts', import.meta.url));
const env = { PATH: process.env['PATH'] ?? '' };

/** A program that calls the test and says that it is ready; what is left of it shows in the connection. */
const lodger = (port: number, more = ''): string =>
  `require('node:net').connect(${String(port)}, '127.0.0.1', () => console.log('{"ready":true}')); ${more}`;

describe('A program that was started', () => {
  let door: Server;
  const visitors: Socket[] = [];
  const launchers: ChildProcess[] = [];

  beforeEach(async () => {
    door = createServer((socket) => {
      visitors.push(socket);
      socket.on('error', () => {}); // a killed program may reset its connection
    });
    await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    for (const it of launchers.splice(0)) it.kill('SIGKILL');
    for (const it of visitors.splice(0)) it.destroy();
    await new Promise((resolve) => door.close(resolve));
  });

  const doorPort = (): number => (door.address() as AddressInfo).port;

  /** A launcher in a process of its own, with one program; gives the connection of that program. */
  async function launch(program: string): Promise<{ launcher: ChildProcess; lodging: Socket }> {
    const script = `
      import { startProgram } from ${JSON.stringify(programModule)};
      await startProgram({ name: 'lodger', command: process.execPath, args: ['-e', ${JSON.stringify(program)}], env: {}, onLine: () => {} });
      console.log('launched');
      setInterval(() => {}, 1000);`;
    const launcher = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    launchers.push(launcher);
    const [lodging] = (await once(door, 'connection')) as [Socket];
    await once(launcher.stdout, 'data');
    return { launcher, lodging };
  }

  const gone = (lodging: Socket): Promise<unknown> => {
    lodging.resume();
    return once(lodging, 'close');
  };

  it('does not outlive its launcher, killed by force as it may be', async () => {
    const { launcher, lodging } = await launch(lodger(doorPort()));
    launcher.kill('SIGKILL');
    await gone(lodging);
  });

  it('does not even when it will not hear of ending', async () => {
    const { launcher, lodging } = await launch(lodger(doorPort(), `process.on('SIGTERM', () => {})`));
    launcher.kill('SIGKILL');
    await gone(lodging);
  });

  it('ends when it is asked to, and is made to when it does not', async () => {
    const stubborn = await startProgram({
      name: 'stubborn',
      command: process.execPath,
      args: ['-e', lodger(doorPort(), `process.on('SIGTERM', () => {})`)],
      env,
      onLine: () => {},
    });
    await stubborn.stop(100);
    assert.equal(await stubborn.exited, 'SIGKILL');
  });

  it('says in plain words why it does not start', async () => {
    const log = {
      level: 60,
      err: { message: 'AGENT_PORT: not a number', stack: 'at …' },
      msg: 'does not start',
    };
    const start = (command: string, args: string[]): Promise<unknown> =>
      startProgram({ name: 'inside', command, args, env, onLine: () => {} });
    await assert.rejects(
      start(process.execPath, [
        '-e',
        `console.error(${JSON.stringify(JSON.stringify(log))}); process.exit(1)`,
      ]),
      { message: 'inside does not start (exit code 1). AGENT_PORT: not a number' },
    );
    await assert.rejects(start('no-such-program', []), {
      message: 'inside does not start (no-such-program is not installed).',
    });
  });
});

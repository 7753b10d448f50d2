import { mkdir } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Program, startProgram } from './program.ts';

type Env = Readonly<Record<string, string>>;
type OnLine = (name: string) => (line: string) => void;

/** The top of the project, or of its build. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Where `make build` put the programs: beside us when we are built ourselves, or where the tests say. Without it they
 * run straight from the sources, which takes a second or two more for each.
 */
const built = import.meta.url.endsWith('.js') ? root : process.env['BUILT_PROGRAMS'];

/** How to start one of our programs, written in TypeScript. */
export function ourProgram(file: string): { readonly command: string; readonly args: string[] } {
  // The demo's pages are not built, so it runs from where they are.
  const args =
    built === undefined || file.startsWith('embedded/demo/')
      ? ['--import', 'tsx', join(root, file)]
      : [join(built, file.replace(/[.]ts$/, '.js'))];
  return { command: process.execPath, args };
}

/** Starts one of our programs in a process of its own. */
export function startOurs(name: string, file: string, env: Env, onLine: OnLine): Promise<Program> {
  return startProgram({ name, ...ourProgram(file), env, onLine: onLine(name) });
}

/** Redis with the settings our timing and durability stand on, its data below `dataDir`. */
export async function startRedis(dataDir: string, port: number, env: Env, onLine: OnLine): Promise<Program> {
  const dir = join(dataDir, 'redis');
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    dir,
    daemonize: 'no',
    appendonly: 'yes',
    appendfsync: 'everysec',
    save: '',
    hz: '500',
    'maxmemory-policy': 'noeviction',
  };
  return startProgram({
    name: 'redis',
    command: 'redis-server',
    args: Object.entries(settings).flatMap(([key, value]) => [`--${key}`, value]),
    env,
    onLine: onLine('redis'),
    probe: () => answersPing(port),
  }).catch((error: unknown) => {
    if (!String(error).includes('is not installed')) throw error;
    throw new Error(
      'redis-server is not installed. Install it (Debian: apt-get install redis-server), or name one that runs: REDIS_URL=redis://127.0.0.1:6379',
      { cause: error },
    );
  });
}

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const done = (is: boolean): void => {
      socket.destroy();
      resolve(is);
    };
    socket.once('data', (data) => done(data.toString().startsWith('+PONG')));
    socket.once('error', () => done(false));
    socket.setTimeout(500, () => done(false));
  });
}

/** Something listens there already. */
export function isTaken(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(true));
    server.listen(port, host, () => server.close(() => resolve(false)));
  });
}

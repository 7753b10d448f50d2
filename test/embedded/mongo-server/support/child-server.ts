import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const MAIN = new URL('../../../../embedded/mongo-server/main.ts', import.meta.url).pathname;

/** The server as a process of its own. */
export interface ChildServer {
  url: string;
  process: ChildProcess;
  /** Ends it by this signal and waits until it is gone. */
  end(signal: NodeJS.Signals): Promise<void>;
}

/** Starts `main.ts` and waits for its ready line. */
export async function startChild(dataDir: string, env: Record<string, string> = {}): Promise<ChildServer> {
  const child = spawnMain({ DATA_DIR: dataDir, ...env });
  const lines = createInterface({ input: child.stdout ?? process.stdin });
  const [line] = (await Promise.race([once(lines, 'line'), once(child, 'exit')])) as unknown[];
  if (typeof line !== 'string') throw new Error(`the server ended with ${String(line)}`);
  const { mongo } = JSON.parse(line) as { mongo: { url: string } };
  return {
    url: mongo.url,
    process: child,
    end: async (signal) => {
      const gone = once(child, 'exit');
      child.kill(signal);
      await gone;
    },
  };
}

/** Starts `main.ts` with settings it should refuse, and gives its exit code and what it said. */
export async function refusedStart(env: Record<string, string>): Promise<{ code: unknown; text: string }> {
  const child = spawnMain(env);
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const [code] = (await once(child, 'close')) as unknown[];
  return { code, text };
}

function spawnMain(env: Record<string, string>): ChildProcess {
  const base = { PATH: process.env['PATH'] ?? '', MONGO_PORT: '0', LOG_LEVEL: 'error' };
  return spawn(process.execPath, ['--import', 'tsx', MAIN], {
    env: { ...base, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

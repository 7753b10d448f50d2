import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { root } from './launch/backends.ts';
import { Centre } from './launch/centre.ts';
import { wrongSettings } from './launch/check-settings.ts';
import { isTrouble, plainWords } from './launch/plain-words.ts';
import { readEnvFile } from './launch/read-env-file.ts';
import { lockDirectory } from './mongo-server/storage/data-lock.ts';

/** `make run`: everything on this machine, demo company included, until Ctrl-C. */
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const began = Date.now();

try {
  const env = Object.entries({ ...readEnvFile(join(root, '.env')), ...process.env });
  await run(Object.fromEntries(env.filter(([, value]) => value !== '')));
} catch (error) {
  say(`Ringback does not start. ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}

async function run(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const dataDir = resolve(root, env['DATA_DIR'] ?? 'var');
  const unlock = lockOf(dataDir);
  const wrong = await wrongSettings(env);
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
  if (!existsSync(join(root, 'build/browser/portal/index.html'))) {
    say('  building what browsers load');
    execFileSync(process.execPath, ['--import', 'tsx', join(root, 'deploy/build-browser.ts')], { cwd: root });
  }

  const running: { centre?: Centre } = {};
  let isEnding = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (isEnding) return;
      isEnding = true;
      say('\nStopping.');
      // What is still starting is ended by the guard as soon as we are gone.
      void (running.centre?.stop() ?? Promise.resolve()).then(() => {
        unlock();
        process.exit(0);
      });
    });
  }
  const verbose = env['LOG_LEVEL'] === 'debug';
  const centre = await Centre.start({
    env: { LOG_LEVEL: 'warn', ...env },
    dataDir,
    demo: true,
    ports: 'usual',
    onPhase: (parts) => say(`  starting ${parts}`),
    onLine: (part, line) => {
      if (verbose) process.stderr.write(`${part}: ${line}\n`);
      else if (running.centre && part !== 'redis' && isTrouble(line)) say(`  ${part}: ${plainWords([line])}`);
    },
    onEnd: (part, how) => {
      say(`  ${part} ended (${how}); starting it again`);
      return true;
    },
    onBack: (part) => say(`  ${part} is back`),
  });
  running.centre = centre;
  say(welcome(centre.env, (Date.now() - began) / 1000));
}

function lockOf(dataDir: string): () => void {
  try {
    return lockDirectory(join(dataDir, 'run'));
  } catch (error) {
    const pid = /by process (\d+)/.exec(String(error))?.[1];
    if (pid === undefined) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(
        `DATA_DIR is "${dataDir}". ${why} Choose a folder you may write to: DATA_DIR=/tmp/ringback make run`,
        { cause: error },
      );
    }
    throw new Error(
      `It runs already on ${dataDir} (process ${pid}). End that one first, or use other data: DATA_DIR=/tmp/ringback make run`,
      { cause: error },
    );
  }
}

function welcome(it: Readonly<Record<string, string>>, seconds: number): string {
  const sip = `${it['SIP_HOST'] ?? ''}:${it['SIP_PORT'] ?? ''}`;
  const portal = it['AGENT_URL'] ?? '';
  return `
Ringback is ready (${seconds.toFixed(1)} s).

  Shop            http://localhost:${it['SHOP_PORT'] ?? ''}      press "Call me back" and type 020 7946 0101
  Agent portal    ${portal}      maya / maya-demo-2026, then "Become ready"
  Manager board   ${portal}      mina / mina-demo-2026, in another browser or a private window
  Desk phone      http://127.0.0.1:${it['PHONE_PORT'] ?? ''}      Maya's phone: answer, hang up

  Maya takes calls for sales; two robots take those asked for on the shop's Help page.
  A SIP phone of your own instead: user 101, password desk-101-demo, registrar ${sip} (UDP).
  It can register while Maya is logged in. Data is in ${it['DATA_DIR'] ?? ''}. Ctrl-C stops everything.
`;
}

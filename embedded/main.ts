import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isTaken, root } from './launch/backends.ts';
import { Centre } from './launch/centre.ts';

/** `make run`: everything on this machine, demo company included, until Ctrl-C. */
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const began = Date.now();

const env: Record<string, string | undefined> = { ...fromFile(join(root, '.env')), ...process.env };
const dataDir = resolve(root, env['DATA_DIR'] ?? 'var');
const verbose = env['LOG_LEVEL'] === 'debug';

for (const [name, usual] of [
  ['PUBLIC_PORT', 8080],
  ['LINK_PORT', 8081],
  ['AGENT_PORT', 8090],
  ['SHOP_PORT', 8070],
  ['PHONE_PORT', 8071],
] as const) {
  const port = Number(env[name] ?? usual);
  if (port !== 0 && (await isTaken(port, env['BIND_HOST'] ?? '127.0.0.1'))) {
    say(
      `Port ${String(port)} is in use. End what uses it, or choose another: ${name}=${String(port + 1000)} make run`,
    );
    process.exit(1);
  }
}
if (!existsSync(join(root, 'build/browser/portal/index.html'))) {
  execFileSync(process.execPath, ['--import', 'tsx', join(root, 'deploy/build-browser.ts')], { cwd: root });
}

try {
  const centre = await Centre.start({
    env,
    dataDir,
    demo: true,
    ports: 'usual',
    onPhase: (part) => say(`  starting ${part}`),
    onLine: (part, line) => {
      if (verbose || /"level":(50|60)/.test(line)) process.stderr.write(`${part}: ${line}\n`);
    },
    onEnd: (part, how) => {
      say(`  ${part} ended (${how}); starting it again`);
      return true;
    },
  });
  let ending = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (ending) return;
      ending = true;
      say('\nstopping');
      void centre.stop().then(() => process.exit(0));
    });
  }
  say(welcome(centre.env, (Date.now() - began) / 1000));
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

function welcome(it: Readonly<Record<string, string>>, seconds: number): string {
  const sip = `${it['SIP_HOST'] ?? ''}:${it['SIP_PORT'] ?? ''}`;
  return `
Ringback is ready (${seconds.toFixed(1)} s).

  Shop            http://localhost:${it['SHOP_PORT'] ?? ''}      press "Call me back", e.g. 020 7946 0101
  Agent portal    ${it['AGENT_URL'] ?? ''}      maya / maya-demo-2026
  Manager board   ${it['AGENT_URL'] ?? ''}      mina / mina-demo-2026
  Desk phone      http://127.0.0.1:${it['PHONE_PORT'] ?? ''}      Maya's phone: answer, hang up

  A SIP phone of your own instead: user 101, password desk-101-demo, registrar ${sip} (UDP).
  It can register while Maya is logged in. Data is in ${it['DATA_DIR'] ?? ''}. Ctrl-C stops everything.
`;
}

function fromFile(file: string): Record<string, string> {
  if (!existsSync(file)) return {};
  const lines = readFileSync(file, 'utf8').split('\n');
  return Object.fromEntries(
    lines.flatMap((line) => {
      const match = /^\s*([A-Z][A-Z0-9_]*)\s*=\s*(.*?)\s*$/.exec(line);
      return match?.[1] === undefined ? [] : [[match[1], match[2]?.replace(/^(["'])(.*)\1$/, '$2') ?? '']];
    }),
  );
}

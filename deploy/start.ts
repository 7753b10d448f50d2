import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Centre, type Part } from '../embedded/launch/centre.ts';

/**
 * `make start`: contact-server and web-dmz for production, without the demo. Real back ends are named by settings;
 * an embedded one runs only when EMBEDDED asks for it (`EMBEDDED=redis,mongodb,sip-server`). On two machines, run
 * the two programs by the units in deploy/systemd instead.
 */
const say = (text: string): void => void process.stdout.write(`${text}\n`);
if (existsSync('.env')) process.loadEnvFile('.env');
const env = process.env;
const embedded = (env['EMBEDDED'] ?? '').split(',').map((it) => it.trim());

const backends = [
  { part: 'redis', setting: 'REDIS_URL', example: 'redis://db.internal:6379' },
  { part: 'mongodb', setting: 'MONGODB_URL', example: 'mongodb://db.internal:27017/?replicaSet=rs0' },
  {
    part: 'sip-server',
    setting: 'DRACHTIO_HOST',
    example: 'sip.internal (and DRACHTIO_PORT, DRACHTIO_SECRET)',
  },
] as const;

const wrong: string[] = [];
for (const { part, setting, example } of backends) {
  if (!env[setting] && !embedded.includes(part)) {
    wrong.push(
      `${setting} is not set. Name the real one, e.g. ${setting}=${example}, or add ${part} to EMBEDDED.`,
    );
  }
}
if (!env['SITE_ORIGINS'])
  wrong.push('SITE_ORIGINS is not set. Name the origins of your site, e.g. https://www.example.com');
const host = env['BIND_HOST'] ?? '127.0.0.1';
const loopback = host === 'localhost' || host === '::1' || host.startsWith('127.');
if (!loopback && !env['PUBLIC_URL']?.startsWith('https:')) {
  wrong.push(
    'PUBLIC_URL must begin with https when BIND_HOST is not loopback: put a TLS proxy before web-dmz.',
  );
}
if (env['DEMO'] === '1') wrong.push('DEMO=1 is for make run.');
if (wrong.length > 0) {
  say(`Ringback does not start:\n${wrong.map((it) => `  ${it}`).join('\n')}`);
  process.exit(1);
}

try {
  const centre = await Centre.start({
    env,
    dataDir: resolve(env['DATA_DIR'] ?? 'var'),
    demo: false,
    ports: 'usual',
    onLine: (part: Part, line) => process.stderr.write(`${part}: ${line}\n`),
    onEnd: (part, how) => {
      say(`${part} ended (${how}); starting it again`);
      return true;
    },
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void centre.stop().then(() => process.exit(0)));
  }
  say(`Ringback runs. Visitors: ${centre.env['PUBLIC_URL'] ?? ''}  Agents: ${centre.env['AGENT_URL'] ?? ''}`);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

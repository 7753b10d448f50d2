import { randomBytes } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ensureAuthority } from '../../server-kit/link/authority.ts';
import { makeFolder } from '../../server-kit/make-folder.ts';
import { freePort } from './free-port.ts';
import type { CentreOptions } from './centre.ts';
import { usualPorts } from './usual-ports.ts';

/** Every setting with its value for this run; secrets are made on the first one and kept. */
export async function settle(options: CentreOptions): Promise<Record<string, string>> {
  const { dataDir, demo, ports } = options;
  makeFolder(dataDir);
  const given = Object.fromEntries(
    Object.entries(options.env).filter((it): it is [string, string] => it[1] !== undefined && it[1] !== ''),
  );
  const env: Record<string, string> = { ...given, DATA_DIR: dataDir };
  const host = (env['BIND_HOST'] ??= '127.0.0.1');
  for (const [name, port] of Object.entries(usualPorts)) {
    const chosen = env[name] ?? (ports === 'usual' ? String(port) : '0');
    env[name] = chosen === '0' ? String(await freePort()) : chosen;
  }
  ensureAuthority(join(dataDir, 'link'));
  env['LINK_KEY_DIR'] ??= join(dataDir, 'link', 'contact-server');
  env['DMZ_KEY_DIR'] ??= join(dataDir, 'link', 'web-dmz');
  env['DMZ_LINKS'] ??= `wss://127.0.0.1:${env['LINK_PORT'] ?? ''}`;
  env['REDIS_URL'] ??= `redis://127.0.0.1:${String(await freePort())}`;
  env['MONGODB_URL'] ??= `mongodb://127.0.0.1:${String(await freePort())}`;
  env['SIP_HOST'] ??= '127.0.0.1';
  if (env['DRACHTIO_HOST'] === undefined) {
    env['DRACHTIO_HOST'] = '127.0.0.1';
    env['DRACHTIO_PORT'] ??= String(await freePort());
    env['DRACHTIO_SECRET'] ??= await secret(join(dataDir, 'sip-server', 'control.secret'));
  }
  // Portal and company pages are different sites for a browser: the one is 127.0.0.1, the other localhost.
  env['AGENT_URL'] ??= `http://${host}:${env['AGENT_PORT'] ?? ''}`;
  env['PUBLIC_URL'] ??= `http://localhost:${env['PUBLIC_PORT'] ?? ''}`;
  return demo ? demoEnv(env, dataDir) : env;
}

async function demoEnv(env: Record<string, string>, dataDir: string): Promise<Record<string, string>> {
  env['TRUNK_PORT'] ??= String(await freePort());
  env['SITE_ORIGINS'] ??= `http://localhost:${env['SHOP_PORT'] ?? ''}`;
  env['DEMO'] = '1';
  env['CALLING_HOURS'] ??= 'any';
  env['IDENTITY_SECRET'] ??= await secret(join(dataDir, 'demo', 'identity.secret'));
  // A stranger tries things again and again: the limits of a real site would soon stop them.
  env['CALLBACKS_PER_ADDRESS_HOUR'] ??= '200';
  env['CALLBACKS_PER_ADDRESS_DAY'] ??= '1000';
  env['CALLBACKS_PER_NUMBER_DAY'] ??= '100';
  if (env['COMPANY_FILE'] === undefined) {
    const company = JSON.parse(await readFile(new URL('../demo/company.json', import.meta.url), 'utf8')) as {
      trunks: { address: string }[];
    };
    for (const trunk of company.trunks) trunk.address = `127.0.0.1:${env['TRUNK_PORT'] ?? ''}`;
    env['COMPANY_FILE'] = join(dataDir, 'demo', 'company.json');
    await writeFile(env['COMPANY_FILE'], JSON.stringify(company, null, 2), { mode: 0o600 });
  }
  return env;
}

async function secret(file: string): Promise<string> {
  makeFolder(dirname(file));
  const known = await readFile(file, 'utf8').catch(() => '');
  if (known !== '') return known;
  const fresh = randomBytes(24).toString('base64url');
  await writeFile(file, fresh, { mode: 0o600 });
  await chmod(file, 0o600);
  return fresh;
}

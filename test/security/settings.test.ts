import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readConfig } from '../../contact-server/config.ts';
import { readSecrets } from '../../contact-server/secrets.ts';
import { Centre } from '../../embedded/launch/centre.ts';

const needed = {
  REDIS_URL: 'redis://127.0.0.1:6379',
  MONGODB_URL: 'mongodb://127.0.0.1:27017',
  DRACHTIO_SECRET: 'x',
};
const withTls = { AGENT_URL: 'https://desk.example', METRICS_TOKEN: 'a token of sixteen' };

describe('Contact-server is started with a setting that is not safe', () => {
  const refuses = (env: Record<string, string>, names: RegExp): void => {
    assert.throws(() => readConfig({ ...needed, ...env }), names);
  };

  it('and does not bind beyond this machine without TLS before it, nor show its figures there', () => {
    for (const BIND_HOST of ['0.0.0.0', '::', '192.0.2.7', 'desk.example', '127.evil.example']) {
      refuses({ BIND_HOST }, /METRICS_TOKEN/);
      refuses({ ...withTls, BIND_HOST, AGENT_URL: 'http://desk.example' }, /AGENT_URL.*https/);
      refuses({ BIND_HOST, METRICS_TOKEN: withTls.METRICS_TOKEN }, /AGENT_URL.*https/);
      refuses({ ...withTls, BIND_HOST, METRICS_TOKEN: 'short' }, /METRICS_TOKEN/);
      assert.equal(readConfig({ ...needed, ...withTls, BIND_HOST }).BIND_HOST, BIND_HOST);
    }
    for (const BIND_HOST of ['127.0.0.1', 'localhost', '::1', '127.0.0.53'])
      assert.equal(readConfig({ ...needed, BIND_HOST }).BIND_HOST, BIND_HOST);
  });

  it('and names each one that is wrong', () => {
    refuses({ SITE_ORIGINS: 'https://shop.example/' }, /SITE_ORIGINS.*no origin/);
    refuses({ SITE_ORIGINS: 'https://shop.example,*' }, /SITE_ORIGINS.*"\*"/);
    refuses({ SITE_ORIGINS: 'shop.example' }, /SITE_ORIGINS/);
    refuses({ IDENTITY_SECRET: 'guessable' }, /IDENTITY_SECRET/);
    refuses({ TRUSTED_PROXIES: 'everybody' }, /TRUSTED_PROXIES.*everybody/);
    refuses({ LOGIN_TRIES_PER_ACCOUNT: '0' }, /LOGIN_TRIES_PER_ACCOUNT/);
    refuses({ MANAGER_TOTP: 'maybe' }, /MANAGER_TOTP/);
    refuses({ CENTRE: '../other' }, /CENTRE/);
  });
});

describe('Contact-server is started with other limits for an address', () => {
  const asks = (env: Record<string, string>): number =>
    readConfig({ ...needed, ...env }).asking.asksPerAddressHour;

  it('and lets it ask ten times as often as it may be accepted, unless that is set', () => {
    assert.equal(asks({}), 30);
    assert.equal(asks({ CALLBACKS_PER_ADDRESS_HOUR: '200' }), 2_000);
    assert.equal(asks({ CALLBACKS_PER_ADDRESS_HOUR: '200', ASKS_PER_ADDRESS_HOUR: '50' }), 50);
  });
});

describe('Contact-server is started over the demo’s data without being the demo', function () {
  this.timeout(60_000);

  it('and does not start', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'ringback-'));
    const demo = fileURLToPath(new URL('../../embedded/demo/company.json', import.meta.url));
    const started = Centre.start({
      env: { PATH: process.env['PATH'], COMPANY_FILE: demo, LOG_LEVEL: 'fatal' },
      dataDir,
      demo: false,
      ports: 'any',
      onLine: () => {},
    });
    await assert.rejects(started, /demo company/);
    await rm(dataDir, { recursive: true, force: true });
  });
});

describe('The keys of contact-server', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'ringback-keys-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('are random, one for each purpose, the same at the next start, and their owner’s only', async () => {
    const first = await readSecrets(dir);
    const texts = Object.values(first).map((it) => it.toString('hex'));
    assert.equal(new Set(texts).size, 5);
    assert.ok(Object.values(first).every((it) => it.length === 32));
    assert.deepEqual(await readSecrets(dir), first);
    const file = join(dir, 'secrets.json');
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    await chmod(file, 0o644);
    await readSecrets(dir);
    assert.equal((await stat(file)).mode & 0o777, 0o600, 'closed again if somebody opened them');
  });

  it('are never replaced because they could not be read', async () => {
    const file = join(dir, 'secrets.json');
    await writeFile(file, '{"token":');
    await assert.rejects(readSecrets(dir));
    assert.equal(await readFile(file, 'utf8'), '{"token":');
  });
});

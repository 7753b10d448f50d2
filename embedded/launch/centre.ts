import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { ensureAuthority } from '../../server-kit/link/authority.ts';
import { freePort, isTaken, startOurs, startRedis } from './backends.ts';
import { type Program, startProgram } from './program.ts';

/** Names of what may run, in the order of their start. */
export const parts = ['redis', 'mongodb', 'sip-server', 'web-dmz', 'contact-server', 'demo'] as const;
export type Part = (typeof parts)[number];

export interface CentreOptions {
  /** Settings as in the environment (DESIGN.md 9); what is absent is embedded, or free, or the default. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly dataDir: string;
  /** With the demo company: shop, simulated telephones, robots. */
  readonly demo: boolean;
  /** Ports no setting names are the usual ones, or any free ones. */
  readonly ports: 'usual' | 'any';
  readonly onLine: (part: Part, line: string) => void;
  readonly onPhase?: (what: string) => void;
  /** A part ended by itself; it is started again unless this says no. */
  readonly onEnd?: (part: Part, how: string) => boolean;
}

const usualPorts = {
  PUBLIC_PORT: 8080,
  LINK_PORT: 8081,
  AGENT_PORT: 8090,
  SIP_PORT: 5060,
  SHOP_PORT: 8070,
  PHONE_PORT: 8071,
};
const RESTART_MS = 300;

/** Everything of one contact centre on this machine, each part a process of its own that can be killed and started again. */
export class Centre {
  readonly #options: CentreOptions;
  readonly #running = new Map<Part, Program>();
  readonly env: Record<string, string>;
  #stopping = false;

  private constructor(options: CentreOptions, env: Record<string, string>) {
    this.#options = options;
    this.env = env;
  }

  static async start(options: CentreOptions): Promise<Centre> {
    const centre = new Centre(options, await settle(options));
    try {
      for (const part of parts) if (centre.#wanted(part)) await centre.start(part);
      return centre;
    } catch (error) {
      await centre.stop();
      throw error;
    }
  }

  /** The process of a part that runs. */
  program(part: Part): Program {
    const program = this.#running.get(part);
    if (!program) throw new Error(`${part} does not run`);
    return program;
  }

  async start(part: Part): Promise<Program> {
    this.#options.onPhase?.(part);
    const program = await this.#launch(part);
    this.#running.set(part, program);
    void program.exited.then((how) => this.#ended(part, program, how));
    return program;
  }

  /** Ends a part the hard way. With `stay` it is not started again. */
  async kill(part: Part, stay = false): Promise<void> {
    const program = this.program(part);
    if (stay) this.#running.delete(part);
    program.kill('SIGKILL');
    await program.exited;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    for (const part of [...parts].reverse()) await this.#running.get(part)?.stop();
    this.#running.clear();
  }

  #ended(part: Part, program: Program, how: string): void {
    if (this.#stopping || this.#running.get(part) !== program) return;
    this.#running.delete(part);
    if (this.#options.onEnd?.(part, how) === false) return;
    const again = (): void => {
      if (this.#stopping) return;
      this.start(part).catch(() => setTimeout(again, RESTART_MS * 5));
    };
    setTimeout(again, RESTART_MS);
  }

  #wanted(part: Part): boolean {
    const { env, demo } = this.#options;
    if (part === 'redis') return !env['REDIS_URL'];
    if (part === 'mongodb') return !env['MONGODB_URL'];
    if (part === 'sip-server') return !env['DRACHTIO_HOST'];
    return part !== 'demo' || demo;
  }

  async #launch(part: Part): Promise<Program> {
    const { env } = this;
    const { dataDir } = this.#options;
    const onLine = (name: string) => (line: string) => this.#options.onLine(name as Part, line);
    switch (part) {
      case 'redis':
        return startRedis(dataDir, Number(new URL(env['REDIS_URL'] ?? '').port), env, onLine);
      case 'mongodb':
        return startMongo(env, dataDir, onLine);
      case 'sip-server':
        return startOurs(part, 'embedded/sip-server/main.ts', env, onLine);
      case 'web-dmz':
        return startOurs(part, 'web-dmz/main.ts', dmzEnv(env), onLine);
      case 'contact-server':
        return startOurs(part, 'contact-server/main.ts', env, onLine);
      case 'demo':
        return startOurs(part, 'embedded/demo/main.ts', env, onLine);
    }
  }
}

/** web-dmz is told nothing it must not know: no database, no queue, no telephone server. */
function dmzEnv(env: Readonly<Record<string, string>>): Record<string, string> {
  const allowed = [
    'PATH',
    'HOME',
    'NODE_OPTIONS',
    'BIND_HOST',
    'PUBLIC_PORT',
    'LINK_PORT',
    'LINK_SOURCES',
    'TRUSTED_PROXIES',
    'PUBLIC_URL',
    'WIDGET_DIR',
    'LOG_LEVEL',
  ];
  const own = Object.entries(env).filter(
    ([name]) => allowed.includes(name) || /^(QUOTA|MAX_STREAMS)/.test(name),
  );
  return { ...Object.fromEntries(own), LINK_KEY_DIR: env['DMZ_KEY_DIR'] ?? '' };
}

/** A `mongod` on the PATH, else the embedded server. */
function startMongo(
  env: Readonly<Record<string, string>>,
  dataDir: string,
  onLine: (name: string) => (line: string) => void,
): Promise<Program> {
  const port = new URL(env['MONGODB_URL'] ?? '').port;
  const mongod = (env['PATH'] ?? '')
    .split(delimiter)
    .map((dir) => join(dir, 'mongod'))
    .find((file) => existsSync(file));
  if (mongod === undefined)
    return startOurs('mongodb', 'embedded/mongo-server/main.ts', { ...env, MONGO_PORT: port }, onLine);
  const dir = join(dataDir, 'mongod');
  return mkdir(dir, { recursive: true, mode: 0o700 }).then(() =>
    startProgram({
      name: 'mongodb',
      command: mongod,
      args: ['--dbpath', dir, '--port', port, '--bind_ip', '127.0.0.1', '--quiet'],
      env,
      onLine: onLine('mongodb'),
      probe: () => isTaken(Number(port), '127.0.0.1'),
    }),
  );
}

/** Every setting with its value for this run; secrets are made on the first one and kept. */
async function settle(options: CentreOptions): Promise<Record<string, string>> {
  const { dataDir, demo, ports } = options;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const given = Object.fromEntries(
    Object.entries(options.env).filter((it): it is [string, string] => it[1] !== undefined && it[1] !== ''),
  );
  const env: Record<string, string> = { ...given, DATA_DIR: dataDir };
  const host = (env['BIND_HOST'] ??= '127.0.0.1');
  for (const [name, port] of Object.entries(usualPorts)) {
    env[name] ??= String(ports === 'usual' ? port : await freePort());
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
  await mkdir(join(file, '..'), { recursive: true, mode: 0o700 });
  const known = await readFile(file, 'utf8').catch(() => '');
  if (known !== '') return known;
  const fresh = randomBytes(24).toString('base64url');
  await writeFile(file, fresh, { mode: 0o600 });
  await chmod(file, 0o600);
  return fresh;
}

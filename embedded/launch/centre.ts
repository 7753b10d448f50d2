import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { isTaken, startOurs, startRedis } from './backends.ts';
import { type Program, startProgram } from './program.ts';
import { settle } from './settle.ts';

/** What may run, in the order of their start: those of one row need nothing of each other. */
const rows = [
  ['redis', 'mongodb', 'sip-server', 'web-dmz'],
  ['contact-server', 'demo'],
] as const;
export type Part = (typeof rows)[number][number];

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
  /** It runs again. */
  readonly onBack?: (part: Part) => void;
}

const RESTART_MS = 300;
const SLOWEST_RESTART_MS = 5_000;
/** Each row ends when those that need it have. */
const STOP_ROWS: readonly (readonly Part[])[] = [
  ['demo', 'web-dmz'],
  ['contact-server'],
  ['redis', 'mongodb', 'sip-server'],
];
const STOP_MS = 4_600;
/** What the later rows are left with when the earlier ones are slow. */
const LAST_MS = 700;

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
      for (const row of rows) {
        const wanted = row.filter((part) => centre.#wanted(part));
        if (wanted.length > 0) options.onPhase?.(wanted.join(', '));
        // One that fails ends the waiting for the others: `stop` and the guard see to those.
        await Promise.all(wanted.map((part) => centre.start(part)));
      }
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
    const program = await this.#launch(part);
    if (this.#stopping) {
      await program.stop(LAST_MS);
      throw new Error(`${part} was ready too late: everything stops`);
    }
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

  /** Ends everything in the order of need, within five seconds; what is slower is killed. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const deadline = Date.now() + STOP_MS;
    for (const [index, row] of STOP_ROWS.entries()) {
      const limitMs = deadline - Date.now() - LAST_MS * (STOP_ROWS.length - 1 - index);
      const programs = row.flatMap((part) => this.#running.get(part) ?? []);
      await Promise.all(programs.map((it) => it.stop(Math.max(limitMs, LAST_MS))));
    }
    this.#running.clear();
  }

  #ended(part: Part, program: Program, how: string): void {
    if (this.#stopping || this.#running.get(part) !== program) return;
    this.#running.delete(part);
    if (this.#options.onEnd?.(part, how) === false) return;
    let pauseMs = RESTART_MS;
    const again = (): void => {
      if (this.#stopping) return;
      this.start(part).then(
        () => this.#options.onBack?.(part),
        () => {
          pauseMs = Math.min(pauseMs * 2, SLOWEST_RESTART_MS);
          setTimeout(again, pauseMs);
        },
      );
    };
    setTimeout(again, pauseMs);
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

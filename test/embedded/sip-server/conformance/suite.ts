import { cp, mkdir, mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import Module, { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** One callee of the suite: the scenario it plays, and the names under which the tests call it. */
export interface Callee {
  readonly scenario: string;
  readonly names: readonly string[];
}

/** drachtio-srf's own test suite, copied out of its npm package, so that host names in it can be changed. */
export class Suite {
  /** The temporary folder that holds all of it. */
  readonly root: string;
  readonly folder: string;

  private constructor(root: string) {
    this.root = root;
    this.folder = join(root, 'drachtio-srf/test');
  }

  static async copy(): Promise<Suite> {
    const manifest = createRequire(import.meta.url).resolve('drachtio-srf/package.json');
    const packaged = dirname(manifest);
    const root = await mkdtemp(join(tmpdir(), 'sip-conformance-'));
    const suite = new Suite(root);
    const copied = join(root, 'drachtio-srf');
    await cp(join(packaged, 'test'), suite.folder, { recursive: true });
    await cp(join(packaged, 'package.json'), join(copied, 'package.json'));
    await cp(join(packaged, 'config'), join(copied, 'config'), { recursive: true });
    // The library under the tests is the installed one, with its own packages around it.
    await symlink(join(packaged, 'lib'), join(copied, 'lib'));
    await mkdir(join(root, 'node_modules'));
    const debug = dirname(createRequire(manifest).resolve('debug/package.json'));
    await symlink(debug, join(root, 'node_modules/debug'));
    return suite;
  }

  scenario(file: string): string {
    return join(this.folder, 'scenarios', file);
  }

  /** The callees that the suite's compose file starts, and those that a test starts by itself (without a scenario here). */
  async callees(): Promise<Callee[]> {
    const compose = await readFile(join(this.folder, 'docker-compose-testbed.yaml'), 'utf8');
    const callees: Callee[] = [];
    for (const service of compose.split(/^ {2}(?=[a-z0-9-]+:$)/m)) {
      const name = /^([a-z0-9-]+):/.exec(service)?.[1];
      const address = /ipv4_address: ([\d.]+)/.exec(service)?.[1];
      if (name === undefined || address === undefined) continue;
      callees.push({ scenario: /-sf \/tmp\/(\S+\.xml)/.exec(service)?.[1] ?? '', names: [name, address] });
    }
    const known = new Set(callees.flatMap(({ names }) => names));
    const texts = await Promise.all((await this.#files('.js')).map((file) => readFile(file, 'utf8')));
    for (const [name] of texts.join('\n').matchAll(/(?<=sip:)sipp-uas[a-z0-9-]*/g)) {
      if (known.has(name)) continue;
      known.add(name);
      callees.push({ scenario: '', names: [name] });
    }
    return callees;
  }

  /** Writes `host:port` in the place of each name, in the tests and their scenarios. */
  async rewrite(places: ReadonlyMap<string, string>): Promise<void> {
    const names = [...places.keys()].sort((a, b) => b.length - a.length);
    const anyName = new RegExp(
      `(?<![\\w-])(?:${names.map((name) => name.replaceAll('.', '\\.')).join('|')})(?![\\w.-])`,
      'g',
    );
    for (const file of [...(await this.#files('.js')), ...(await this.#files('.xml'))]) {
      const text = await readFile(file, 'latin1');
      // The settings keep their names: they are asked for, not called.
      const changed = text.replace(anyName, (name, at: number) =>
        text.slice(at - 12, at).includes('config.get') ? name : (places.get(name) ?? name),
      );
      // Older releases of sipp take XML at its word: no angle brackets inside attributes.
      const strict = changed.replace(/(?<= regexp=")[^"]*/g, (it) =>
        it.replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
      );
      if (strict !== text) await writeFile(file, strict, 'latin1');
    }
  }

  /** Gives the tests another module under this name: a package they want, or a file of theirs. */
  async replace(name: string, exports: unknown): Promise<void> {
    const isFile = name.startsWith('./');
    const file = isFile ? join(this.folder, `${name}.js`) : join(this.root, 'node_modules', name, 'index.js');
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, '');
    const module = new Module(file);
    Object.assign(module, { exports, filename: file, loaded: true });
    this.#require.cache[this.#require.resolve(isFile ? name : file)] = module;
  }

  load(file: string): void {
    this.#require(`./${file}`);
  }

  get #require(): NodeJS.Require {
    return createRequire(join(this.folder, 'index.js'));
  }

  async #files(ending: string): Promise<string[]> {
    const all = await readdir(this.folder, { recursive: true });
    return all
      .filter((one) => one.endsWith(ending) && !one.startsWith('unit-tests'))
      .map((one) => join(this.folder, one));
  }
}

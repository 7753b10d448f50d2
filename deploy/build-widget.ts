import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Plugin } from 'esbuild';
import { build, transform } from 'esbuild';

/** What a build of browser files consists of; `version` is a hash of all their contents. */
export interface BrowserManifest {
  readonly version: string;
  readonly files: Readonly<Record<string, { integrity: string; bytes: number; gzipBytes: number }>>;
}

const parts = ['panel', 'pages'] as const;

/**
 * Builds the widget into `folder`: the parts and the loader under the address of their version, which never changes, and
 * the loader once more under the convenient one. The same sources give the same bytes.
 */
export async function buildWidget(folder: string): Promise<BrowserManifest> {
  const built = new Map<string, Buffer>();
  for (const part of parts) built.set(`${part}.js`, await bundle(part, {}));
  const integrity = Object.fromEntries([...built].map(([name, bytes]) => [name, integrityOf(bytes)]));
  const loader = (version: string): Promise<Buffer> =>
    bundle('loader', { PARTS: JSON.stringify({ version, integrity }) });
  const version = createHash('sha256')
    .update(await loader('')) // it carries the hashes of the parts, so it stands for all
    .digest('hex')
    .slice(0, 16);
  built.set('widget.js', await loader(version));

  // Earlier versions stay: a browser may hold their loader for another hour. The loader comes last, when its parts are there.
  await mkdir(join(folder, version), { recursive: true });
  for (const [name, bytes] of built) await writeFile(join(folder, version, name), bytes);
  await writeFile(join(folder, 'widget.js'), built.get('widget.js') ?? '');
  const manifest: BrowserManifest = {
    version,
    files: Object.fromEntries([...built].sort().map(([name, bytes]) => [name, measure(bytes)])),
  };
  await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}

async function bundle(entry: string, define: Record<string, string>): Promise<Buffer> {
  const result = await build({
    entryPoints: [join(import.meta.dirname, '../widget', entry, 'main.ts')],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: ['chrome105', 'firefox121', 'safari16.4'],
    charset: 'utf8',
    legalComments: 'none',
    define,
    plugins: [styleSheets],
    logLevel: 'warning',
  });
  return Buffer.from(result.outputFiles[0]?.contents ?? []);
}

/** `import { css } from './x.css'` gives the minified text, for a constructed style sheet. */
const styleSheets: Plugin = {
  name: 'style-sheets',
  setup(builder) {
    builder.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, 'utf8'), {
        loader: 'css',
        minify: true,
        target: ['chrome105', 'firefox121', 'safari16.4'],
      });
      return { contents: `export const css = ${JSON.stringify(code.trim())};`, loader: 'js' };
    });
  },
};

function integrityOf(bytes: Buffer): string {
  return `sha256-${createHash('sha256').update(bytes).digest('base64')}`;
}

function measure(bytes: Buffer): BrowserManifest['files'][string] {
  return {
    integrity: integrityOf(bytes),
    bytes: bytes.length,
    gzipBytes: gzipSync(bytes, { level: 9 }).length,
  };
}

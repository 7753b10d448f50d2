import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const source = join(import.meta.dirname, '../agent-portal');

/** The names a build gave its files, and what they weigh over the wire. */
export interface PortalBuild {
  readonly script: string;
  readonly style: string;
  readonly gzipBytes: { readonly script: number; readonly style: number };
}

/**
 * Builds the agent portal into `folder`: `index.html` with the placeholder `__NONCE__` for the server to fill at each
 * answer, and beside it one script and one style sheet whose names carry their hash, so that they may be kept for ever.
 */
export async function buildPortal(folder: string): Promise<PortalBuild> {
  const result = await build({
    entryPoints: [
      { in: join(source, 'main.tsx'), out: 'portal' },
      { in: join(source, 'styles/portal.css'), out: 'portal' },
    ],
    entryNames: '[name].[hash]',
    outdir: folder,
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'warning',
  });
  const find = (ending: string): { readonly name: string; readonly bytes: Uint8Array } => {
    const file = result.outputFiles.find((it) => it.path.endsWith(ending));
    if (!file) throw new Error(`The build of the portal gave no ${ending}`);
    return { name: basename(file.path), bytes: file.contents };
  };
  const script = find('.js');
  const style = find('.css');
  const page = await readFile(join(source, 'index.html'), 'utf8');

  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const { name, bytes } of [script, style]) await writeFile(join(folder, name), bytes);
  await writeFile(
    join(folder, 'index.html'),
    page.replace('__JS__', script.name).replace('__CSS__', style.name),
  );
  return {
    script: script.name,
    style: style.name,
    gzipBytes: { script: gzipSync(script.bytes).length, style: gzipSync(style.bytes).length },
  };
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BrowserManifest } from './build-widget.ts';

/** What a file may weigh, gzipped: it runs on the pages of others, on telephones. */
export const budgets: readonly {
  readonly target: string;
  readonly file: string;
  readonly mostBytes: number;
}[] = [
  { target: 'widget', file: 'widget.js', mostBytes: 4 * 1024 },
  { target: 'widget', file: 'panel.js', mostBytes: 15 * 1024 },
  { target: 'widget', file: 'pages.js', mostBytes: 5 * 1024 },
];

let isTooMuch = false;
for (const { target, file, mostBytes } of budgets) {
  const path = join(import.meta.dirname, '../build/browser', target, 'manifest.json');
  const manifest = JSON.parse(await readFile(path, 'utf8')) as BrowserManifest;
  const bytes = manifest.files[file]?.gzipBytes;
  const isOver = bytes === undefined || bytes > mostBytes;
  isTooMuch ||= isOver;
  console.log(
    `${isOver ? 'TOO BIG' : 'ok'}  ${target}/${file}  ${bytes ?? 'missing'} of ${mostBytes} bytes gzipped`,
  );
}
process.exitCode = isTooMuch ? 1 : 0;

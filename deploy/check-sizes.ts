import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BrowserManifest } from './build-widget.ts';
import { sizeBudgets } from './size-budgets.ts';

let isTooMuch = false;
for (const { target, file, mostBytes } of sizeBudgets) {
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

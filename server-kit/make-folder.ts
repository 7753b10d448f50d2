import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder that only its owner may read, and those above it; one that is there stays as it is. Throws a sentence where
 * that cannot be. Step by step, since Node's own recursive mkdir never comes back below `/proc`.
 */
export function makeFolder(folder: string): void {
  if (isFolder(folder)) return;
  const above = dirname(folder);
  if (above !== folder) makeFolder(above);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (cause) {
    if (isFolder(folder)) return; // somebody else was quicker
    const { code = String(cause) } = cause as NodeJS.ErrnoException;
    throw new Error(`The folder ${folder} cannot be made: ${reasons[code] ?? code}.`, { cause });
  }
}

const reasons: Readonly<Record<string, string>> = {
  EEXIST: 'there is a file of that name',
  ENOENT: 'this is no place for folders',
  EACCES: 'you may not write there',
  EPERM: 'you may not write there',
  EROFS: 'nothing can be written there',
  ENOSPC: 'the disk is full',
};

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false; // mkdir will say why
  }
}

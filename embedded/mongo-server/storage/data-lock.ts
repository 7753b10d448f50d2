import { linkSync, mkdirSync, readFileSync, rmSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../../../server-kit/make-folder.ts';

/** Directories this very process holds: a pid cannot tell two servers in one process apart. */
const held = new Set<string>();

/**
 * Takes a data directory for this process, or throws. The lock is a file with the owner's pid and the moment that
 * process began, so that neither a dead owner nor another process with its pid keeps the directory shut.
 * Returns the function that gives it back.
 */
export function lockDirectory(directory: string): () => void {
  makeFolder(directory);
  const path = join(directory, 'lock');
  if (held.has(path)) throw new Error(`${directory} is in use by this process`);
  if (!createLock(path)) takeOver(path, directory);
  held.add(path);
  return () => {
    if (held.delete(path)) rmSync(path, { force: true });
  };
}

/** Links a finished file into place, so that nobody ever reads half a lock. */
function createLock(path: string): boolean {
  const own = `${path}.${process.pid}`;
  writeFileSync(own, `${process.pid} ${beginOf(process.pid)}\n`, { mode: 0o600 });
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(own);
  }
}

/** Two that find a stale lock at once must not both take it: a directory beside it lets one of them through. */
function takeOver(path: string, directory: string): void {
  const gate = `${path}.takeover`;
  try {
    mkdirSync(gate);
  } catch {
    if (Date.now() - statSync(gate).mtimeMs < 10_000)
      throw new Error(`${directory} is being taken over by another process`);
  }
  try {
    const [pid = '', begin = ''] = readFileSync(path, 'utf8').trim().split(' ');
    const owner = Number(pid);
    const isOurs = owner === process.pid; // of an earlier life: what we hold now is in `held`
    if (owner > 0 && !isOurs && isAlive(owner) && (begin === '' || begin === beginOf(owner))) {
      throw new Error(`${directory} is in use by process ${pid}`);
    }
    rmSync(path);
    if (!createLock(path)) throw new Error(`${directory} is in use by another process`);
  } finally {
    rmdirSync(gate);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When a process began, in the kernel's words; empty where there is no /proc. */
function beginOf(pid: number): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return `${boot}/${afterName[19] ?? ''}`; // field 22, starttime: see proc(5)
  } catch {
    return '';
  }
}

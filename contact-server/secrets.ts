import { randomBytes } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../server-kit/make-folder.ts';

const names = ['token', 'session', 'hash', 'code', 'form'] as const;

/** Keys of this process, one for each purpose. */
export type Secrets = Readonly<Record<(typeof names)[number], Buffer>>;

/** The keys in `dir`, random on the first run, readable by their owner only. */
export async function readSecrets(dir: string): Promise<Secrets> {
  makeFolder(dir);
  const file = join(dir, 'secrets.json');
  const known = await readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as Partial<Record<string, string>>,
    (error: unknown): Partial<Record<string, string>> => {
      // A file that is there and cannot be read must not be replaced: every token would die with the old keys.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
      throw error;
    },
  );
  const all = Object.fromEntries(names.map((it) => [it, known[it] ?? randomBytes(32).toString('base64url')]));
  if (names.some((it) => known[it] === undefined)) {
    await writeFile(file, JSON.stringify(all), { mode: 0o600 });
  }
  await chmod(file, 0o600);
  return Object.fromEntries(
    names.map((it) => [it, Buffer.from(all[it] ?? '', 'base64url')]),
  ) as unknown as Secrets;
}

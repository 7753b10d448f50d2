import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What one end of a link needs: its own certificate and key, and the authority it believes. All PEM. */
export interface LinkKeys {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/** The names of the files in a folder of link keys. */
export const linkKeyFiles = { cert: 'cert.pem', key: 'key.pem', ca: 'authority.pem' } as const;

/** Reads a folder of link keys; throws where one is missing, readable by others, or in company it should not keep. */
export function readLinkKeys(folder: string): LinkKeys {
  const expected: readonly string[] = Object.values(linkKeyFiles);
  const stranger = readdirSync(folder).find((name) => !name.startsWith('.') && !expected.includes(name));
  if (stranger !== undefined) throw new Error(`${join(folder, stranger)} does not belong with the link keys`);
  const keyFile = join(folder, linkKeyFiles.key);
  if ((statSync(keyFile).mode & 0o077) !== 0) throw new Error(`${keyFile} can be read by others: chmod 600`);
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  return { cert: read(linkKeyFiles.cert), key: read(linkKeyFiles.key), ca: read(linkKeyFiles.ca) };
}

import { readFileSync } from 'node:fs';

const file = new URL('../package.json', import.meta.url);

/** The running version, told to portals so that an old page loads itself anew. */
export const version: string = (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;

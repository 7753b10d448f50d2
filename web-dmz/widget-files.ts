import { createHash } from 'node:crypto';
import { readFile, realpath, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** One file of the widget, ready to be sent. */
interface WidgetFile {
  readonly type: string;
  readonly etag: string;
  readonly bytes: Buffer;
  /** Where that is shorter. */
  readonly zipped: Buffer | undefined;
}

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};

const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/;
const zip = promisify(gzip);

/** The built widget in a folder: only files of known kinds that lie in it, read again when they change. */
export class WidgetFiles {
  readonly #folder: string;
  readonly #known = new Map<string, { mtimeMs: number; size: number; file: WidgetFile }>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The file at `path` (segments separated by `/`), or undefined if there is none that may be shown. */
  async find(path: string): Promise<WidgetFile | undefined> {
    const type = types[extname(path)];
    const segments = path.split('/');
    if (type === undefined || !segments.every((segment) => NAME.test(segment))) return undefined;
    try {
      const root = await realpath(this.#folder);
      const place = await realpath(join(root, ...segments));
      if (!place.startsWith(root + sep)) return undefined;
      const { mtimeMs, size } = await stat(place);
      const known = this.#known.get(place);
      if (known?.mtimeMs === mtimeMs && known.size === size) return known.file;
      const file = await read(place, type);
      this.#known.set(place, { mtimeMs, size, file });
      return file;
    } catch (error) {
      if (isAbsence(error)) return undefined;
      throw error;
    }
  }
}

async function read(place: string, type: string): Promise<WidgetFile> {
  const bytes = await readFile(place);
  const zipped = await zip(bytes, { level: 9 });
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 27)}"`;
  return { type, etag, bytes, zipped: zipped.length < bytes.length ? zipped : undefined };
}

function isAbsence(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR';
}

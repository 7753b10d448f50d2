import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { Written } from '../values/bson-reader.ts';

/** What one entry of the journal says. */
export type EntryKind = 'put' | 'remove' | 'create' | 'drop' | 'create-index' | 'drop-index' | 'end';

const KINDS: readonly EntryKind[] = ['put', 'remove', 'create', 'drop', 'create-index', 'drop-index', 'end'];

/** Takes one entry: for which namespace, and where its BSON lies. */
export type OnEntry = (kind: EntryKind, namespace: string, written: Written) => void;

/** The first bytes of every file of the journal. */
export const MAGIC = Buffer.from('RBMONGO1');

/** Larger than any document with its header: a length above it is damage. */
const MAX_ENTRY = 17 * 1024 * 1024;

/** Frames an entry: length and CRC-32 of what follows, the kind, the namespace's length, the namespace, BSON. */
export function encodeEntry(kind: EntryKind, namespace: string, bson: Uint8Array): Buffer {
  const nameLength = Buffer.byteLength(namespace);
  const entry = Buffer.allocUnsafe(11 + nameLength + bson.length);
  entry.writeUInt32LE(entry.length - 8, 0);
  entry.writeUInt8(KINDS.indexOf(kind), 8);
  entry.writeUInt16LE(nameLength, 9);
  entry.write(namespace, 11);
  entry.set(bson, 11 + nameLength);
  entry.writeUInt32LE(crc32(entry.subarray(8)), 4);
  return entry;
}

/** How far a file could be read. */
export interface ReadResult {
  goodBytes: number;
  totalBytes: number;
}

/** Reads a file entry by entry, up to its end or to the first entry that is not whole. */
export function readEntries(path: string, each: OnEntry): ReadResult {
  const file = openSync(path, 'r');
  try {
    const totalBytes = fstatSync(file).size;
    let buffer = Buffer.alloc(0);
    let offset = 0;
    let goodBytes = 0;
    const need = (bytes: number): boolean => {
      while (buffer.length - offset < bytes) {
        const chunk = Buffer.allocUnsafe(Math.max(4 * 1024 * 1024, bytes));
        const read = readSync(file, chunk);
        if (read === 0) return false;
        buffer = Buffer.concat([buffer.subarray(offset), chunk.subarray(0, read)]);
        offset = 0;
      }
      return true;
    };
    if (!need(MAGIC.length) || !buffer.subarray(0, MAGIC.length).equals(MAGIC))
      return { goodBytes: 0, totalBytes };
    offset = goodBytes = MAGIC.length;
    while (need(8)) {
      const length = buffer.readUInt32LE(offset);
      if (length < 3 || length > MAX_ENTRY || !need(8 + length)) break;
      const body = buffer.subarray(offset + 8, offset + 8 + length);
      if (crc32(body) !== buffer.readUInt32LE(offset + 4)) break;
      const kind = KINDS[body.readUInt8(0)];
      if (!kind) break;
      const nameFrom = offset + 11;
      const nameTo = nameFrom + body.readUInt16LE(1);
      offset += 8 + length;
      const namespace = buffer.toString('utf8', nameFrom, nameTo);
      each(kind, namespace, { bytes: buffer, from: nameTo, to: offset });
      goodBytes += 8 + length;
    }
    return { goodBytes, totalBytes };
  } finally {
    closeSync(file);
  }
}

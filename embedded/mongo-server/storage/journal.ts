import {
  constants,
  copyFileSync,
  fsyncSync,
  openSync,
  closeSync,
  readdirSync,
  rmSync,
  truncateSync,
} from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { type EntryKind, MAGIC, type OnEntry, encodeEntry, readEntries } from './journal-file.ts';

/** Entries waiting for one durable write, and who waits for them. */
class Batch {
  readonly entries: Buffer[] = [];
  readonly done: Promise<void>;
  settle!: (error?: Error) => void;

  constructor() {
    this.done = new Promise((resolve, reject) => {
      this.settle = (error) => {
        if (error) reject(error);
        else resolve();
      };
    });
    this.done.catch(() => {}); // whoever waits hears of it; a batch may have nobody
  }
}

/** Around this much may be garbage before a journal is compacted, however small what lives is. */
const SPARE_BYTES = 32 * 1024 * 1024;
const CHUNK_BYTES = 256 * 1024;
/** A write is on disk when it is done, and what is asked meanwhile does not come between; 0 where a system has it not. */
const SYNCED = (constants as Partial<typeof constants>).O_DSYNC ?? 0;

export interface JournalOptions {
  directory: string;
  log: Logger;
  /** Called once if the disk refuses a write: memory is then ahead of the disk, and the process must end. */
  onFailure: (error: Error) => void;
}

/**
 * The append-only record of every change. Files `journal-N` follow each other; `snapshot-N` holds everything that was
 * so when `journal-N` began, and ends with an entry that says it is whole. What has been appended is on disk once
 * `settled` resolves: changes that come while the disk is busy share its next durable write.
 */
export class Journal {
  readonly #options: JournalOptions;
  #file: FileHandle | undefined;
  #number = 0;
  #bytes = 0;
  #open = new Batch();
  #writing: Promise<void> | undefined;
  #onWay: Batch | undefined;
  #failure: Error | undefined;
  #rotation: (() => Iterable<Buffer>) | undefined;
  #compaction: Promise<void> | undefined;
  #compactionsDone = 0;
  #retryAtBytes = 0;

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  /** Bytes written since the last snapshot, the snapshot itself included. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many times garbage was thrown away since the journal was opened. */
  get compactionsDone(): number {
    return this.#compactionsDone;
  }

  /** Replays everything into `each`, cuts off a torn tail, and is then ready to append. */
  async open(each: OnEntry): Promise<void> {
    const { directory, log } = this.#options;
    const names = readdirSync(directory);
    for (const name of names) if (name.endsWith('.tmp')) rmSync(join(directory, name));
    const snapshot = Math.max(0, ...numbersOf(names, 'snapshot'));
    for (const kind of ['snapshot', 'journal']) {
      for (const old of numbersOf(names, kind)) if (old < snapshot) rmSync(this.#path(kind, old));
    }
    if (snapshot > 0) this.#readSnapshot(snapshot, each);
    const journals = numbersOf(names, 'journal').filter((number) => number >= snapshot);
    for (const [i, number] of journals.entries()) {
      const path = this.#path('journal', number);
      if (number !== Math.max(1, snapshot) + i) throw new Error(`a file before ${path} is missing`);
      const { goodBytes, totalBytes } = readEntries(path, each);
      this.#bytes += goodBytes;
      if (goodBytes === totalBytes) continue;
      if (i < journals.length - 1)
        throw new Error(`${path} is damaged at byte ${goodBytes}, and later files follow it`);
      copyFileSync(path, `${path}.torn`);
      truncateSync(path, goodBytes);
      log.warn({ path, goodBytes, cutOff: totalBytes - goodBytes }, 'cut off a torn tail, kept beside it');
    }
    this.#number = journals.at(-1) ?? Math.max(1, snapshot);
    await this.#openFile();
  }

  /** Adds an entry; it is safe once `settled` resolves. */
  append(kind: EntryKind, namespace: string, bson: Uint8Array): void {
    if (this.#failure) throw this.#failure;
    this.#open.entries.push(encodeEntry(kind, namespace, bson));
    this.#writing ??= this.#writeAll();
  }

  /** Resolves once everything appended so far is on disk. */
  settled(): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#open.entries.length > 0) return this.#open.done;
    return this.#onWay?.done ?? Promise.resolve();
  }

  /**
   * Starts to throw garbage away if it outweighs what lives. `snapshot` gives all entries that make up the present
   * state; it is asked at the moment of the change of files, and read little by little.
   */
  compactIfDue(liveBytes: number, snapshot: () => Iterable<Buffer>): void {
    if (this.#bytes > Math.max(2 * liveBytes + SPARE_BYTES, this.#retryAtBytes)) this.compact(snapshot);
  }

  /** The same, due or not. */
  compact(snapshot: () => Iterable<Buffer>): void {
    if (this.#rotation || this.#compaction || this.#failure) return;
    this.#rotation = snapshot;
    this.#writing ??= this.#writeAll();
  }

  async close(): Promise<void> {
    while (this.#writing ?? this.#compaction) await (this.#writing ?? this.#compaction);
    this.#failure ??= new Error('the journal is closed');
    await this.#file?.close();
    this.#file = undefined;
  }

  async #writeAll(): Promise<void> {
    await new Promise(setImmediate); // let the commands that arrived together share a write
    try {
      while (this.#open.entries.length > 0 || this.#rotation) {
        if (this.#open.entries.length > 0) await this.#writeBatch();
        if (this.#rotation) await this.#rotate(this.#rotation);
      }
    } catch (error) {
      this.#fail(error as Error);
    } finally {
      this.#writing = undefined;
    }
  }

  async #writeBatch(): Promise<void> {
    const batch = this.#open;
    this.#open = new Batch();
    this.#onWay = batch;
    const bytes = Buffer.concat(batch.entries);
    await this.#file?.writeFile(bytes);
    if (SYNCED === 0) await this.#file?.datasync();
    this.#bytes += bytes.length;
    this.#onWay = undefined;
    batch.settle();
  }

  #fail(error: Error): void {
    this.#failure = error;
    this.#onWay?.settle(error);
    this.#open.settle(error);
    this.#rotation = undefined;
    this.#options.onFailure(error);
  }

  /** From here on entries go to a new file, and what the old ones held is written to a snapshot in the background. */
  async #rotate(snapshot: () => Iterable<Buffer>): Promise<void> {
    const old = this.#file;
    this.#number++;
    await this.#openFile();
    await old?.close();
    this.#rotation = undefined;
    // Entries appended during the await above go to the new file and may be in the snapshot too: replaying them is harmless.
    this.#compaction = this.#writeSnapshot(this.#number, snapshot())
      .catch((error: unknown) => {
        this.#retryAtBytes = this.#bytes + SPARE_BYTES;
        this.#options.log.error({ err: error }, 'compaction failed, the journal stays as it is');
      })
      .finally(() => (this.#compaction = undefined));
  }

  async #writeSnapshot(number: number, entries: Iterable<Buffer>): Promise<void> {
    const before = this.#bytes;
    const path = this.#path('snapshot', number);
    const file = await open(`${path}.tmp`, 'w', 0o600);
    let bytes = 0;
    try {
      for (const chunk of chunks(entries)) {
        await file.writeFile(chunk);
        bytes += chunk.length;
      }
      await file.datasync();
    } catch (error) {
      rmSync(`${path}.tmp`, { force: true });
      throw error;
    } finally {
      await file.close();
    }
    // What the snapshot saw of later changes must be safe before it: alone it could hold half of what belongs together.
    await this.settled();
    await rename(`${path}.tmp`, path);
    this.#syncDirectory();
    for (const kind of ['snapshot', 'journal']) {
      for (const old of numbersOf(readdirSync(this.#options.directory), kind)) {
        if (old < number) rmSync(this.#path(kind, old));
      }
    }
    this.#bytes += bytes - before;
    this.#compactionsDone++;
    this.#options.log.info({ before, after: this.#bytes }, 'journal compacted');
  }

  #readSnapshot(number: number, each: OnEntry): void {
    let ends = 0;
    const path = this.#path('snapshot', number);
    const { goodBytes } = readEntries(path, (kind, namespace, written) => {
      if (kind === 'end') ends++;
      else each(kind, namespace, written);
    });
    if (ends !== 1) throw new Error(`${path} is damaged at byte ${goodBytes}`);
    this.#bytes += goodBytes;
  }

  async #openFile(): Promise<void> {
    const { O_APPEND, O_CREAT, O_WRONLY } = constants;
    const file = await open(
      this.#path('journal', this.#number),
      O_APPEND | O_CREAT | O_WRONLY | SYNCED,
      0o600,
    );
    if ((await file.stat()).size === 0) await file.writeFile(MAGIC);
    await file.sync();
    this.#syncDirectory();
    this.#file = file;
  }

  #syncDirectory(): void {
    const directory = openSync(this.#options.directory, 'r');
    fsyncSync(directory);
    closeSync(directory);
  }

  #path(kind: string, number: number): string {
    return join(this.#options.directory, `${kind}-${String(number).padStart(8, '0')}`);
  }
}

function numbersOf(names: readonly string[], kind: string): number[] {
  const pattern = new RegExp(`^${kind}-(\\d{8})$`);
  return names
    .flatMap((name) => pattern.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/** Joins small buffers into pieces worth a write, with the magic before them and the end mark after them. */
function* chunks(entries: Iterable<Buffer>): Generator<Buffer> {
  let parts: Buffer[] = [MAGIC];
  let bytes = 0;
  for (const entry of entries) {
    parts.push(entry);
    bytes += entry.length;
    if (bytes < CHUNK_BYTES) continue;
    yield Buffer.concat(parts);
    parts = [];
    bytes = 0;
  }
  yield Buffer.concat([...parts, encodeEntry('end', '', new Uint8Array())]);
}

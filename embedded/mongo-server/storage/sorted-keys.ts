/** What an index points at: `seq` puts entries of equal keys in order. */
export interface Entry {
  readonly seq: number;
}

interface Block<T> {
  keys: string[];
  items: T[];
}

const FULL = 512;

/**
 * Keys with their items, in order: blocks of up to 512 entries, so that an insert moves few of them and a lookup is two
 * binary searches. Items of one key stand in the order of their `seq`.
 */
export class SortedKeys<T extends Entry> {
  #blocks: Block<T>[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Replaces everything by these entries, which must come sorted. */
  load(entries: readonly { key: string; item: T }[]): void {
    this.#blocks = [];
    this.#size = entries.length;
    for (let from = 0; from < entries.length; from += FULL / 2) {
      const part = entries.slice(from, from + FULL / 2);
      this.#blocks.push({ keys: part.map(({ key }) => key), items: part.map(({ item }) => item) });
    }
  }

  insert(key: string, item: T): void {
    const [at, position] = this.#locate(key, item.seq);
    this.#size++;
    const block = this.#blocks[at];
    if (!block) {
      const last = this.#blocks.at(-1);
      if (last && last.keys.length < FULL) {
        last.keys.push(key);
        last.items.push(item);
      } else this.#blocks.push({ keys: [key], items: [item] });
      return;
    }
    block.keys.splice(position, 0, key);
    block.items.splice(position, 0, item);
    if (block.keys.length > FULL) {
      const half = FULL / 2;
      this.#blocks.splice(at + 1, 0, { keys: block.keys.splice(half), items: block.items.splice(half) });
    }
  }

  remove(key: string, item: T): void {
    const [at, position] = this.#locate(key, item.seq);
    const block = this.#blocks[at];
    if (block?.keys[position] !== key || block.items[position] !== item) return;
    this.#size--;
    block.keys.splice(position, 1);
    block.items.splice(position, 1);
    if (block.keys.length === 0) this.#blocks.splice(at, 1);
  }

  /** The first item of a key. */
  first(key: string): T | undefined {
    const [at, position] = this.#locate(key, -1);
    const block = this.#blocks[at];
    return block?.keys[position] === key ? block.items[position] : undefined;
  }

  /** Items of keys from `lower` up to and without `upper`, or the other way round. Nothing may change meanwhile. */
  *range(lower: string, upper: string, backwards: boolean): Generator<T, undefined> {
    const [fromBlock, from] = this.#locate(lower, -1);
    const [toBlock, to] = this.#locate(upper, -1);
    const step = backwards ? -1 : 1;
    for (let at = backwards ? toBlock : fromBlock; at >= fromBlock && at <= toBlock; at += step) {
      const items = this.#blocks[at]?.items ?? [];
      const begin = at === fromBlock ? from : 0;
      const end = at === toBlock ? to : items.length;
      for (let i = backwards ? end - 1 : begin; i >= begin && i < end; i += step) {
        const item = items[i];
        if (item) yield item;
      }
    }
  }

  /** About how many entries a range holds, without walking it. */
  estimate(lower: string, upper: string): number {
    const [fromBlock, from] = this.#locate(lower, -1);
    const [toBlock, to] = this.#locate(upper, -1);
    if (fromBlock === toBlock) return Math.max(0, to - from);
    return (this.#size * (toBlock - fromBlock)) / Math.max(1, this.#blocks.length);
  }

  /** Block and position of the first entry that is not below (key, seq); past the end if there is none. */
  #locate(key: string, seq: number): [block: number, position: number] {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const block = this.#blocks[middle];
      if (block && isBelow(block, block.keys.length - 1, key, seq)) low = middle + 1;
      else high = middle;
    }
    const at = low;
    const block = this.#blocks[at];
    if (!block) return [at, 0];
    low = 0;
    high = block.keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isBelow(block, middle, key, seq)) low = middle + 1;
      else high = middle;
    }
    return [at, low];
  }
}

function isBelow<T extends Entry>(block: Block<T>, position: number, key: string, seq: number): boolean {
  const own = block.keys[position] ?? '';
  return own === key ? (block.items[position]?.seq ?? 0) < seq : own < key;
}

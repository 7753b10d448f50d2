import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { AgentId } from '../../../contracts/ids.ts';
import type { AgentStreams, Hint, Hints, StreamEntry, ToldEntry } from '../../ports/hints.ts';

interface Options {
  /** For commands. */
  readonly redis: Redis;
  /** A connection of its own, since a subscribed one takes no commands. */
  readonly subscriber: Redis;
  readonly centre: string;
  readonly log: Logger;
}

/** So long a hint to the other processes waits for others: whoever hears it looks at a store, which takes longer. */
const HINTS_MS = 5;
/** Kept of each agent's stream: more than anybody sleeps through without asking for the whole anew. */
const KEPT = 1_000;

/**
 * Hints by publish and subscribe, agents' streams as Redis streams. Both are heard in this process at once, and by
 * the others through Redis: with Redis gone, a hint still reaches those who listen here.
 */
export class RedisHints implements Hints, AgentStreams {
  readonly #options: Options;
  readonly #hintListeners = new Set<(hint: Hint) => void>();
  readonly #entryListeners = new Set<Parameters<AgentStreams['onEntry']>[0]>();
  readonly #foretoldListeners = new Set<Parameters<AgentStreams['onForetold']>[0]>();
  #lost = 0;
  #unsent: Unsent | undefined;
  readonly #me = Math.random().toString(36).slice(2);
  /** Streams that lack an entry, because Redis was away: their readers are told to ask for the whole. */
  readonly #lacking = new Set<AgentId>();

  constructor(options: Options) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { subscriber, log } = this.#options;
    subscriber.on('message', (_channel: string, text: string) => {
      try {
        this.#heard(JSON.parse(text) as Published);
      } catch (err) {
        log.warn({ err }, 'hint not understood');
      }
    });
    await subscriber.subscribe(this.#channel());
  }

  give(hint: Hint): void {
    this.#tellHere(hint);
    this.#publish(({ hints }) => hints.set(JSON.stringify(hint), hint));
  }

  onHint(listener: (hint: Hint) => void): () => void {
    this.#hintListeners.add(listener);
    return () => this.#hintListeners.delete(listener);
  }

  async add(agentId: AgentId, name: string, data: Readonly<Record<string, unknown>>): Promise<void> {
    const { log } = this.#options;
    let told: ToldEntry | undefined;
    try {
      await this.#mend(agentId);
      told = await this.#append(agentId, name, data);
      if (this.#lost > 0) log.info({ count: this.#lost }, 'agents are told again');
      this.#lost = 0;
    } catch (err) {
      this.#lacking.add(agentId);
      this.#lost += 1;
      if (this.#lost === 1) {
        const reason = err instanceof Error ? err.message : 'unknown';
        log.warn({ reason, agentId, name }, 'stream entry lost; the others are counted');
      }
    }
    this.#tellEntry(agentId, told);
    this.#publish(({ entries }) => entries.push({ agentId, ...(told && { told }) }));
  }

  foretell(agentId: AgentId, name: string, data: StreamEntry['data']): void {
    for (const listener of this.#foretoldListeners) listener(agentId, { name, data });
  }

  onForetold(listener: Parameters<AgentStreams['onForetold']>[0]): () => void {
    this.#foretoldListeners.add(listener);
    return () => this.#foretoldListeners.delete(listener);
  }

  async end(agentId: AgentId): Promise<string> {
    const last = await this.#options.redis.xrevrange(this.#key(agentId), '+', '-', 'COUNT', 1);
    return last[0]?.[0] ?? '0-0';
  }

  async after(agentId: AgentId, cursor: string): Promise<readonly StreamEntry[] | 'gap'> {
    const { redis } = this.#options;
    const key = this.#key(agentId);
    await this.#mend(agentId);
    // Trimmed, emptied, or set back to before its last moments: what stood after the cursor is not all there any more.
    const [entries, first, last] = await Promise.all([
      redis.xrange(key, `(${cursor}`, '+'),
      redis.xrange(key, '-', '+', 'COUNT', 1),
      redis.xrevrange(key, '+', '-', 'COUNT', 1),
    ]);
    const oldest = first[0]?.[0];
    const newest = last[0]?.[0];
    if (cursor !== '0-0') {
      if (oldest === undefined || newest === undefined) return 'gap';
      if (later(oldest, cursor) || later(cursor, newest)) return 'gap';
    }
    return entries.map(([id, fields]) => ({
      cursor: id,
      name: fields[1] ?? '',
      data: JSON.parse(fields[3] ?? '{}') as Record<string, unknown>,
    }));
  }

  async #append(agentId: AgentId, name: string, data: StreamEntry['data']): Promise<ToldEntry> {
    const key = this.#key(agentId);
    const fields = ['name', name, 'data', JSON.stringify(data)];
    const answers = await this.#options.redis
      .multi()
      .xrevrange(key, '+', '-', 'COUNT', 1)
      .xadd(key, 'MAXLEN', '~', KEPT, '*', ...fields)
      .exec();
    const [last, added] = (answers ?? []).map(([error, answer]) => {
      if (error) throw error;
      return answer;
    });
    const after = (last as readonly [string, string[]][])[0]?.[0] ?? '0-0';
    return { cursor: added as string, after, name, data };
  }

  /** Where an entry was lost, a reset stands in its place. */
  async #mend(agentId: AgentId): Promise<void> {
    if (!this.#lacking.delete(agentId)) return;
    try {
      await this.#append(agentId, 'stream.reset', {});
    } catch (error) {
      this.#lacking.add(agentId);
      throw error;
    }
  }

  onEntry(listener: Parameters<AgentStreams['onEntry']>[0]): () => void {
    this.#entryListeners.add(listener);
    return () => this.#entryListeners.delete(listener);
  }

  #heard(published: Published): void {
    if (published.from === this.#me) return;
    for (const hint of published.hints ?? []) this.#tellHere(hint);
    for (const { agentId, told } of published.entries ?? []) this.#tellEntry(agentId, told);
  }

  #tellHere(hint: Hint): void {
    for (const listener of this.#hintListeners) listener(hint);
  }

  #tellEntry(agentId: AgentId, told: ToldEntry | undefined): void {
    for (const listener of this.#entryListeners) listener(agentId, told);
  }

  /** What comes within a moment goes out in one message, each hint once; entries do not wait, and take along what does. */
  #publish(fill: (unsent: Unsent) => void): void {
    this.#unsent ??= { hints: new Map(), entries: [], sending: setTimeout(() => this.#send(), HINTS_MS) };
    fill(this.#unsent);
    if (this.#unsent.entries.length !== 1) return;
    clearTimeout(this.#unsent.sending);
    setImmediate(() => this.#send());
  }

  #send(): void {
    const { redis, log } = this.#options;
    if (this.#unsent === undefined) return;
    const { hints, entries } = this.#unsent;
    this.#unsent = undefined;
    const message: Published = { from: this.#me, hints: [...hints.values()], entries };
    redis
      .publish(this.#channel(), JSON.stringify(message))
      .catch((err: unknown) => log.debug({ err }, 'hints not sent'));
  }

  #channel(): string {
    return `{${this.#options.centre}}:hints`;
  }

  #key(agentId: AgentId): string {
    return `{${this.#options.centre}}:desk:${agentId}`;
  }
}

interface Unsent {
  readonly hints: Map<string, Hint>;
  readonly entries: Entry[];
  readonly sending: NodeJS.Timeout;
}

interface Published {
  readonly from: string;
  readonly hints?: readonly Hint[];
  readonly entries?: readonly Entry[];
}

interface Entry {
  readonly agentId: AgentId;
  readonly told?: ToldEntry;
}

/** Stream ids compare by milliseconds, then by sequence. */
function later(a: string, b: string): boolean {
  const [aMs = 0, aSeq = 0] = a.split('-').map(Number);
  const [bMs = 0, bSeq = 0] = b.split('-').map(Number);
  return aMs > bMs || (aMs === bMs && aSeq > bSeq);
}

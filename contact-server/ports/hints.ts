import type { AgentId, CallbackId, SessionId } from '../../contracts/ids.ts';

/** What may have changed. A hint carries ids only; whoever hears it reads the truth from its store. */
export type Hint =
  | { readonly about: 'callback'; readonly id: CallbackId }
  | { readonly about: 'session'; readonly id: SessionId }
  | { readonly about: 'agent'; readonly id: AgentId }
  | { readonly about: 'board' };

/** Tells every process of the contact server what to look at again. Delivered at most once; never relied on for truth. */
export interface Hints {
  give(hint: Hint): void;
  onHint(listener: (hint: Hint) => void): () => void;
}

/** What an agent's event stream carries: names and ids, so that erasure is possible everywhere. */
export interface StreamEntry {
  readonly cursor: string;
  readonly name: string;
  /** Small, and without personal data. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** An entry that has no place yet. */
export type ComingEntry = Omit<StreamEntry, 'cursor'>;

/** An entry as those who read along are told it: whoever has come to `after` need not ask for it. */
export interface ToldEntry extends StreamEntry {
  /** The cursor of the entry before it. */
  readonly after: string;
}

/** One resumable event stream for each agent, shared by all processes. */
export interface AgentStreams {
  add(agentId: AgentId, name: string, data: StreamEntry['data']): Promise<void>;
  /** Tells those who read along in this process of an entry that is about to be added: they need not wait for its place. */
  foretell(agentId: AgentId, name: string, data: StreamEntry['data']): void;
  /** Where a fresh reader starts. */
  end(agentId: AgentId): Promise<string>;
  /** Entries after the cursor, oldest first; `gap` when the cursor is older than what is kept. */
  after(agentId: AgentId, cursor: string): Promise<readonly StreamEntry[] | 'gap'>;
  /** Tells of each entry; without it where it could not be stored. */
  onEntry(listener: (agentId: AgentId, told: ToldEntry | undefined) => void): () => void;
  onForetold(listener: (agentId: AgentId, coming: ComingEntry) => void): () => void;
}

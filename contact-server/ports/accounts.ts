import type { AgentPreferences } from '../../contracts/agent.ts';
import type { AgentId } from '../../contracts/ids.ts';

/** A person (or the demo's robot) who works here. */
export interface Account {
  readonly id: AgentId;
  readonly name: string;
  readonly username: string;
  readonly roles: readonly ('agent' | 'manager')[];
  readonly extension?: string;
  readonly preferences: AgentPreferences;
  readonly robot: boolean;
  /** Log-in asks for a code too. */
  readonly secondFactor?: boolean;
}

/** Who may log in, and how they like to work. Passwords never leave the store. */
export interface AccountStore {
  byId(id: AgentId): Promise<Account | undefined>;
  all(): Promise<readonly Account[]>;
  savePreferences(id: AgentId, preferences: AgentPreferences): Promise<void>;
}

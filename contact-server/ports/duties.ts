import type { AgentId } from '../../contracts/ids.ts';

/** What an agent wished last, and would be again. */
export type Duty =
  | { readonly state: 'ready' }
  | { readonly state: 'not-ready'; readonly reason: string }
  | { readonly state: 'logged-off' };

/** Agents' wishes, where they survive the loss of routing. */
export interface DutyStore {
  of(agentId: AgentId): Promise<Duty | undefined>;
  save(agentId: AgentId, duty: Duty): Promise<void>;
}

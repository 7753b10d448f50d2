import type { AgentId, SessionId } from '../../contracts/ids.ts';
import type { PageSession } from '../domain/page-session.ts';

/** Page sessions as they outlive a process; forgotten a day after their last change. */
export interface PageStore {
  load(id: SessionId): Promise<PageSession | undefined>;
  save(session: PageSession): Promise<void>;
  /** Sessions this agent is registered for. */
  ofAgent(agentId: AgentId): Promise<readonly SessionId[]>;
  /** Sessions a process left with a tab connected or somebody registered. */
  open(): Promise<readonly SessionId[]>;
}

import type { SessionId } from '../../contracts/ids.ts';
import type { PageSession } from '../domain/page-session.ts';

/** Page sessions as they outlive a process; forgotten a day after their last change. */
export interface PageStore {
  load(id: SessionId): Promise<PageSession | undefined>;
  save(session: PageSession): Promise<void>;
}

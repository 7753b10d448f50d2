import type { Logger } from 'pino';
import type { AgentId, SessionId } from '../../contracts/ids.ts';
import type { Clock } from '../../server-kit/clock.ts';
import type { CompanyRules } from '../ports/company.ts';
import type { Hints } from '../ports/hints.ts';
import type { PageStore } from '../ports/page-store.ts';
import type { AuditStore, ConsentStore, Limits } from '../ports/stores.ts';
import type { SessionDesk } from './session-desk.ts';

/** What shared pages need of the rest. */
export interface PageParts {
  readonly store: PageStore;
  readonly sessions: SessionDesk;
  readonly consents: ConsentStore;
  readonly limits: Limits;
  readonly audit: AuditStore;
  readonly hints: Hints;
  readonly company: CompanyRules;
  /** Exact origins of the company's sites: nothing else is shown or pushed. */
  readonly siteOrigins: readonly string[];
  readonly keys: { readonly session: Buffer; readonly hash: Buffer };
  /** The session of a reservation this agent has accepted; undefined for any other. */
  readonly sessionOfReservation: (agentId: AgentId, reservationId: string) => Promise<SessionId | undefined>;
  readonly clock: Clock;
  readonly log: Logger;
}

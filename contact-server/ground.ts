import type { Logger } from 'pino';
import type { BoardView } from '../contracts/agent.ts';
import type { Routing } from '../routing/index.ts';
import type { Clock } from '../server-kit/clock.ts';
import type { AskingLimits } from './app/asking-tries.ts';
import type { DialPolicy } from './app/dial-policy.ts';
import type { CallbackRules } from './domain/callback-rules.ts';
import type { AccountStore } from './ports/accounts.ts';
import type { CompanyRules } from './ports/company.ts';
import type { AgentStreams, Hints } from './ports/hints.ts';
import type { IdentityProofs } from './ports/identity.ts';
import type { DecisionStore } from './ports/decisions.ts';
import type { DutyStore } from './ports/duties.ts';
import type { Credentials, LogInStore } from './ports/log-ins.ts';
import type { PageStore } from './ports/page-store.ts';
import type { Phones } from './ports/phones.ts';
import type {
  AuditStore,
  CallbackStore,
  CallStore,
  ConsentStore,
  CursorStore,
  CustomerStore,
  Limits,
  SessionStore,
  Suppressions,
} from './ports/stores.ts';
import type { Telephony } from './ports/telephony.ts';

/** Everything the desks stand on; main.ts brings the adapters, a test its own. */
export interface Ground {
  readonly stores: {
    readonly callbacks: CallbackStore;
    readonly calls: CallStore;
    readonly sessions: SessionStore;
    readonly accounts: AccountStore;
    readonly customers: CustomerStore;
    readonly audit: AuditStore;
    readonly consents: ConsentStore;
    readonly suppressions: Suppressions;
    readonly cursors: CursorStore;
    readonly logIns: LogInStore;
    readonly pages: PageStore;
    readonly duties: DutyStore;
    readonly decisions: DecisionStore;
  };
  readonly routing: Routing;
  readonly telephony: Telephony;
  readonly phones: Phones;
  readonly hints: Hints & AgentStreams;
  readonly limits: Limits;
  readonly credentials: Credentials;
  readonly identity: IdentityProofs;
  readonly policy: DialPolicy;
  readonly company: CompanyRules;
  readonly rules: CallbackRules;
  readonly siteOrigins: readonly string[];
  readonly asking: AskingLimits;
  /** How long a callback is kept after its end, as visitors are told. */
  readonly keepDays: number;
  readonly proof: { readonly difficulty: number; readonly minFillMs: number };
  readonly logInTries: { readonly account: number; readonly address: number };
  readonly managerTotp: 'required' | 'optional';
  readonly keys: Readonly<Record<'token' | 'session' | 'hash' | 'code' | 'form', Buffer>>;
  readonly services: () => Promise<BoardView['services']>;
  readonly clock: Clock;
  readonly log: Logger;
}

import type { AgentId } from '../../contracts/ids.ts';
import type { Asker, Entitlement } from '../domain/entitlement.ts';
import type { Hours } from '../domain/hours.ts';
import type { Roster } from '../domain/roster.ts';
import type { ServiceRule } from '../routing.ts';

/** One offered service with all that routing needs of it. */
export interface Service extends ServiceRule {
  readonly entitled: boolean;
  /** Who has no preferred agent has the one they talked to last. */
  readonly lastAgent?: boolean;
  readonly slotMinutes: number;
  readonly slotCapacity: number;
  readonly hours: Hours;
}

/** What routing holds in memory, all of one version. */
export interface DirectoryPage {
  readonly version: number;
  readonly roster: Roster;
  readonly services: ReadonlyMap<string, Service>;
  /** When agents are planned to work; whoever is not named is not planned. */
  readonly shifts?: ReadonlyMap<AgentId, Hours>;
}

/** A proved customer's wishes. */
export interface KnownCustomer {
  readonly preferredAgent?: AgentId;
  readonly language?: string;
}

/** What routing asks of the store that survives. Throws `RoutingUnavailable` when it does not answer in time. */
export interface Directory {
  /** Grows with every change of agents, services or hours. */
  version(): Promise<number>;
  load(): Promise<DirectoryPage>;
  /** Every entitlement that could be this asker's, valid or not. */
  entitlementsOf(asker: Asker): Promise<readonly Entitlement[]>;
  customer(id: string): Promise<KnownCustomer | undefined>;
  /** A number that was never given before, also after Redis lost everything. */
  nextEpoch(): Promise<number>;
}

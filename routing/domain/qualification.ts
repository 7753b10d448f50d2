import type { AgentId } from '../../contracts/ids.ts';
import type { Capacity, RoutedChannel } from './channels.ts';

/** What somebody can do, or what is needed, e.g. `lang:es`, `product:loans`, `service:sales`. */
export interface Qualification {
  readonly name: string;
  /** 1 (knows) to 5 (expert). */
  readonly level: number;
}

/** What a contact needs of its agent. */
export interface Requirement {
  readonly must: readonly Qualification[];
  /** Wanted, not needed: ranks those who have it first. */
  readonly prefer: readonly Qualification[];
  /** Absent: voice. */
  readonly channel?: RoutedChannel;
}

/** What is asked for instead, once a contact has waited so long: fewer musts, or lower levels. */
export interface Ring extends Requirement {
  /** Since the start of waiting. */
  readonly afterMs: number;
}

/** An agent as routing sees them. */
export interface AgentProfile {
  readonly id: AgentId;
  readonly name: string;
  readonly qualifications: readonly Qualification[];
  /** Absent: the usual one. */
  readonly capacity?: Capacity;
}

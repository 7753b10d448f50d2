import type { Logger } from 'pino';
import type { Counters } from '../counters.ts';
import type { Timing } from '../timing.ts';
import type { TransactionTable } from '../transaction/transaction-table.ts';
import type { Transports } from '../transport/transports.ts';
import type { Apps } from './app-link.ts';
import type { DialogTable } from './dialog-table.ts';
import type { Registrations } from './registrations.ts';

/** What the parts of the user agent share. */
export interface Exchange {
  readonly transports: Transports;
  readonly transactions: TransactionTable;
  readonly dialogs: DialogTable;
  readonly registrations: Registrations;
  readonly apps: Apps;
  readonly timing: Timing;
  readonly counters: Counters;
  readonly log: Logger;
  readonly maxDialogs: number;
}

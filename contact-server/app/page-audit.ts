import type { AuditEntry } from '../ports/stores.ts';
import type { PageParts } from './page-parts.ts';

/** Writes into the audit without making anybody wait; what cannot be written is at least in the log. */
export function auditPages(
  { audit, clock, log }: Pick<PageParts, 'audit' | 'clock' | 'log'>,
  entry: Omit<AuditEntry, 'at'>,
): void {
  audit
    .add({ at: clock.now(), ...entry })
    .catch((err: unknown) => log.error({ err, ...entry }, 'not audited'));
}

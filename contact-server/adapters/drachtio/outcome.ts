import type { Leg, LegFailure } from '../../ports/telephony.ts';

/** Why a leg came to nothing, and the evidence for it. */
export interface Failure {
  readonly outcome: LegFailure;
  readonly detail: string;
}

/** How the network refused an INVITE. */
export interface Refusal {
  readonly status: number;
  /** The phone had rung (180, 183) before. */
  readonly rang: boolean;
  /** The response's Reason header (RFC 3326), which carries the telephone network's own cause. */
  readonly reason?: string | undefined;
}

/** ITU-T Q.850 causes that say more than the SIP status they came with. */
const causes: Readonly<Record<number, LegFailure>> = {
  1: 'bad-number',
  17: 'busy',
  18: 'no-answer',
  19: 'no-answer',
  20: 'no-answer',
  21: 'rejected',
  22: 'bad-number',
  27: 'trunk-error',
  28: 'bad-number',
  34: 'trunk-error',
  38: 'trunk-error',
  41: 'trunk-error',
  42: 'trunk-error',
};

const statuses: Readonly<Record<number, LegFailure>> = {
  404: 'bad-number',
  410: 'bad-number',
  480: 'no-answer',
  484: 'bad-number',
  485: 'bad-number',
  486: 'busy',
  487: 'cancelled',
  600: 'busy',
  603: 'rejected',
  604: 'bad-number',
  607: 'rejected',
  608: 'rejected',
};

/** The one place where SIP numbers become our words. A redirection (3xx) is a trunk that will not do what it is asked. */
export function failureFor(leg: Leg, { status, rang, reason }: Refusal): Failure {
  const cause = Number(/Q\.850\s*;\s*cause\s*=\s*(\d+)/i.exec(reason ?? '')?.[1] ?? NaN);
  const said = causes[cause];
  if (said !== undefined) return failure(leg, said, `Q.850 ${cause} (SIP ${status})`);
  return failure(leg, byStatus(status, rang), `SIP ${status}`);
}

/** An agent's phone has no trunk: what would be the trunk's fault there is a phone that cannot be reached. */
export function failure(leg: Leg, outcome: LegFailure, detail: string): Failure {
  return { outcome: leg === 'agent' && outcome === 'trunk-error' ? 'agent-lost' : outcome, detail };
}

function byStatus(status: number, rang: boolean): LegFailure {
  const plain = statuses[status];
  if (plain !== undefined) return plain;
  if (status === 408) return rang ? 'no-answer' : 'trunk-error';
  if (status === 403) return rang ? 'rejected' : 'trunk-error'; // before ringing it is the trunk that forbids
  return status >= 600 ? 'rejected' : 'trunk-error';
}

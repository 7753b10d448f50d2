/** The words of the field for what moves: see docs/GLOSSARY.md. */

export type CallbackState =
  | 'requested'
  | 'screened'
  | 'queued'
  | 'scheduled'
  | 'matched'
  | 'reserved'
  | 'dialing-agent'
  | 'dialing-customer'
  | 'connected'
  | 'wrap-up'
  | 'completed'
  | 'cancelled'
  | 'expired'
  | 'unreached'
  | 'refused'
  | 'failed';

/** The states no fact leads out of. */
export const endStates: readonly CallbackState[] = [
  'completed',
  'cancelled',
  'expired',
  'unreached',
  'refused',
  'failed',
];

/** How one dial of the customer ended. `agent-lost` and an agent who does not accept are no attempts. */
export type AttemptOutcome =
  | 'answered'
  | 'busy'
  | 'no-answer'
  | 'machine'
  | 'rejected'
  | 'bad-number'
  | 'trunk-error'
  | 'agent-lost'
  | 'cancelled';

export type ReservationState =
  'pending' | 'accepted' | 'wrapping' | 'completed' | 'rejected' | 'timeout' | 'canceled' | 'rescinded';

export type AgentState = 'logged-off' | 'not-ready' | 'ready' | 'reserved' | 'busy' | 'working-after-call';

export type Role = 'visitor' | 'agent' | 'second-agent' | 'manager' | 'observer';
export type Channel = 'voice' | 'pages' | 'chat' | 'video' | 'data';
export type LegState = 'invited' | 'joining' | 'joined' | 'held' | 'lost' | 'left';
export type ViewerMode = 'lead' | 'follow' | 'watch';

/** CSTA connection states (ECMA-269), one for each side of a call. */
export type ConnectionState = 'null' | 'initiated' | 'alerting' | 'connected' | 'hold' | 'queued' | 'failed';

/** Epoch milliseconds, both ends included: we expect to ring between them. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

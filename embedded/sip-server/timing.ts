/** The SIP timers (RFC 3261 table 4) and our own deadlines, in milliseconds; tests inject small ones. */
export interface Timing {
  readonly t1: number;
  readonly t2: number;
  readonly t4: number;
  /** How long an application may leave a request without any answer. */
  readonly appSilenceMs: number;
  /** How long a call may ring, either way, after its last provisional answer. */
  readonly ringMs: number;
  /** How long a control connection may stay without authenticating. */
  readonly authenticateMs: number;
}

/** What RFC 3261 and the real server use. */
export const STANDARD_TIMING: Timing = {
  t1: 500,
  t2: 4000,
  t4: 5000,
  appSilenceMs: 64_000,
  ringMs: 300_000,
  authenticateMs: 10_000,
};

/** Timers B, D, F, H, J, L and M: how long a transaction stays to catch what comes late. */
export function lingerMs(timing: Timing): number {
  return 64 * timing.t1;
}

export type Timer = NodeJS.Timeout | undefined;

/**
 * Starts a timer that keeps no process alive. Node keeps timers of equal length in one list, and SIP knows only a dozen
 * lengths, so this is as cheap as a wheel of our own.
 */
export function after(ms: number, run: () => void): NodeJS.Timeout {
  return setTimeout(run, ms).unref();
}

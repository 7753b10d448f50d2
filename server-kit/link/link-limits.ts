/** What both ends of a link hold each other to. */
export interface LinkLimits {
  /** The inside asks for a sign of life this often; either end gives up after `deadAfterMs` of silence. */
  readonly heartbeatMs: number;
  readonly deadAfterMs: number;
  /** A frame whose sender's clock differs by more is refused. */
  readonly staleAfterMs: number;
  /** Bytes that wait to be sent: above the first the link takes nothing new, above the second it is given up. */
  readonly congestedBytes: number;
  readonly hopelessBytes: number;
}

export const linkLimits: LinkLimits = {
  heartbeatMs: 5_000,
  deadAfterMs: 12_000,
  staleAfterMs: 60_000,
  congestedBytes: 1024 * 1024,
  hopelessBytes: 16 * 1024 * 1024,
};

/** The longest text of a stream message in each direction, as contracts/link.schema.ts has it. */
const fromDmzTextLimit = 64 * 1024;
const toDmzTextLimit = 256 * 1024;

/** The longest frame in each direction: a text of the longest kind, each character escaped as six, and some room. */
export const fromDmzFrameLimit = 6 * fromDmzTextLimit + 16 * 1024;
export const toDmzFrameLimit = 6 * toDmzTextLimit + 16 * 1024;

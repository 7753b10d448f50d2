/** A host and a port. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export type Protocol = 'udp' | 'tcp';

/** One way to one peer: a UDP address seen from our socket, or a TCP connection. */
export interface Flow extends Endpoint {
  readonly protocol: Protocol;
  /** What we call ourselves towards this peer, in Via and Contact. */
  readonly local: Endpoint;
  /** Whether the transport repeats lost packets itself, so that SIP need not. */
  readonly reliable: boolean;
  readonly open: boolean;
  /** Sends a byte string. A user hears when that failed and, where there is a connection to leave, when it ends before. */
  send(text: string, user?: FlowUser): void;
  leave?(user: FlowUser): void;
}

/** Who has sent something and needs to know when nothing comes back this way. */
export interface FlowUser {
  onFlowFailed(): void;
}

/** An IPv4 address that a dual-stack socket shows as IPv6, written as IPv4 again. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}

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
  /** Called once each when nothing can be sent this way any more. */
  readonly onFailure: Set<() => void>;
  /** Sends a byte string; failures are told through `onFailure`. */
  send(text: string): void;
}

/** Fails every waiting user of a flow, each of them once. */
export function failAll(waiting: Set<() => void>): void {
  const users = [...waiting];
  waiting.clear();
  for (const fail of users) fail();
}

/** An IPv4 address that a dual-stack socket shows as IPv6, written as IPv4 again. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}

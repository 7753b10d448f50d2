import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { SipMessage } from '../sip/message.ts';
import { hostPort, paramOf, parseUri } from '../sip/uri.ts';
import type { Endpoint, Flow, Protocol } from './flow.ts';
import { Resolver } from './resolver.ts';
import { TcpTransport, type TcpLimits } from './tcp.ts';
import { UdpTransport } from './udp.ts';

/** Why a request can not be sent at all, in the words of the real server. */
export class Unreachable extends Error {}

/** Both transports on one address and port, and the choice of the way to a URI. */
export class Transports {
  readonly #udp: UdpTransport;
  readonly #tcp: TcpTransport;
  readonly #host: string;
  readonly #local: (peer: string) => Endpoint;
  readonly #resolver: Resolver;
  readonly port: number;

  private constructor(udp: UdpTransport, tcp: TcpTransport, host: string, local: (peer: string) => Endpoint) {
    this.#udp = udp;
    this.#tcp = tcp;
    this.#host = host;
    this.#local = local;
    this.port = tcp.port;
    this.#resolver = new Resolver(isIPv6(host) ? 6 : 4);
  }

  /** Binds UDP and TCP to the same port; with port 0, to any that is free for both. */
  static async open(
    at: Endpoint,
    limits: TcpLimits,
    onMessage: (text: string, flow: Flow) => void,
  ): Promise<Transports> {
    for (let attempt = 1; ; attempt++) {
      const bound = { ...at };
      const local = (peer: string): Endpoint => {
        const address = advertised(at.address, peer);
        return address === bound.address ? bound : { address, port: bound.port };
      };
      const tcp = await TcpTransport.open(at, limits, local, onMessage);
      bound.port = tcp.port;
      try {
        const udp = await UdpTransport.open({ address: at.address, port: tcp.port }, local, onMessage);
        return new Transports(udp, tcp, at.address, local);
      } catch (error) {
        await tcp.close();
        if (at.port !== 0 || attempt === 10) throw error;
      }
    }
  }

  /** `tcp/host:port,udp/host:port`, as the control protocol names the addresses we listen on. */
  get hostPorts(): string {
    const { address, port } = this.#local('');
    return `tcp/${hostPort(address, port)},udp/${hostPort(address, port)}`;
  }

  get localHostPorts(): string {
    return `tcp/${hostPort(this.#host, this.port)},udp/${hostPort(this.#host, this.port)}`;
  }

  /** What we call ourselves towards a peer that we know no way to. */
  get home(): { protocol: 'udp'; local: Endpoint } {
    return { protocol: 'udp', local: this.#local('') };
  }

  /**
   * Finds the way to a URI, or says why there is none: `Unreachable` for what can never work, undefined when the name does
   * not resolve. Answers in the same turn unless a host name has to be looked up. A way that is known stays as it is.
   */
  reach(uri: string | Flow, done: (way: Flow | Unreachable | undefined) => void): void {
    if (typeof uri !== 'string') {
      done(uri);
      return;
    }
    const parsed = parseUri(uri);
    if (!parsed || parsed.scheme === 'tel') {
      done(new Unreachable(`invalid request-uri: ${uri}`));
      return;
    }
    const transport = (paramOf(parsed.params, 'transport') ?? 'udp').toLowerCase();
    if (parsed.scheme === 'sips' || (transport !== 'udp' && transport !== 'tcp')) {
      done(new Unreachable('requested protocol/transport not available'));
      return;
    }
    this.#resolver.find(parsed.host, parsed.port, transport, (found) => {
      if (!found) {
        done(undefined);
        return;
      }
      if (this.#isOurs(found)) {
        done(new Unreachable('can not send request to myself'));
        return;
      }
      done(this.flowTo(transport, found));
    });
  }

  /** The way to an address that needs no looking up. */
  flowTo(protocol: Protocol, to: Endpoint): Flow {
    return protocol === 'tcp' ? this.#tcp.flowTo(to.address, to.port) : this.#udp.flowTo(to.address, to.port);
  }

  /** Where the responses to a request go (RFC 3261 section 18.2.2, RFC 3581 section 4). */
  backTo(request: SipMessage, flow: Flow): Flow {
    if (flow.protocol === 'udp') {
      const rport = paramOf(request.via.params, 'rport') !== undefined;
      return rport ? flow : this.#udp.flowTo(flow.address, request.via.port || 5060);
    }
    return flow.open ? flow : this.#tcp.flowTo(flow.address, request.via.port || 5060);
  }

  async close(): Promise<void> {
    await Promise.all([this.#udp.close(), this.#tcp.close()]);
  }

  #isOurs(to: Endpoint): boolean {
    return to.port === this.port && to.address === this.#local(to.address).address;
  }
}

/** The address to show to a peer: the bound one, or, when all are bound, one the peer can be expected to reach. */
function advertised(host: string, peer: string): string {
  if (host !== '0.0.0.0' && host !== '::') return host;
  const loopback = host === '::' ? '::1' : '127.0.0.1';
  if (peer.startsWith('127.') || peer === '::1') return loopback;
  return outwardAddress(host === '::' ? 'IPv6' : 'IPv4') ?? loopback;
}

const LOOK_AGAIN_MS = 10_000;
let looked = { at: 0, family: '', address: undefined as string | undefined };

/** The first address of this machine that others can see; asked of the system now and then, not for every message. */
function outwardAddress(family: 'IPv4' | 'IPv6'): string | undefined {
  if (family === looked.family && Date.now() - looked.at < LOOK_AGAIN_MS) return looked.address;
  looked = { at: Date.now(), family, address: undefined };
  for (const addresses of Object.values(networkInterfaces())) {
    const seen = addresses?.find((one) => !one.internal && one.family === family);
    looked.address ??= seen?.address;
  }
  return looked.address;
}

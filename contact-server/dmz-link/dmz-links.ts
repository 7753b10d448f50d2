import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import { LINK_VERSION, fromDmzSchema, toDmzSchema } from '../../contracts/link.schema.ts';
import type { Clock } from '../../server-kit/clock.ts';
import type { FrameFault } from '../../server-kit/link/link-channel.ts';
import { LinkChannel } from '../../server-kit/link/link-channel.ts';
import { nameIn } from '../../server-kit/link/link-identity.ts';
import type { LinkKeys } from '../../server-kit/link/link-keys.ts';
import type { LinkLimits } from '../../server-kit/link/link-limits.ts';
import { linkLimits } from '../../server-kit/link/link-limits.ts';
import type { VisitorDesk } from '../ports/visitor-desk.ts';
import type { NodeLimits } from './dmz-node.ts';
import { DmzNode, nodeLimits } from './dmz-node.ts';
import { LinkDialer } from './link-dialer.ts';
import type { InsideChannel } from './relayed-stream.ts';
import { LinkSession } from './link-session.ts';

export interface DmzLinksOptions {
  /** What to dial: `wss://host:port`, one for each web-dmz. */
  readonly links: readonly string[];
  /** Our keys; a function is asked at each dial, so that renewed keys are used without a restart. */
  readonly tls: LinkKeys | (() => LinkKeys);
  readonly desk: VisitorDesk;
  /** The company's site origins, which web-dmz lets through. */
  readonly origins: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
  /** For each web-dmz, so that one large message does not hold up all visitors. Default 2. */
  readonly connections?: number;
  /** Asked for each new callback: those of a web-dmz in quarantine, by its certificate's name, are answered 503. */
  readonly isQuarantined?: (node: string) => boolean;
  readonly limits?: Partial<LinkLimits & NodeLimits>;
}

/** How one link is: up as long as one of its connections is. */
export interface LinkStatus {
  readonly url: string;
  readonly state: 'up' | 'down';
  /** Epoch ms of the last change. */
  readonly since: number;
  readonly lastError?: string;
  readonly connections: number;
  /** The name in the web-dmz's certificate, once it was seen. */
  readonly node?: string;
  /** Frames that were refused since the start, by reason. */
  readonly refused: Readonly<Partial<Record<FrameFault, number>>>;
}

interface Link {
  readonly url: string;
  readonly dialers: LinkDialer[];
  readonly channels: Set<InsideChannel>;
  readonly refused: Partial<Record<FrameFault, number>>;
  since: number;
  isUp: boolean;
  lastError?: string;
  node?: string;
}

/** Our end of the links: dials every web-dmz, serves its visitors from the desk, and tells how each link is. */
export class DmzLinks {
  readonly #options: DmzLinksOptions;
  readonly #limits: LinkLimits & NodeLimits;
  readonly #keys: () => LinkKeys;
  readonly #name: string;
  readonly #links: Link[];
  readonly #nodes = new Map<string, DmzNode>();
  readonly #listeners = new Set<(status: LinkStatus) => void>();

  constructor(options: DmzLinksOptions) {
    this.#options = options;
    this.#limits = { ...linkLimits, ...nodeLimits, ...options.limits };
    const { tls } = options;
    this.#keys = typeof tls === 'function' ? tls : () => tls;
    this.#name = nameIn(this.#keys().cert);
    const since = options.clock.now();
    this.#links = options.links.map((url) => {
      const link: Link = { url, dialers: [], channels: new Set(), refused: {}, since, isUp: false };
      for (let i = 0; i < (options.connections ?? 2); i += 1) link.dialers.push(this.#dialer(link));
      return link;
    });
  }

  /** Begins to dial; it does not wait for any web-dmz, which may come later or never. */
  start(): void {
    for (const link of this.#links) for (const dialer of link.dialers) dialer.dial();
  }

  /** Ends all connections and the visitors' streams over them. */
  close(): void {
    for (const link of this.#links) {
      for (const channel of link.channels) channel.close('contact-server closes');
      for (const dialer of link.dialers) dialer.close();
    }
  }

  /** How each link is now, in the order of the settings. */
  status(): LinkStatus[] {
    return this.#links.map(statusOf);
  }

  /** Calls `listener` whenever a link comes up or goes down, until the returned function is called. */
  onChange(listener: (status: LinkStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #dialer(link: Link): LinkDialer {
    const { clock, log } = this.#options;
    return new LinkDialer({
      url: link.url,
      keys: this.#keys,
      clock,
      log,
      onConnected: (socket, peer) => this.#connected(link, socket, peer),
      onFailed: (reason) => {
        if (link.lastError !== reason) log.warn({ url: link.url, reason }, 'web-dmz cannot be reached');
        link.lastError = reason;
      },
    });
  }

  #connected(link: Link, socket: WebSocket, peer: string): void {
    const { clock, desk, origins, isQuarantined = () => false } = this.#options;
    const log = this.#options.log.child({ url: link.url, node: peer });
    let stopBeating = (): void => {};
    let session: LinkSession | undefined;
    const channel = new LinkChannel(
      { socket, peer, incoming: fromDmzSchema, outgoing: toDmzSchema, limits: this.#limits, clock, log },
      {
        onHello: () => {
          const node = this.#node(peer);
          session = new LinkSession({ channel, node, desk, limits: this.#limits, isQuarantined, log });
          link.channels.add(channel);
          link.node = peer;
          this.#changed(link);
        },
        onFrame: (frame) => session?.take(frame),
        onFault: (fault) => (link.refused[fault] = (link.refused[fault] ?? 0) + 1),
        onClose: (reason) => {
          stopBeating();
          session?.end('the link was lost');
          link.channels.delete(channel);
          link.lastError = reason;
          this.#changed(link);
        },
      },
    );
    const beat = (): void => {
      stopBeating = clock.after(this.#limits.heartbeatMs, () => {
        if (channel.send({ t: 'ping' })) beat();
      });
    };
    channel.send({ t: 'hello', version: LINK_VERSION, node: this.#name, site: { origins: [...origins] } });
    beat();
  }

  #node(name: string): DmzNode {
    const known = this.#nodes.get(name) ?? new DmzNode(name, this.#options.clock);
    this.#nodes.set(name, known);
    return known;
  }

  #changed(link: Link): void {
    const isUp = link.channels.size > 0;
    if (isUp === link.isUp) return;
    link.isUp = isUp;
    link.since = this.#options.clock.now();
    const { url, lastError } = link;
    if (isUp) this.#options.log.info({ url, node: link.node }, 'link up');
    else this.#options.log.warn({ url, reason: lastError }, 'link down');
    for (const listener of this.#listeners) listener(statusOf(link));
  }
}

function statusOf(link: Link): LinkStatus {
  const { url, since, isUp, lastError, node } = link;
  return {
    url,
    state: isUp ? 'up' : 'down',
    since,
    connections: link.channels.size,
    refused: { ...link.refused },
    ...(lastError === undefined ? {} : { lastError }),
    ...(node === undefined ? {} : { node }),
  };
}

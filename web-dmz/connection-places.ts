import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { type AddressList, normalAddress, subscriberOf } from '../server-kit/address.ts';

interface Limits {
  readonly perAddress: number;
  readonly total: number;
}

/** Connections that share places. */
interface Share {
  readonly places: number;
  readonly sockets: Set<Socket>;
  /** Those that ask for nothing: no header yet, or no request any more. Longest first. */
  readonly waiting: Set<Socket>;
}

/**
 * How many connections are taken at once: in total, and from each address that is not a proxy of ours, behind which many ask.
 * Where they are full, the one that has waited longest and asks for nothing makes room. So who opens many and says nothing
 * loses their own, and an honest request, which takes a moment, finds a place.
 */
export class ConnectionPlaces {
  readonly #limits: Limits;
  readonly #proxies: AddressList;
  readonly #all: Share;
  readonly #byAddress = new Map<string, Share>();
  /** The shares a connection counts in. */
  readonly #countedIn = new Map<Socket, readonly Share[]>();

  constructor(limits: Limits, proxies: AddressList) {
    this.#limits = limits;
    this.#proxies = proxies;
    this.#all = shareOf(limits.total);
  }

  /** Counts who is connected to this server from now on. */
  watch(server: Server): void {
    server.on('connection', (socket: Socket) => this.#take(socket));
    server.on('request', ({ socket }, response) => {
      this.#asks(socket);
      response.once('close', () => this.#waits(socket));
    });
    server.on('upgrade', ({ socket }) => this.#asks(socket));
  }

  #take(socket: Socket): void {
    const address = normalAddress(socket.remoteAddress ?? '');
    if (address === undefined) {
      socket.destroy(); // it has gone already
      return;
    }
    const isProxy = this.#proxies.has(address);
    const key = subscriberOf(address);
    const own = isProxy ? undefined : (this.#byAddress.get(key) ?? shareOf(this.#limits.perAddress));
    // An address makes room among its own before others do.
    const shares = own ? [own, this.#all] : [this.#all];
    if (!shares.every((it) => this.#hasRoom(it))) {
      socket.destroy();
      return;
    }
    if (own) this.#byAddress.set(key, own);
    this.#countedIn.set(socket, shares);
    for (const it of shares) it.sockets.add(socket);
    this.#waits(socket);
    socket.once('close', () => {
      this.#leaves(socket);
      if (own?.sockets.size === 0) this.#byAddress.delete(key);
    });
  }

  #hasRoom({ places, sockets, waiting }: Share): boolean {
    if (sockets.size < places) return true;
    const [longest] = waiting;
    if (!longest) return false;
    this.#leaves(longest);
    longest.destroy();
    return true;
  }

  #asks(socket: Socket): void {
    for (const it of this.#countedIn.get(socket) ?? []) it.waiting.delete(socket);
  }

  /** What a proxy keeps open it will use: that makes no room. */
  #waits(socket: Socket): void {
    const shares = this.#countedIn.get(socket) ?? [];
    const isOfProxy = shares.length === 1;
    if (!isOfProxy) for (const it of shares) it.waiting.add(socket);
  }

  #leaves(socket: Socket): void {
    for (const it of this.#countedIn.get(socket) ?? []) {
      it.sockets.delete(socket);
      it.waiting.delete(socket);
    }
    this.#countedIn.delete(socket);
  }
}

function shareOf(places: number): Share {
  return { places, sockets: new Set(), waiting: new Set() };
}

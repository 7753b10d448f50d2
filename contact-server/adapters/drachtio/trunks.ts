import type { Clock } from '../../../server-kit/clock.ts';

/** A SIP peer that takes calls for the telephone network, as the company file has it. */
export interface TrunkConfig {
  readonly id: string;
  /** `host:port`, UDP. */
  readonly address: string;
  readonly allowedPrefixes: readonly string[];
  readonly callerIds: readonly string[];
  readonly maxConcurrent: number;
  readonly maxPerHour: number;
}

export type Seat = { readonly trunk: TrunkConfig; leave(): void } | { readonly refused: string };

const HOUR_MS = 3_600_000;

/** The trunks and how much they carry: the last fence before a number is dialled. */
export class Trunks {
  readonly #clock: Clock;
  readonly #trunks: ReadonlyMap<string, TrunkConfig>;
  readonly #addresses: ReadonlySet<string>;
  readonly #talking = new Map<string, number>();
  readonly #dialled = new Map<string, number[]>();

  constructor(trunks: readonly TrunkConfig[], clock: Clock) {
    this.#clock = clock;
    this.#trunks = new Map(trunks.map((trunk) => [trunk.id, trunk]));
    this.#addresses = new Set(trunks.map((trunk) => trunk.address));
  }

  /** A message that came from there is a trunk's: over UDP it sends from where it listens. */
  isTrunk(address: string, port: number): boolean {
    const host = address.replace(/^::ffff:/, '');
    return this.#addresses.has(`${host.includes(':') ? `[${host}]` : host}:${port}`);
  }

  /** Takes a place on the trunk for one call, or says in plain words why there is none. */
  seat(trunkId: string, number: string, callerId: string): Seat {
    const trunk = this.#trunks.get(trunkId);
    if (!trunk) return { refused: 'no such trunk' };
    if (!trunk.allowedPrefixes.some((prefix) => number.startsWith(prefix)))
      return { refused: 'prefix not allowed' };
    if (!trunk.callerIds.includes(callerId)) return { refused: 'caller id not assigned to the trunk' };
    const talking = this.#talking.get(trunkId) ?? 0;
    if (talking >= trunk.maxConcurrent) return { refused: 'trunk is full' };
    const since = this.#clock.now() - HOUR_MS;
    const lately = (this.#dialled.get(trunkId) ?? []).filter((at) => at > since);
    if (lately.length >= trunk.maxPerHour) return { refused: 'hourly limit of the trunk reached' };
    this.#dialled.set(trunkId, [...lately, this.#clock.now()]);
    this.#talking.set(trunkId, talking + 1);
    return { trunk, leave: () => this.#talking.set(trunkId, (this.#talking.get(trunkId) ?? 1) - 1) };
  }

  /** Calls in progress on a trunk. */
  inUse(trunkId: string): number {
    return this.#talking.get(trunkId) ?? 0;
  }
}

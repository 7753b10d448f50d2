import { subscriberOf } from '../../server-kit/address.ts';
import { ProblemError } from '../../server-kit/problem.ts';
import type { Limits, Window } from '../ports/stores.ts';
import { keyedHash } from './tokens.ts';

export interface AskingLimits {
  /** Requests of an address whatever comes of them. */
  readonly asksPerAddressHour: number;
  /** Those that were accepted. */
  readonly perAddressHour: number;
  readonly perAddressDay: number;
  readonly perNumberDay: number;
}

interface Parts {
  readonly limits: Limits;
  readonly asking: AskingLimits;
  readonly hashKey: Buffer;
}

/** Who asks for which number, with which request; number and request as hashes. */
export interface Asker {
  readonly ip: string;
  readonly phone: string;
  readonly request: string;
}

/** What counting a request came to. */
export interface Tried {
  /** This request was never seen before, as far as Redis remembers. */
  readonly isNew: boolean;
  /** It is counted for its number and its address, now or before. */
  readonly hasPlace: boolean;
  /** The limit it came to, of several the one that takes longest. */
  readonly full?: { readonly rule: keyof typeof reasons; readonly waitMs: number };
}

const reasons = {
  'limits/asks': 'There were very many requests from your connection.',
  'limits/number': 'There were several requests for this number already.',
  'limits/address': 'There were several requests from your connection already.',
};

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MAX_REPEATS_HOUR = 240;

/**
 * How often somebody asked. What is accepted counts for its number and for its address: anybody can type anybody's number, and
 * many people share an address. The places are taken first, so that no two share the last one, and given back. Asking as such has
 * a limit of its own, at which a flood ends.
 */
export class AskingTries {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Counts a request with a good proof. Sent again because it was not answered, it does not count again; only not
   * without end.
   */
  take(asker: Asker): Promise<Tried> {
    const repeats = { key: `ask:r:${asker.request}`, max: MAX_REPEATS_HOUR, windowMs: HOUR_MS };
    const places = this.#places(asker);
    return this.#count(asker.ip, { key: requestKey(asker), validMs: DAY_MS, repeats, places });
  }

  /** Counts what can take no place: it has one, or shows no proof. */
  note(ip: string): Promise<Tried> {
    return this.#count(ip);
  }

  /** The request was not accepted: its places are for somebody else. */
  async giveBack(asker: Asker): Promise<void> {
    const keys = this.#places(asker).map((it) => it.key);
    // What is not given back is free again when its window ends.
    await this.#parts.limits.giveBack(keys, requestKey(asker)).catch(() => {});
  }

  async #count(ip: string, request?: Parameters<Limits['allowAll']>[1]): Promise<Tried> {
    const { limits, asking } = this.#parts;
    const asks = { key: `ask:t:${this.#from(ip)}`, max: asking.asksPerAddressHour, windowMs: HOUR_MS };
    const counted = limits.allowAll([asks], request);
    // A dead Redis must not refuse whom MongoDB would accept: limits are then not known, and the dial gate still stands.
    const { isNew, waitsMs } = await counted.catch(() => ({ isNew: false, waitsMs: [0] }));
    const waitMs = Math.max(0, ...waitsMs);
    const rule = RULES[waitsMs.indexOf(waitMs)] ?? 'limits/address';
    if (waitMs > 0) return { isNew, hasPlace: false, full: { rule, waitMs } };
    return { isNew, hasPlace: request !== undefined };
  }

  #places({ ip, phone }: Asker): readonly Window[] {
    const { asking } = this.#parts;
    const from = this.#from(ip);
    return [
      { key: `ask:p:${phone}`, max: asking.perNumberDay, windowMs: DAY_MS },
      { key: `ask:h:${from}`, max: asking.perAddressHour, windowMs: HOUR_MS },
      { key: `ask:d:${from}`, max: asking.perAddressDay, windowMs: DAY_MS },
    ];
  }

  #from(ip: string): string {
    return keyedHash(this.#parts.hashKey, subscriberOf(ip));
  }
}

/** In the order in which they are counted. */
const RULES = ['limits/asks', 'limits/number', 'limits/address', 'limits/address'] as const;

/** Throws `too-many`, which says when to come back. */
export function withinLimits({ full }: Tried): void {
  if (!full) return;
  const { rule, waitMs } = full;
  throw new ProblemError('too-many', {
    rule,
    retryAfterS: Math.ceil(waitMs / 1000),
    detail: `${reasons[rule]} Please try again in ${inWords(waitMs)}.`,
  });
}

/** Never less than it takes. */
function inWords(ms: number): string {
  const minutes = Math.ceil(ms / 60_000);
  if (minutes > 90) return `${String(Math.ceil(minutes / 60))} hours`;
  return minutes === 1 ? 'a minute' : `${String(minutes)} minutes`;
}

function requestKey({ request }: Asker): string {
  return `ask:k:${request}`;
}

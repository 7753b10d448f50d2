import { subscriberOf } from '../../server-kit/address.ts';
import { ProblemError } from '../../server-kit/problem.ts';
import type { Limits } from '../ports/stores.ts';
import { keyedHash } from './tokens.ts';

export interface AskingLimits {
  readonly perAddressHour: number;
  readonly perAddressDay: number;
  readonly perNumberDay: number;
}

interface Parts {
  readonly limits: Limits;
  readonly asking: AskingLimits;
  readonly hashKey: Buffer;
}

/** What counting a request came to. */
export interface Tried {
  /** This request was never seen before, as far as Redis remembers. */
  readonly isNew: boolean;
  readonly inHour: boolean;
  readonly inDay: boolean;
  readonly forPhone: boolean;
  /** It is counted for its number, now or before. */
  readonly hasPlace: boolean;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MAX_REPEATS_HOUR = 240;

/**
 * How often somebody asked. An address counts whatever comes of it, so that a flood ends here; a number counts only what
 * is accepted, since anybody can type anybody's: the place is taken first, so that no two share the last one, and given back.
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
  take(ip: string, phoneHash: string, requestHash: string): Promise<Tried> {
    const place = { key: placeKey(phoneHash), max: this.#parts.asking.perNumberDay, windowMs: DAY_MS };
    const repeats = { key: `ask:r:${requestHash}`, max: MAX_REPEATS_HOUR, windowMs: HOUR_MS };
    return this.#count(ip, { key: requestKey(requestHash), validMs: DAY_MS, repeats, place });
  }

  /** Counts what can take no place of a number: it has one, or shows no proof. */
  note(ip: string): Promise<Tried> {
    return this.#count(ip);
  }

  /** The request was not accepted: its number may be asked for once more. */
  async giveBack(phoneHash: string, requestHash: string): Promise<void> {
    // A place that is not given back is free again tomorrow.
    await this.#parts.limits.giveBack(placeKey(phoneHash), requestKey(requestHash)).catch(() => {});
  }

  async #count(ip: string, request?: Parameters<Limits['allowAll']>[1]): Promise<Tried> {
    const { limits, asking, hashKey } = this.#parts;
    const from = keyedHash(hashKey, subscriberOf(ip));
    const windows = [
      { key: `ask:h:${from}`, max: asking.perAddressHour, windowMs: HOUR_MS },
      { key: `ask:d:${from}`, max: asking.perAddressDay, windowMs: DAY_MS },
    ];
    const counted = limits.allowAll(windows, request);
    // A dead Redis must not refuse whom MongoDB would accept: limits are then not known, and the dial gate still stands.
    const { isNew, within, hasRoom } = await counted.catch(() => ({
      isNew: false,
      within: [],
      hasRoom: true,
    }));
    const [inHour = true, inDay = true] = within;
    const hasPlace = request !== undefined && inHour && inDay && hasRoom;
    return { isNew, inHour, inDay, forPhone: hasRoom, hasPlace };
  }
}

/** Throws `too-many`, which says when to come back. */
export function withinLimits({ inHour, inDay, forPhone }: Tried): void {
  if (inHour && inDay && forPhone) return;
  throw new ProblemError('too-many', {
    rule: forPhone ? 'limits/address' : 'limits/number',
    retryAfterS: inHour && forPhone ? 6 * 3600 : 3600,
    detail: 'There were several requests already. Please try again later.',
  });
}

function placeKey(phoneHash: string): string {
  return `ask:p:${phoneHash}`;
}

function requestKey(requestHash: string): string {
  return `ask:k:${requestHash}`;
}

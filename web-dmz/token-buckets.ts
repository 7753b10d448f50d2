import type { Clock } from '../server-kit/clock.ts';
import type { Quota } from './config.ts';

interface Bucket {
  tokens: number;
  filledAt: number;
}

/** A token bucket for each key, in bounded memory: who has been quiet the longest is forgotten, and starts full again. */
export class TokenBuckets {
  readonly #quota: Quota;
  readonly #clock: Clock;
  readonly #most: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(quota: Quota, clock: Clock, most = 50_000) {
    this.#quota = quota;
    this.#clock = clock;
    this.#most = most;
  }

  /** Takes one; 0 if there was one, else the seconds until there is. */
  take(key: string): number {
    const { burst, perMinute } = this.#quota;
    const now = this.#clock.now();
    const known = this.#buckets.get(key) ?? { tokens: burst, filledAt: now };
    const tokens = Math.min(burst, known.tokens + ((now - known.filledAt) / 60_000) * perMinute);
    const isGranted = tokens >= 1;
    // Deleted and set again: a Map keeps the order of insertion, so the first is the one longest unseen.
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: isGranted ? tokens - 1 : tokens, filledAt: now });
    if (this.#buckets.size > this.#most) this.#forgetOne();
    return isGranted ? 0 : Math.max(1, Math.ceil(((1 - tokens) / perMinute) * 60));
  }

  #forgetOne(): void {
    for (const key of this.#buckets.keys()) {
      this.#buckets.delete(key);
      return;
    }
  }
}

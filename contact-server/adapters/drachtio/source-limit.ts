import type { Clock } from '../../../server-kit/clock.ts';

const PATIENCE = 120;
const REGAINED_PER_MS = PATIENCE / 60_000;
const MAX_SOURCES = 10_000;

/** How much one address may ask without proof: a purse that fills again within a minute. */
export class SourceLimit {
  readonly #clock: Clock;
  readonly #sources = new Map<string, { left: number; at: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  allows(address: string): boolean {
    return this.#left(address) >= 1;
  }

  /** Takes from the purse; a negative cost gives back. */
  spend(address: string, cost: number): void {
    const left = Math.min(PATIENCE, Math.max(0, this.#left(address) - cost));
    this.#sources.delete(address);
    this.#sources.set(address, { left, at: this.#clock.now() });
    const oldest = this.#sources.keys().next().value;
    if (this.#sources.size > MAX_SOURCES && oldest !== undefined) this.#sources.delete(oldest);
  }

  #left(address: string): number {
    const source = this.#sources.get(address);
    if (!source) return PATIENCE;
    return Math.min(PATIENCE, source.left + (this.#clock.now() - source.at) * REGAINED_PER_MS);
  }
}

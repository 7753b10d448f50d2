import type { ReservationId } from '../../contracts/ids.ts';
import type { AgentNext, Routing } from '../../routing/index.ts';

/** Ends of contacts that routing could not be told while Redis was away: told again, in their order, until it knows. */
export class Owed {
  readonly #ends = new Map<ReservationId, AgentNext>();

  /** Tells routing, or remembers to. */
  async complete(routing: Routing, id: ReservationId, next: AgentNext): Promise<void> {
    this.#ends.set(id, next);
    await this.settle(routing);
  }

  /** Rejects as long as routing does not answer. */
  async settle(routing: Routing): Promise<void> {
    for (const [id, next] of this.#ends) {
      await routing.complete(id, next);
      this.#ends.delete(id);
    }
  }
}

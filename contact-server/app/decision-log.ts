import type { Logger } from 'pino';
import type { ReservationId } from '../../contracts/ids.ts';
import { boundedDecision, type Reservation } from '../../routing/index.ts';
import type { DecisionNews, DecisionStore } from '../ports/decisions.ts';
import { isOutage } from './outage.ts';

/**
 * Keeps every decision of routing with what it was made from. Nobody waits for that: what is noted is written behind,
 * many at once, and the reader of routing's events stores how far it is only after it. So nothing is left out by a crash,
 * and what is read twice then is kept once.
 */
export class DecisionLog {
  readonly #store: DecisionStore;
  readonly #log: Logger;
  #noted = new Map<ReservationId, DecisionNews>();
  #writing: Promise<void> = Promise.resolve();

  constructor(store: DecisionStore, log: Logger) {
    this.#store = store;
    this.#log = log;
  }

  /** An agent is reserved for a callback: by an offer, or because they took it. */
  made(reservation: Reservation): void {
    const { id, contactId, agentId, createdAt, fence, epoch, decision, basis } = reservation;
    this.#note({
      reservationId: id,
      made: {
        callbackId: contactId,
        agentId,
        at: createdAt,
        fence,
        epoch,
        why: decision,
        basis: JSON.stringify(boundedDecision(basis, agentId)),
      },
    });
  }

  became({ id, state }: Reservation, since: number): void {
    this.#note({ reservationId: id, became: { state, since } });
  }

  /** Resolves when all that is noted by now is kept; throws while the store is away. */
  written(): Promise<void> {
    const written = this.#writing.then(() => this.#write());
    this.#writing = written.catch(() => {});
    return written;
  }

  #note(news: DecisionNews): void {
    this.#noted.set(news.reservationId, { ...this.#noted.get(news.reservationId), ...news });
  }

  async #write(): Promise<void> {
    const noted = this.#noted;
    if (noted.size === 0) return;
    this.#noted = new Map();
    try {
      await this.#store.keep([...noted.values()]);
    } catch (err) {
      if (!isOutage(err)) {
        // What the store will never take must not hold up all that comes after it.
        this.#log.error({ err, reservations: [...noted.keys()] }, 'decisions not kept');
        return;
      }
      for (const [id, news] of this.#noted) noted.set(id, { ...noted.get(id), ...news });
      this.#noted = noted;
      throw err;
    }
  }
}

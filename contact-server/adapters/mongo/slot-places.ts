import type { Collection, Connection } from 'mongoose';
import type { Callback } from '../../domain/callback.ts';
import type { Booking } from '../../ports/stores.ts';
import { index, isDuplicate } from './durable.ts';

/** What a place in a bookable span leaves in a callback's document. */
export interface Slot {
  /** The place, until the callback has ended: unique, so that MongoDB decides who gets the last. */
  slot: string;
  /** The time it was booked for. */
  slotAt: number;
}

/** What of a callback's document counts here. */
export interface SlotDoc {
  _id: string;
  centre: string;
  callback: Callback;
}

const MOST_TRIES = 100;

/** The numbered places of bookable spans. They hang on the callbacks themselves: one write decides and accepts. */
export class SlotPlaces {
  readonly #docs: Collection<SlotDoc & Partial<Slot>>;
  readonly #centre: string;

  constructor(connection: Connection, centre: string) {
    this.#docs = connection.collection('callbacks');
    this.#centre = centre;
  }

  async prepare(): Promise<void> {
    const exists = (field: string): { partialFilterExpression: object } => ({
      partialFilterExpression: { [field]: { $exists: true } },
    });
    await index(this.#docs, { centre: 1, slot: 1 }, { unique: true, ...exists('slot') });
    await index(this.#docs, { centre: 1, slotAt: 1 }, exists('slotAt'));
    await index(this.#docs, { centre: 1, 'callback.phase.at': 1 }, exists('callback.phase.at'));
  }

  /** Writes with a place that is free, and with another one when somebody else was quicker. */
  async take<T>(
    callback: Callback,
    booking: Booking,
    write: (slot: Slot) => Promise<T>,
  ): Promise<T | 'slot-full'> {
    for (let tries = 0; ; tries++) {
      const places = await this.#free(callback, booking);
      const place = places[Math.floor(Math.random() * places.length)];
      if (place === undefined) return 'slot-full';
      const slot = `${callback.wish.service}/${String(booking.from)}/${String(place)}`;
      try {
        return await write({ slot, slotAt: callback.wish.wantedAt ?? booking.from });
      } catch (error) {
        if (!isDuplicate(error, 'slot') || tries === MOST_TRIES) throw error;
      }
    }
  }

  /** So many places as are left, the lowest: of two who want the last one both try the same. */
  async #free({ id, wish }: Callback, { from, to, capacity }: Booking): Promise<readonly number[]> {
    const mine = { centre: this.#centre, 'callback.wish.service': wish.service, _id: { $ne: id as string } };
    const span = { $gte: from, $lt: to };
    const [booked, others] = await Promise.all([
      this.#docs.find({ ...mine, slotAt: span }, { projection: { slot: 1 } }).toArray(),
      // Who is called then without having picked the time is not refused, and counts.
      this.#docs.countDocuments({ ...mine, 'callback.phase.at': span, slotAt: { $exists: false } }),
    ]);
    const taken = new Set(booked.map((it) => it.slot));
    const all = Array.from({ length: capacity }, (_, i) => i + 1);
    const free = all.filter((n) => !taken.has(`${wish.service}/${String(from)}/${String(n)}`));
    return free.slice(0, Math.max(0, capacity - booked.length - others));
  }
}

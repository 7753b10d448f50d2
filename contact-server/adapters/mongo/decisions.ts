import type { Collection, Connection } from 'mongoose';
import type { CallbackId, ReservationId } from '../../../contracts/ids.ts';
import type { Became, DecisionNews, DecisionStore, KeptDecision } from '../../ports/decisions.ts';
import { durable, index } from './durable.ts';

interface DecisionDoc extends KeptDecision, Became {
  _id: string;
  centre: string;
  schemaVersion: 1;
  reservationId: ReservationId;
  expireAt: Date;
}

/** Decisions in MongoDB: one document for each reservation, kept as long as ended callbacks are. */
export class MongoDecisions implements DecisionStore {
  readonly #docs: Collection<DecisionDoc>;
  readonly #centre: string;
  readonly #keepMs: number;

  constructor(connection: Connection, options: { centre: string; keepDays: number }) {
    this.#docs = connection.collection<DecisionDoc>('decisions');
    this.#centre = options.centre;
    this.#keepMs = options.keepDays * 24 * 3_600_000;
  }

  async prepare(): Promise<void> {
    await index(this.#docs, { centre: 1, callbackId: 1, at: 1 });
    await index(this.#docs, { expireAt: 1 }, { expireAfterSeconds: 0 });
  }

  async keep(news: readonly DecisionNews[]): Promise<void> {
    if (news.length === 0) return;
    await this.#docs.bulkWrite(
      news.map(({ reservationId, made, became }) => {
        const set = became && { ...became, expireAt: this.#until(became.since) };
        const first = made && {
          ...made,
          ...(!became && { state: 'pending' as const, since: made.at, expireAt: this.#until(made.at) }),
          reservationId,
          centre: this.#centre,
          schemaVersion: 1 as const,
        };
        return {
          updateOne: {
            filter: { _id: `${this.#centre}:${reservationId}` },
            update: { ...(set && { $set: set }), ...(first && { $setOnInsert: first }) },
            upsert: first !== undefined,
          },
        };
      }),
      { ordered: false, ...durable },
    );
  }

  async about(callbackId: CallbackId, most: number): ReturnType<DecisionStore['about']> {
    const docs = await this.#docs
      .find({ centre: this.#centre, callbackId })
      .sort({ at: -1, fence: -1 })
      .limit(most)
      .toArray();
    return docs
      .reverse()
      .map(({ _id, centre: _centre, schemaVersion: _version, expireAt: _expireAt, ...decision }) => decision);
  }

  #until(at: number): Date {
    return new Date(at + this.#keepMs);
  }
}

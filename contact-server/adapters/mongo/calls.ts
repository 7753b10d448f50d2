import type { Collection, Connection } from 'mongoose';
import type { CallId } from '../../../contracts/ids.ts';
import type { Call } from '../../domain/call.ts';
import type { CallStore } from '../../ports/stores.ts';
import type { StoredLeg } from '../../ports/telephony.ts';
import { durable, index } from './durable.ts';

interface CallDoc {
  _id: string;
  centre: string;
  schemaVersion: 1;
  call: Call;
  live?: true;
  legs?: StoredLeg[];
  expireAt?: Date;
}

/** Calls and the SIP dialogs of their legs, so that a restart finds both again. */
export class MongoCalls implements CallStore {
  readonly #docs: Collection<CallDoc>;
  readonly #centre: string;
  readonly #keepMs: number;

  constructor(connection: Connection, options: { centre: string; keepDays: number }) {
    this.#docs = connection.collection<CallDoc>('calls');
    this.#centre = options.centre;
    this.#keepMs = options.keepDays * 24 * 3_600_000;
  }

  async prepare(): Promise<void> {
    await index(this.#docs, { centre: 1, live: 1 }, { partialFilterExpression: { live: { $exists: true } } });
    await index(this.#docs, { 'call.callbackId': 1 });
    await index(this.#docs, { expireAt: 1 }, { expireAfterSeconds: 0 });
  }

  async put(call: Call): Promise<void> {
    const { ended } = call;
    await this.#docs.updateOne(
      { _id: call.id },
      {
        $set: {
          call,
          centre: this.#centre,
          schemaVersion: 1,
          ...(ended ? { expireAt: new Date(ended.at + this.#keepMs) } : { live: true as const }),
        },
        ...(ended && { $unset: { live: 1 as const } }),
      },
      { upsert: true, ...durable },
    );
  }

  async find(id: CallId): Promise<Call | undefined> {
    return (await this.#docs.findOne({ _id: id }))?.call;
  }

  async addLeg(id: CallId, leg: StoredLeg): Promise<void> {
    // The same leg is told twice: when its INVITE has left, and with its dialog when it is answered.
    await this.#docs.updateOne({ _id: id }, { $pull: { legs: { leg: leg.leg } } });
    await this.#docs.updateOne({ _id: id }, { $push: { legs: leg } }, durable);
  }

  async legs(id: CallId): Promise<readonly StoredLeg[]> {
    return (await this.#docs.findOne({ _id: id }))?.legs ?? [];
  }

  async live(): Promise<readonly Call[]> {
    const docs = await this.#docs.find({ centre: this.#centre, live: true }).toArray();
    return docs.map((it) => it.call);
  }
}

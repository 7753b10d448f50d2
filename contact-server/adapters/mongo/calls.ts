import type { Collection, Connection } from 'mongoose';
import type { CallId } from '../../../contracts/ids.ts';
import type { Call } from '../../domain/call.ts';
import type { CallStore } from '../../ports/stores.ts';
import type { Leg, StoredLeg } from '../../ports/telephony.ts';
import { durable, index } from './durable.ts';

interface CallDoc {
  _id: string;
  centre: string;
  schemaVersion: 1;
  call: Call;
  live?: true;
  dialogs?: Partial<Record<Leg, StoredLeg>>;
  /** Where they stood before each side had its place. */
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

  async put(call: Call, begun?: StoredLeg): Promise<void> {
    const { ended } = call;
    await this.#docs.updateOne(
      { _id: call.id },
      {
        $set: {
          call,
          centre: this.#centre,
          schemaVersion: 1,
          ...(begun && { [`dialogs.${begun.leg}`]: begun }),
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

  async legs(id: CallId): Promise<readonly StoredLeg[]> {
    const { dialogs = {}, legs = [] } = (await this.#docs.findOne({ _id: id })) ?? {};
    return [...legs.filter((it) => dialogs[it.leg] === undefined), ...Object.values(dialogs)];
  }

  async live(): Promise<readonly Call[]> {
    const docs = await this.#docs.find({ centre: this.#centre, live: true }).toArray();
    return docs.map((it) => it.call);
  }
}

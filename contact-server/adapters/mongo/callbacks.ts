import type { Collection, Connection } from 'mongoose';
import type { DecisionView } from '../../../contracts/agent.ts';
import type { AgentId, CallbackId, CallId, SessionId } from '../../../contracts/ids.ts';
import { type Attempt, type Callback, claimOf, isOver, type Wish } from '../../domain/callback.ts';
import type {
  Booking,
  CallbackRecord,
  CallbackStore,
  ConsentRecord,
  InLine,
  NewCallback,
} from '../../ports/stores.ts';
import { type CallbackDoc, inShort, record, records, shown } from './callback-doc.ts';
import { durable, index, isDuplicate } from './durable.ts';
import { type Slot, SlotPlaces } from './slot-places.ts';

const DAY_MS = 24 * 3_600_000;
/** Who asked more often asked often enough. */

/** Callbacks in MongoDB: one document each, changed by one conditional write at a time. */
export class MongoCallbacks implements CallbackStore {
  readonly #docs: Collection<CallbackDoc>;
  readonly #centre: string;
  readonly #keepMs: number;
  readonly #places: SlotPlaces;

  constructor(connection: Connection, options: { centre: string; keepDays: number }) {
    this.#docs = connection.collection<CallbackDoc>('callbacks');
    this.#centre = options.centre;
    this.#places = new SlotPlaces(connection, options.centre);
    this.#keepMs = options.keepDays * DAY_MS;
  }

  async prepare(): Promise<void> {
    const docs = this.#docs;
    const exists = (field: string): { partialFilterExpression: object } => ({
      partialFilterExpression: { [field]: { $exists: true } },
    });
    await index(docs, { centre: 1, origin: 1, key: 1 }, { unique: true });
    await index(docs, { centre: 1, claimedBy: 1 }, { unique: true, ...exists('claimedBy') });
    await index(docs, { centre: 1, openPhone: 1 }, { unique: true, ...exists('openPhone') });
    await this.#places.prepare();
    await index(docs, { centre: 1, open: 1, 'callback.requestedAt': 1 }, exists('open'));
    await index(docs, { centre: 1, 'callback.deadline': 1 }, exists('callback.deadline'));
    await index(
      docs,
      { centre: 1, 'callback.phase.claim.agentId': 1 },
      exists('callback.phase.claim.agentId'),
    );
    await index(docs, { centre: 1, 'callback.wish.sessionId': 1 });
    await index(docs, { centre: 1, 'callback.wish.phone': 1 });
    await index(docs, { centre: 1, 'callback.wish.customerId': 1 }, exists('callback.wish.customerId'));
    await index(docs, { centre: 1, endedAt: 1 }, exists('endedAt'));
    await index(docs, { owesConsent: 1 }, exists('owesConsent'));
    await index(docs, { expireAt: 1 }, { expireAfterSeconds: 0 });
  }

  async insert(fresh: NewCallback): ReturnType<CallbackStore['insert']> {
    const { callback, booking } = fresh;
    if (booking) return this.#places.take(callback, booking, (slot) => this.#insert(fresh, slot));
    return this.#insert(fresh);
  }

  /** Throws where another has taken the very place meanwhile. */
  async #insert(fresh: NewCallback, slot?: Slot): ReturnType<CallbackStore['insert']> {
    const { callback } = fresh;
    try {
      await this.#docs.insertOne(
        {
          _id: callback.id,
          centre: this.#centre,
          schemaVersion: 1,
          version: 1,
          callback,
          open: true,
          openPhone: callback.wish.phone,
          ...slot,
          tokenHash: fresh.tokenHash,
          origin: fresh.origin,
          key: fresh.idempotencyKey,
          bodyHash: fresh.bodyHash,
          consent: fresh.consent,
          owesConsent: true,
          notes: { text: '', version: 0 },
          promiseBroken: false,
          identityChecked: false,
        },
        durable,
      );
      return 'inserted';
    } catch (error) {
      if (!isDuplicate(error) || isDuplicate(error, 'slot')) throw error;
      const known = await this.findByKey(fresh.origin, fresh.idempotencyKey);
      if (!known) return 'phone-busy';
      return { known: known.record, sameBody: known.bodyHash === fresh.bodyHash };
    }
  }

  async find(id: CallbackId): Promise<CallbackRecord | undefined> {
    return record(await this.#docs.findOne({ _id: id, centre: this.#centre }));
  }

  async findByKey(
    origin: string,
    key: string,
  ): Promise<{ record: CallbackRecord; bodyHash: string } | undefined> {
    const doc = await this.#docs.findOne({ centre: this.#centre, origin, key });
    const found = record(doc);
    return found && doc ? { record: found, bodyHash: doc.bodyHash } : undefined;
  }

  async findByToken(id: CallbackId, tokenHash: string): Promise<CallbackRecord | undefined> {
    return record(await this.#docs.findOne({ _id: id, centre: this.#centre, tokenHash }));
  }

  async save(
    id: CallbackId,
    version: number,
    next: Callback,
    decision?: DecisionView,
    booking?: Booking | null,
  ): ReturnType<CallbackStore['save']> {
    if (!booking) return this.#save(id, version, next, decision, booking);
    return this.#places.take(next, booking, (slot) => this.#save(id, version, next, decision, slot));
  }

  async #save(
    id: CallbackId,
    version: number,
    next: Callback,
    decision: DecisionView | undefined,
    slot: Slot | null | undefined,
  ): ReturnType<CallbackStore['save']> {
    const claimedBy = bindsAgent(next) ? claimOf(next)?.agentId : undefined;
    const over = isOver(next);
    const endedAt = next.history.at(-1)?.at ?? next.requestedAt;
    const set = {
      callback: next,
      version: version + 1,
      ...(claimedBy !== undefined && { claimedBy, lastWith: claimedBy }),
      ...(decision && { decision }),
      ...slot,
      ...(over && { endedAt, expireAt: new Date(endedAt + this.#keepMs) }),
    };
    const unset = {
      ...(claimedBy === undefined && { claimedBy: 1 as const }),
      ...(over && { open: 1 as const, openPhone: 1 as const }),
      ...((over || slot === null) && { slot: 1 as const, slotAt: 1 as const }),
    };
    try {
      const done = await this.#docs.updateOne(
        { _id: id, version },
        { $set: set, ...(Object.keys(unset).length > 0 && { $unset: unset }) },
        durable,
      );
      return done.matchedCount === 1 ? 'saved' : 'stale';
    } catch (error) {
      if (isDuplicate(error) && !isDuplicate(error, 'slot')) return 'agent-taken';
      throw error;
    }
  }

  async recordAgentDial(id: CallbackId, callId: CallId, fence: number): Promise<boolean> {
    const done = await this.#docs.updateOne(
      {
        _id: id,
        'callback.phase.state': { $in: ['reserved', 'dialing-agent'] },
        'callback.phase.claim.fence': fence,
        $or: [{ agentDial: { $exists: false } }, { 'agentDial.fence': { $lt: fence } }],
      },
      { $set: { agentDial: { callId, fence } } },
      durable,
    );
    return done.modifiedCount === 1;
  }

  async recordAttempt(id: CallbackId, attempt: Attempt): Promise<boolean> {
    const done = await this.#docs.updateOne(
      {
        _id: id,
        'callback.phase.state': 'dialing-customer',
        'callback.phase.callId': attempt.callId,
        'callback.phase.claim.fence': attempt.fence,
        'callback.attempts.callId': { $ne: attempt.callId },
      },
      { $push: { 'callback.attempts': attempt }, $inc: { version: 1 } },
      durable,
    );
    return done.modifiedCount === 1;
  }

  async open(): Promise<readonly CallbackRecord[]> {
    return records(
      await this.#docs
        .find({ centre: this.#centre, open: true }, { projection: shown })
        .sort({ 'callback.requestedAt': 1 })
        .toArray(),
    );
  }

  async openFor(services: readonly string[]): Promise<readonly string[]> {
    const theirs = { centre: this.#centre, open: true, 'callback.wish.service': { $in: services } } as const;
    const docs = await this.#docs.find(theirs, { projection: { 'callback.wish.service': 1 } }).toArray();
    return docs.map(({ callback }) => callback.wish.service);
  }

  async line(): Promise<readonly InLine[]> {
    const docs = await this.#docs
      .find({ centre: this.#centre, open: true, 'callback.phase.state': 'queued' }, { projection: inShort })
      .toArray();
    return docs.map(({ callback: { startedAt, terms, wish } }) => ({
      startedAt,
      service: wish.service,
      must: terms?.must ?? [],
    }));
  }

  async overdue(now: number, limit: number): Promise<readonly CallbackId[]> {
    const docs = await this.#docs
      .find({ centre: this.#centre, 'callback.deadline': { $lt: now } })
      .sort({ 'callback.deadline': 1 })
      .limit(limit)
      .toArray();
    return docs.map((it) => it._id as CallbackId);
  }

  async ofAgent(agentId: AgentId): Promise<readonly CallbackRecord[]> {
    const docs = await this.#docs
      .find({ centre: this.#centre, 'callback.phase.claim.agentId': agentId })
      .toArray();
    return records(docs);
  }

  async ofSession(sessionId: SessionId): Promise<readonly CallbackRecord[]> {
    const docs = await this.#docs
      .find({ centre: this.#centre, 'callback.wish.sessionId': sessionId })
      .toArray();
    return records(docs);
  }

  async endedSince(at: number): Promise<readonly CallbackRecord[]> {
    return records(
      await this.#docs
        .find({ centre: this.#centre, endedAt: { $gte: at } })
        .limit(20_000)
        .toArray(),
    );
  }

  async lastAgent(
    { phone, customerId }: Pick<Wish, 'phone' | 'customerId'>,
    since: number,
  ): Promise<AgentId | undefined> {
    const theirs: object[] = [{ 'callback.wish.phone': phone }];
    if (customerId !== undefined) theirs.push({ 'callback.wish.customerId': customerId });
    const [last] = await this.#docs
      .find(
        {
          centre: this.#centre,
          $or: theirs,
          endedAt: { $gte: since },
          'callback.history.state': 'connected',
          lastWith: { $exists: true },
        },
        { projection: { lastWith: 1 } },
      )
      .sort({ endedAt: -1 })
      .limit(1)
      .toArray();
    return last?.lastWith;
  }

  async saveNotes(id: CallbackId, text: string, version: number, at: number): Promise<number | 'stale'> {
    const done = await this.#docs.updateOne(
      { _id: id, 'notes.version': version },
      { $set: { notes: { text, version: version + 1, savedAt: at } } },
      durable,
    );
    return done.matchedCount === 1 ? version + 1 : 'stale';
  }

  async savePromise(
    id: CallbackId,
    promise: { from: number; to: number; madeAt: number },
    broke: boolean,
  ): Promise<void> {
    await this.#docs.updateOne({ _id: id }, { $set: { promise, ...(broke && { promiseBroken: true }) } });
  }

  async markIdentityChecked(id: CallbackId): Promise<void> {
    await this.#docs.updateOne({ _id: id }, { $set: { identityChecked: true } }, durable);
  }

  async consentCopied(id: CallbackId): Promise<void> {
    await this.#docs.updateOne({ _id: id }, { $unset: { owesConsent: 1 } });
  }

  async consentsOwed(before: number, limit: number): Promise<readonly ConsentRecord[]> {
    const docs = await this.#docs
      .find({ owesConsent: true, centre: this.#centre, 'callback.requestedAt': { $lt: before } })
      .limit(limit)
      .toArray();
    return docs.map((it) => it.consent);
  }
}

function bindsAgent(callback: Callback): boolean {
  switch (callback.phase.state) {
    case 'dialing-agent':
    case 'dialing-customer':
    case 'connected':
    case 'wrap-up':
      return true;
    default:
      return false;
  }
}

import type { Collection, Connection } from 'mongoose';
import type { RulesVersion } from '../../../contracts/rules.ts';
import type { KeptRules, RuleStore } from '../../ports/rule-store.ts';
import { durable, index, isDuplicate } from './durable.ts';

type RulesDoc = KeptRules & { _id: string; centre: string; schemaVersion: 1 };

/** Versions of the rules, one document each, kept for good; the newest has the highest number. */
export class MongoRules implements RuleStore {
  readonly #docs: Collection<RulesDoc>;
  readonly #state: Collection<{ _id: string; applied: number }>;
  readonly #centre: string;

  constructor(connection: Connection, options: { centre: string }) {
    this.#docs = connection.collection<RulesDoc>('rules');
    this.#state = connection.collection('rules_state');
    this.#centre = options.centre;
  }

  async prepare(): Promise<void> {
    await index(this.#docs, { centre: 1, version: -1 });
  }

  async latest(): Promise<KeptRules | undefined> {
    const [doc] = await this.#docs.find({ centre: this.#centre }).sort({ version: -1 }).limit(1).toArray();
    return doc && kept(doc);
  }

  async version(version: number): Promise<KeptRules | undefined> {
    const doc = await this.#docs.findOne({ _id: this.#key(version) });
    return doc ? kept(doc) : undefined;
  }

  async add(version: KeptRules): Promise<boolean> {
    const _id = this.#key(version.version);
    try {
      await this.#docs.insertOne({ _id, centre: this.#centre, schemaVersion: 1, ...version }, durable);
      return true;
    } catch (error) {
      if (isDuplicate(error)) return false;
      throw error;
    }
  }

  async history(limit: number): Promise<readonly RulesVersion[]> {
    const docs = await this.#docs
      .find({ centre: this.#centre }, { projection: { rules: 0 } })
      .sort({ version: -1 })
      .limit(limit)
      .toArray();
    return docs.map(({ version, at, who, what }) => ({ version, at, who, what }));
  }

  async applied(): Promise<number> {
    return (await this.#state.findOne({ _id: this.#centre }))?.applied ?? 0;
  }

  async setApplied(version: number): Promise<void> {
    await this.#state.updateOne(
      { _id: this.#centre },
      { $max: { applied: version } },
      { upsert: true, ...durable },
    );
  }

  #key(version: number): string {
    return `${this.#centre}/${String(version)}`;
  }
}

function kept({ version, at, who, what, rules }: RulesDoc): KeptRules {
  return { version, at, who, what, rules };
}

import type { Collection, Connection } from 'mongoose';
import type { AgentId } from '../../../contracts/ids.ts';
import type { Duty, DutyStore } from '../../ports/duties.ts';

/** Agents' wishes in MongoDB, one small document each. */
export class MongoDuties implements DutyStore {
  readonly #docs: Collection<{ _id: string; duty: Duty }>;
  readonly #centre: string;

  constructor(connection: Connection, options: { centre: string }) {
    this.#docs = connection.collection('duties');
    this.#centre = options.centre;
  }

  async of(agentId: AgentId): Promise<Duty | undefined> {
    return (await this.#docs.findOne({ _id: `${this.#centre}:${agentId}` }))?.duty;
  }

  async save(agentId: AgentId, duty: Duty): Promise<void> {
    await this.#docs.updateOne({ _id: `${this.#centre}:${agentId}` }, { $set: { duty } }, { upsert: true });
  }
}

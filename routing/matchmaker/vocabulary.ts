import type { AgentId } from '../../contracts/ids.ts';
import type { DecisionContext } from '../domain/decision.ts';
import { explain } from '../domain/decision.ts';
import type { ClassId, ProfileId } from '../domain/match.ts';
import type { Roster } from '../domain/roster.ts';
import type { Qualification, Requirement, Reservation } from '../routing.ts';
import type { RawReservation } from './decode.ts';
import type { RosterPublisher } from './publisher.ts';

const NOTHING: Requirement = { must: [], prefer: [] };

/** What the short names of profiles and classes mean, learned as they are met; a name never changes its meaning. */
export class Vocabulary {
  readonly #publisher: RosterPublisher;
  readonly #roster: () => Roster;
  #profiles = new Map<ProfileId, readonly Qualification[]>();
  #classes = new Map<ClassId, Requirement>();

  constructor(publisher: RosterPublisher, roster: () => Roster) {
    this.#publisher = publisher;
    this.#roster = roster;
  }

  profile(id: ProfileId): readonly Qualification[] {
    return this.#roster().profiles.get(id) ?? this.#profiles.get(id) ?? [];
  }

  requirement(id: ClassId): Requirement | undefined {
    return this.#classes.get(id);
  }

  /** Looks up what is not known yet among these. */
  async learn(classes: Iterable<ClassId>, profiles: Iterable<ProfileId>): Promise<void> {
    if ([...classes].some((id) => !this.#classes.has(id))) this.#classes = await this.#publisher.classes();
    const known = (id: ProfileId) => this.#roster().profiles.has(id) || this.#profiles.has(id);
    if (![...profiles].every(known)) this.#profiles = await this.#publisher.profiles();
  }

  /** A reservation with its decision in words. */
  async reservation(raw: RawReservation): Promise<Reservation> {
    const inputs = raw.why;
    const profiles = [
      ...inputs.heads.map(([profile]) => profile),
      ...Object.values(inputs.states ?? {}).map((text) => text.split(' ')[1] ?? ''),
    ];
    await this.learn([raw.class], profiles);
    const { class: id, why: _, ...rest } = raw;
    const context = this.context(id);
    return {
      ...rest,
      decision: explain(raw.agentId, inputs, context),
      basis: {
        inputs,
        requirement: context.requirement,
        profiles: Object.fromEntries(profiles.map((profile) => [profile, context.profile(profile)])),
      },
    };
  }

  /** What a decision about this class is read with. */
  context(id: ClassId): DecisionContext {
    return {
      requirement: this.requirement(id) ?? NOTHING,
      profile: (profile) => this.profile(profile),
      agentName: (agentId: AgentId) => this.#roster().agents.get(agentId)?.name ?? agentId,
    };
  }
}

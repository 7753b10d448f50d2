import type { DecisionView } from '../../contracts/agent.ts';
import type { AgentId, ReservationId } from '../../contracts/ids.ts';
import type { DecisionContext, Present } from '../domain/explanation.ts';
import { explain, usuallyInHand } from '../domain/explanation.ts';
import type { ClassId, ProfileId } from '../domain/match.ts';
import type { Roster } from '../domain/roster.ts';
import type { AgentStatus, Qualification, Requirement, Reservation } from '../routing.ts';
import type { RawReservation } from './decode.ts';
import type { RosterPublisher } from './publisher.ts';

const NOTHING: Requirement = { must: [], prefer: [] };
/** So many decisions keep the words they were told in first, when it was known best what everybody did. */
const MOST_TOLD = 1_000;

/** What the short names of profiles and classes mean, learned as they are met; a name never changes its meaning. */
export class Vocabulary {
  readonly #publisher: RosterPublisher;
  readonly #roster: () => Roster;
  readonly #presentAt: (moment: number) => readonly AgentStatus[];
  readonly #told = new Map<ReservationId, DecisionView>();
  #profiles = new Map<ProfileId, readonly Qualification[]>();
  #classes = new Map<ClassId, Requirement>();

  constructor(
    publisher: RosterPublisher,
    roster: () => Roster,
    presentAt: (moment: number) => readonly AgentStatus[],
  ) {
    this.#publisher = publisher;
    this.#roster = roster;
    this.#presentAt = presentAt;
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
    const { requirement } = this.#context(id, inputs.at);
    return {
      ...rest,
      decision: this.#explained(raw),
      basis: {
        inputs,
        requirement,
        profiles: Object.fromEntries(profiles.map((profile) => [profile, this.profile(profile)])),
      },
    };
  }

  #explained({ id, agentId, why, class: kind }: RawReservation): DecisionView {
    const told = this.#told.get(id);
    if (told) return told;
    const decision = explain(agentId, why, this.#context(kind, why.at));
    this.#told.set(id, decision);
    const [oldest] = this.#told.keys();
    if (this.#told.size > MOST_TOLD && oldest !== undefined) this.#told.delete(oldest);
    return decision;
  }

  /** What a decision about this class, made at that moment, is read with. */
  #context(id: ClassId, at: number): DecisionContext {
    return {
      requirement: this.requirement(id) ?? NOTHING,
      profile: (profile) => this.profile(profile),
      agentName: (agentId: AgentId) => this.#roster().agents.get(agentId)?.name ?? agentId,
      others: () => this.#othersAt(at),
    };
  }

  *#othersAt(at: number): Generator<Present> {
    const roster = this.#roster();
    for (const { agentId, state, since, reason = '', inHand } of this.#presentAt(at)) {
      const profile = roster.profileOf(agentId);
      if (profile === undefined) continue;
      yield { agentId, profile, state, since, reason, inHand: inHand ?? usuallyInHand(state) };
    }
  }
}

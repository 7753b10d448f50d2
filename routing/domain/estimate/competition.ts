import type { ClassId, ProfileId } from '../match.ts';
import { serves } from '../match.ts';
import type { Qualification, Requirement } from '../qualification.ts';

/** Agents counted by profile. */
type Agents = ReadonlyMap<ProfileId, number>;

/** Which profiles serve which classes, worked out once for each pair. */
export class Competition {
  readonly #profile: (id: ProfileId) => readonly Qualification[];
  readonly #requirementOf: (id: ClassId) => Requirement | undefined;
  readonly #known = new Map<string, boolean>();
  readonly #counts = new WeakMap<Agents, Map<string, number>>();
  readonly #rivals = new WeakMap<Agents, Map<ClassId, Map<ClassId, boolean>>>();

  constructor(
    profile: (id: ProfileId) => readonly Qualification[],
    requirementOf: (id: ClassId) => Requirement | undefined,
  ) {
    this.#profile = profile;
    this.#requirementOf = requirementOf;
  }

  /** False for a class nobody knows. */
  readonly serves = (profile: ProfileId, id: ClassId): boolean => {
    const key = `${profile} ${id}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const [has, requirement] = [this.#profile(profile), this.#requirementOf(id)];
    if (requirement === undefined) return false;
    const can = serves(profile, has, requirement);
    // Nothing may also mean that the name is not known yet.
    if (has.length > 0) this.#known.set(key, can);
    return can;
  };

  /** Which classes compete with this one: an agent who could serve it could be given one of those. */
  rivals(agents: Agents, id: ClassId): (other: ClassId) => boolean {
    const all = this.#rivals.get(agents) ?? new Map<ClassId, Map<ClassId, boolean>>();
    this.#rivals.set(agents, all);
    const mine = all.get(id) ?? new Map([[id, true]]);
    all.set(id, mine);
    return (other) => {
      const known = mine.get(other) ?? this.servers(agents, other, id) > 0;
      mine.set(other, known);
      return known;
    };
  }

  /** How many of the agents at work serve all of these classes. */
  servers(atWork: Agents, ...classes: readonly ClassId[]): number {
    const counts = this.#counts.get(atWork) ?? new Map<string, number>();
    this.#counts.set(atWork, counts);
    const key = classes.join(' ');
    const counted = counts.get(key);
    if (counted !== undefined) return counted;
    let sum = 0;
    for (const [profile, n] of atWork) {
      if (n > 0 && classes.every((id) => this.serves(profile, id))) sum += n;
    }
    counts.set(key, sum);
    return sum;
  }
}

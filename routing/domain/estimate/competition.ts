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
